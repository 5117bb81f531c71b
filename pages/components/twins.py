"""The table that says what a chart shows: one row a date, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from datalayer.kernel.contract.registry import Registry
from pages.components.drawing import observed_look, source_look
from pages.components.language import _

_INTERVALS: Final = ("q500", "q100", "q900", "q025", "q975")


def forecast_twin(
    table: pa.Table, sources: Sequence[str], registry: Registry
) -> tuple[pa.Table, dict[str, str]]:
    """Return what the forecast chart draws as a table, and the headings of its columns.

    Columns: date, actual, one forecast per source, then the intervals of the first source.
    """
    columns = ["actual", *(f"forecast {source}" for source in sources)]
    columns += _INTERVALS if sources else ()
    rows: dict[object, dict[str, object]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["date"], {}).update(_cells(row, sources[:1]))
    dates = sorted(rows, reverse=True)
    values = {name: pa.array([rows[d].get(name) for d in dates], pa.float64()) for name in columns}
    twin = pa.table({"date": pa.array(dates, pa.date32()), **values})
    return twin, _headings(sources, registry)


def _cells(row: dict[str, object], first: Sequence[str]) -> dict[str, object]:
    source = row["source"]
    if source is None:
        return {"actual": row["actual"]}
    cells = {f"forecast {source}": row["forecast"]}
    return cells | {name: row[name] for name in _INTERVALS} if source in first else cells


def _headings(sources: Sequence[str], registry: Registry) -> dict[str, str]:
    from_, to = _("{nominal}%, from"), _("{nominal}%, to")
    return {
        "date": _("Date"),
        "actual": observed_look().name,
        **{f"forecast {source}": source_look(source, registry).name for source in sources},
        "q500": _("Median"),
        "q100": from_.format(nominal=80),
        "q900": to.format(nominal=80),
        "q025": from_.format(nominal=95),
        "q975": to.format(nominal=95),
    }
