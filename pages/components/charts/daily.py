"""Demand and forecasts period by period, for publications without weeks and months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Result, SeriesSelection
from pages.components import findings
from pages.components.charts import theme, words
from pages.components.charts.chart import Chart, item_call
from pages.components.charts.drawing import Drawing, Points
from pages.components.charts.theme import observed_look, source_look
from pages.components.charts.traces import split_at_gaps
from pages.components.language import _, weekday

_BANDS: Final = ((95, "q025", "q975", "1C"), (80, "q100", "q900", "33"))
_COLUMNS: Final = ("q500", "q100", "q900", "q025", "q975")


def daily(
    series: Result,
    *,
    selection: SeriesSelection,
    registry: Registry,
    unit: str,
    subject: str,
) -> Chart:
    """Return what was used of a part, and its forecasts, at the grain they were made at.

    Args:
        series: The answer to ``questions.forecasts.series`` for *selection*.
        selection: Part, place, span, and sources in order of prominence: the first one's fan is
            drawn.
        registry: Has the sources' labels; their order decides how each is drawn.
        unit: What the axis counts.
        subject: The part, as the text alternative names it.
    """
    table, sources = series.table, selection.sources
    twin, headings = _twin(table, sources, registry)
    return Chart(
        title=_("How much is used: {subject}").format(subject=subject),
        figure=_draw(table, sources, registry).figure(unit) if table.num_rows else None,
        alt=findings.forecast_finding(table, sources, subject=subject, unit=unit),
        provenance=series.provenance,
        rows=twin,
        headings=headings,
        call=item_call("timeseries", selection),
    )


def of_source(table: pa.Table, source: str | None) -> pa.Table:
    """Return the rows of a source, or those of observed demand for None."""
    if source is None:
        return table.filter(pc.is_null(table["source"]))
    return table.filter(pc.equal(table["source"], source))


def _draw(table: pa.Table, sources: Sequence[str], registry: Registry) -> Drawing:
    dates = table["date"]
    drawing = Drawing(pc.min(dates).as_py(), pc.max(dates).as_py())
    cutoff = pc.max(table["cutoff"]).as_py()
    if cutoff is not None and drawing.start <= cutoff <= drawing.end:
        drawing.future(cutoff, _("data to {day}").format(day=words.short_day(cutoff, cutoff)))
    for source in sources[:1]:
        for piece in split_at_gaps(of_source(table, source)):
            _fan(drawing, piece, source_look(source, registry).colour)
    near = cutoff or drawing.end
    history = of_source(table, None)
    _line(drawing, history, "actual", observed_look(), near, width=1.8)
    for place, source in enumerate(sources):
        rows = of_source(table, source)
        width = 2.4 if place == 0 else 1.6
        _line(drawing, rows, "forecast", source_look(source, registry), near, width=width)
    return drawing


def _fan(drawing: Drawing, piece: pa.Table, colour: str) -> None:
    days = piece["date"].to_pylist()
    for _nominal, low, high, alpha in _BANDS:
        lower, upper = (Points(days, piece[name].to_pylist()) for name in (low, high))
        drawing.fan(lower, upper, colour, alpha)


def _line(
    drawing: Drawing, rows: pa.Table, column: str, look: theme.Look, near: date, *, width: float
) -> None:
    for piece in split_at_gaps(rows):
        points = Points(
            piece["date"].to_pylist(),
            piece[column].to_pylist(),
            [_said(row, near, column) for row in piece.to_pylist()],
        )
        drawing.line(points, look, width=width, markers=column == "forecast")


def _said(row: dict[str, object], near: date, column: str) -> str:
    when, amount = weekday(row["date"], near), words.counted(row[column])
    if column == "actual":
        return _("{when}: {amount}").format(when=when, amount=amount)
    band = words.between(words.counted(row["q100"]), words.counted(row["q900"]))
    return _("{when}: {amount} ({band})").format(when=when, amount=amount, band=band)


def _twin(
    table: pa.Table, sources: Sequence[str], registry: Registry
) -> tuple[pa.Table, dict[str, str]]:
    """Return what is drawn as a table, the latest date first, and its headings."""
    names = ["actual", *(f"forecast {source}" for source in sources)]
    names += _COLUMNS if sources else ()
    cells: dict[object, dict[str, object]] = {}
    for row in table.to_pylist():
        cells.setdefault(row["date"], {}).update(_cells(row, sources[:1]))
    dates = sorted(cells, reverse=True)
    values = {name: pa.array([cells[at].get(name) for at in dates], pa.float64()) for name in names}
    twin = pa.table({"date": pa.array(dates, pa.date32()), **values})
    return twin, _headings(sources, registry)


def _cells(row: dict[str, object], first: Sequence[str]) -> dict[str, object]:
    source = row["source"]
    if source is None:
        return {"actual": row["actual"]}
    cells = {f"forecast {source}": row["forecast"]}
    return cells | {name: row[name] for name in _COLUMNS} if source in first else cells


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
