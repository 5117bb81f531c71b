"""Demand that no rule was made on: the items of Online Retail that the daily file leaves out.

They sold seldom or only later; nothing was measured on them before.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from benchmarks.availability.origins import LINES, RETAIL, OriginData

FEWEST_DAYS = 3  # of sales, below which an item says nothing

DEMAND = """
with sold as (
    select 'OR_' || stock_code as item_id, invoice_date::date as date, sum(quantity) as demand
    from read_parquet($lines)
    where quantity > 0 and unit_price > 0 and not starts_with(invoice_no, 'C')
        and regexp_matches(stock_code, '^[0-9]{5}')
    group by all
), kept as (
    select item_id, min(date) as first from sold
    where item_id not in (select item_id from read_parquet($daily))
    group by item_id having count(*) >= $fewest
), days as (
    select unnest(generate_series(min(date), max(date), interval 1 day))::date as date from sold
)
select item_id, date, coalesce(demand, 0)::double as demand
from kept join days on days.date >= first left join sold using (item_id, date)
order by item_id, date
"""


def untouched(folder: Path, target: Path) -> OriginData:
    """Write the demand to *target* and return what it is replayed from."""
    path = (target / "untouched_daily.parquet").absolute()
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {"lines": str(folder / LINES), "daily": str(folder / RETAIL.file)}
        asked = {**told, "fewest": FEWEST_DAYS}
        duckdb.sql(DEMAND, params=asked).write_parquet(str(path))
    return replace(RETAIL, name="Online Retail, left out", file=str(path))
