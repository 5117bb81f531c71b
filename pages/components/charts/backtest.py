"""What was forecast in time to order, beside what was then used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Result
from pages.components.charts import periods, theme, words
from pages.components.charts.chart import Chart, ChartedPart, Row, extract_call
from pages.components.charts.drawing import Drawing
from pages.components.charts.fans import BANDS, band_headings
from pages.components.charts.periods import points
from pages.components.charts.theme import forecast_look, observed_look
from pages.components.language import _, label, number

_NOMINAL, _LOW, _HIGH, _ALPHA = BANDS[-1]
_SHOWN = ("date", "actual", "forecast", _LOW, _HIGH, "cutoff")


def backtest(demand: Result, part: ChartedPart) -> Chart:
    """Return what was forecast for past weeks or months, one lead time ahead, and what came.

    Args:
        demand: The answer to ``questions.plans.periods`` for the selection of *part*.
        part: What it is of; the first source's forecasts are drawn.
    """
    table = _tested(demand.table, part.sources[:1])
    rows = table.to_pylist()
    return Chart(
        title=_("Forecast in time to order, and what came: {subject}").format(subject=part.subject),
        figure=_draw(rows, part.registry).figure(part.unit) if rows else None,
        alt=_finding(rows, part.subject),
        provenance=demand.provenance,
        rows=table.select(_SHOWN).sort_by([("date", "descending")]),
        headings=_headings(),
        call=extract_call("fact_period", part.selection),
    )


def _tested(table: pa.Table, sources: Sequence[str]) -> pa.Table:
    """Return the periods that are over and had been forecast, the first one first."""
    needed = ("actual", "forecast", _LOW, _HIGH)
    is_tested = [
        row["source"] in sources and all(row[name] is not None for name in needed)
        for row in table.to_pylist()
    ]
    return table.filter(pa.array(is_tested, pa.bool_())).sort_by("date")


def _draw(rows: Sequence[Row], registry: Registry) -> Drawing:
    look = forecast_look(label(registry.sources[rows[0]["source"]].label))
    drawing = Drawing(rows[0]["date"], periods.end_of(rows[-1]))
    low, high = points(rows, _LOW), points(rows, _HIGH)
    drawing.fan(low, high, look, alpha=_ALPHA, name=f"{_NOMINAL}%")
    said = [_said(row, rows[-1]["date"]) for row in rows]
    drawing.bars(points(rows, "actual", said), observed_look())
    drawing.line(points(rows, "forecast"), look, width=2.4)
    missed = [row for row in rows if not _is_inside(row)]
    drawing.crosses(points(missed, "actual"), theme.ALARM)
    drawing.heading(
        _("{inside} of {count} inside the band").format(
            inside=number(len(rows) - len(missed), 0), count=number(len(rows), 0)
        )
    )
    return drawing


def _is_inside(row: Row) -> bool:
    return bool(row[_LOW] <= row["actual"] <= row[_HIGH])


def _said(row: Row, near: date) -> str:
    return _("{when}: {amount} used, {forecast} forecast ({band})").format(
        when=words.period(row["date"], row["grain"], near),
        amount=words.demand(row["actual"]),
        forecast=words.demand(row["forecast"]),
        band=words.between(words.demand(row[_LOW]), words.demand(row[_HIGH])),
    )


def _finding(rows: Sequence[Row], subject: str) -> str:
    """Return how many fell inside the band, and whether as much was forecast as was used."""
    if not rows:
        return _("{subject}: no past forecast is published that could be compared.").format(
            subject=subject
        )
    inside = sum(_is_inside(row) for row in rows)
    used, foreseen = (sum(row[name] for row in rows) for name in ("actual", "forecast"))
    text = _(
        "{subject}: {inside} of {count} inside the band of {nominal}%. In all {forecast} forecast, "
        "{used} used."
    )
    return text.format(
        subject=subject,
        inside=number(inside, 0),
        count=number(len(rows), 0),
        nominal=_NOMINAL,
        forecast=words.demand(foreseen),
        used=words.demand(used),
    )


def _headings() -> dict[str, str]:
    names = {"date": _("From"), "actual": _("Used"), "forecast": _("Forecast")}
    return {**names, **band_headings(), "cutoff": _("Forecast on")}
