"""Weeks and months: where they end, and where in them their values are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from pages.components.charts.chart import Row
from pages.components.charts.traces import Points

_MIDDLE_DAYS: Final = {"month": 15.0, "week": 3.5}


def end_of(row: Row) -> date:
    """Return the first day after a period."""
    begin: date = row["date"]
    if row["grain"] == "month":
        return (begin.replace(day=28) + timedelta(days=4)).replace(day=1)
    return begin + timedelta(days=7)


def points(rows: Sequence[Row], column: str, hover: Sequence[str] = ()) -> Points:
    """Return a column of periods, each in the middle of its period."""
    grain = rows[0]["grain"] if rows else "week"
    return Points(
        [row["date"] for row in rows], [row[column] for row in rows], hover, _MIDDLE_DAYS[grain]
    )
