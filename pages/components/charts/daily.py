"""Demand and forecasts period by period, for publications without weeks and months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.portal import Result
from pages.components import findings
from pages.components.charts import pivots, words
from pages.components.charts.chart import Chart, ChartedPart, Row, item_call
from pages.components.charts.drawing import Drawing
from pages.components.charts.fans import draw_fan
from pages.components.charts.theme import Look, looks_of, observed_look
from pages.components.charts.traces import Points, split_at_gaps
from pages.components.language import _, current


def daily(series: Result, part: ChartedPart) -> Chart:
    """Return what was used of a part, and its forecasts, at the grain they were made at.

    Args:
        series: The answer to ``questions.forecasts.series`` for the selection of *part*.
        part: What it is of.
    """
    table, looks = series.table, looks_of(part.sources, part.registry)
    forecasts = {source: of_source(table, source).to_pylist() for source in looks}
    return Chart(
        title=_("How much is used: {subject}").format(subject=part.subject),
        figure=_draw(table, looks).figure(part.unit) if table.num_rows else None,
        alt=findings.forecast_finding(table, part.sources, subject=part.subject, unit=part.unit),
        provenance=series.provenance,
        rows=pivots.by_date(of_source(table, None).to_pylist(), forecasts),
        headings=pivots.headings(looks, _("Date")),
        call=item_call("timeseries", part.selection),
    )


def of_source(table: pa.Table, source: str | None) -> pa.Table:
    """Return the rows of a source, or those of observed demand for None."""
    if source is None:
        return table.filter(pc.is_null(table["source"]))
    return table.filter(pc.equal(table["source"], source))


def _draw(table: pa.Table, looks: Mapping[str, Look]) -> Drawing:
    drawing = Drawing(pc.min(table["date"]).as_py(), pc.max(table["date"]).as_py())
    drawing.template = words.DAY_TEMPLATES[current()]
    cutoff = pc.max(table["cutoff"]).as_py()
    if cutoff is not None and drawing.start <= cutoff <= drawing.end:
        drawing.future(cutoff, _("data to {day}").format(day=words.short_day(cutoff, cutoff)))
    for source, look in list(looks.items())[:1]:
        _fan(drawing, split_at_gaps(of_source(table, source)), look)
    for place, (source, look) in reversed(list(enumerate(looks.items()))):
        _line(drawing, of_source(table, source), look, cutoff if place == 0 else None)
    history = of_source(table, None)
    drawing.line(_points(history, "actual", [""] * history.num_rows), observed_look())
    return drawing


def _fan(drawing: Drawing, pieces: Sequence[pa.Table], look: Look) -> None:
    for place, piece in enumerate(pieces, start=1):
        draw_fan(drawing, look, partial(_points, piece), is_named=place == len(pieces))


def _points(rows: pa.Table, column: str, hover: Sequence[str] = ()) -> Points:
    return Points(rows["date"].to_pylist(), rows[column].to_pylist(), hover)


def _line(drawing: Drawing, rows: pa.Table, look: Look, cutoff: date | None) -> None:
    """Draw a source's forecasts; with a *cutoff* those behind it are said when pointed at."""
    pieces = split_at_gaps(rows)
    for place, piece in enumerate(pieces, start=1):
        width = 2.4 if cutoff else 1.6
        named = place == len(pieces)
        drawing.line(_points(piece, "forecast"), look, width=width, is_named=named)
    if cutoff:
        ahead = rows.filter(pc.greater(rows["date"], pa.scalar(cutoff)))
        drawing.hover(_points(ahead, "forecast", [_band(row) for row in ahead.to_pylist()]))


def _band(row: Row) -> str:
    band = words.between(words.demand(row["q100"]), words.demand(row["q900"]))
    return f" ({band})"
