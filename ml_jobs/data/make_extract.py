"""Make the bundled extract from the whole of Online Retail.

    python -m ml_jobs.data.make_extract SOURCE [TARGET]

The rule: invoice lines are read as the job reads them and items are classified on days
(Syntetos-Boylan). Of each class, items are ranked by their days with demand and taken at even
steps through that ranking, as many as ``QUOTAS`` says (all, if there are fewer), so that every
class and both busy and quiet items are there. All lines of the items taken are kept as they
came, cancellations and corrections with them. The same source gives the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ml_jobs.classification import demand_classes
from ml_jobs.data import DEMAND
from ml_jobs.inputs.demand.demand import build_panel
from ml_jobs.inputs.demand.invoices import read_invoices
from ml_jobs.panel import Frequency, Panel

QUOTAS: Mapping[str, int] = {"smooth": 40, "erratic": 40, "intermittent": 80, "lumpy": 180}
COLUMNS = (
    "invoice_no",
    "stock_code",
    "description",
    "quantity",
    "invoice_date",
    "unit_price",
    "country",
)
MIN_SALE_DAYS = 10
READ_ON = date(2012, 1, 1)


def chosen_items(panel: Panel) -> list[str]:
    """Return the items that the rule takes, sorted."""
    classes = demand_classes(panel)
    sale_days = (np.nan_to_num(panel.demand) > 0).sum(axis=1)
    taken: list[str] = []
    for demand_class, quota in QUOTAS.items():
        members = np.flatnonzero(classes == demand_class)
        ranked = members[np.argsort(-sale_days[members], kind="stable")]
        count = min(quota, len(ranked))
        steps = (np.arange(count) * len(ranked)) // max(count, 1)
        taken += [panel.item_ids[place] for place in ranked[steps]]
    return sorted(taken)


def make_extract(source: Path, target: Path) -> pa.Table:
    """Write the extract of *source* to *target* and return it."""
    rows = read_invoices(source, today=READ_ON)
    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=MIN_SALE_DAYS, today=READ_ON)
    lines = rows.source.table.select(COLUMNS)
    kept = pc.is_in(pc.utf8_upper(lines["stock_code"]), pa.array(chosen_items(panel)))
    extract = lines.filter(kept).sort_by(
        [(name, "ascending") for name in ("stock_code", "invoice_date", "invoice_no", "quantity")]
    )
    moments = extract["invoice_date"].cast(pa.timestamp("s"))
    extract = extract.set_column(COLUMNS.index("invoice_date"), "invoice_date", moments)
    pq.write_table(
        extract.replace_schema_metadata(None),
        target,
        compression="zstd",
        compression_level=19,
        store_schema=False,
    )
    return extract


def main(arguments: list[str]) -> None:
    """Make the extract that the command line asks for."""
    target = Path(arguments[1]) if arguments[1:] else DEMAND
    extract = make_extract(Path(arguments[0]), target)
    items = pc.count_distinct(extract["stock_code"]).as_py()
    sys.stdout.write(f"{target.name}: {extract.num_rows:,} lines, {items:,} stock codes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
