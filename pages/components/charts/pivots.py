"""What a chart of demand draws as a table: a row a date, the latest first, a column a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pages.components.charts.chart import Row
from pages.components.charts.fans import COLUMNS, band_headings
from pages.components.charts.theme import Look, observed_look

_FORECAST = "forecast {source}"


def by_date(used: Sequence[Row], forecasts: Mapping[str, Sequence[Row]]) -> pa.Table:
    """Return date, actual, one forecast for each source, then the bands of the first source.

    Args:
        used: Rows with date and actual.
        forecasts: Rows with date, forecast and quantiles, by source in order of prominence.
    """
    cells: dict[object, dict[str, float]] = {}
    for row in used:
        cells.setdefault(row["date"], {})["actual"] = row["actual"]
    for place, (source, rows) in enumerate(forecasts.items()):
        for row in rows:
            at = cells.setdefault(row["date"], {})
            at[_FORECAST.format(source=source)] = row["forecast"]
            if place == 0:
                at |= {name: row[name] for name in COLUMNS}
    names = ["actual", *(_FORECAST.format(source=source) for source in forecasts)]
    names += COLUMNS if forecasts else ()
    dates = sorted(cells, reverse=True)
    values = {name: pa.array([cells[at].get(name) for at in dates], pa.float64()) for name in names}
    return pa.table({"date": pa.array(dates, pa.date32()), **values})


def headings(looks: Mapping[str, Look], first: str) -> dict[str, str]:
    """Return what the columns are headed by; *first* is the heading of the dates."""
    return {
        "date": first,
        "actual": observed_look().name,
        **{_FORECAST.format(source=source): look.name for source, look in looks.items()},
        **band_headings(),
    }
