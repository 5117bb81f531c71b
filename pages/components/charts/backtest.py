"""What was forecast in time to order, beside what was then used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Result, SeriesSelection
from pages.components.charts import theme, words
from pages.components.charts.chart import Chart, Row, extract_call
from pages.components.charts.drawing import Drawing, Points
from pages.components.charts.theme import Look, observed_look, source_look
from pages.components.language import _, number


def backtest(
    periods: Result,
    *,
    selection: SeriesSelection,
    registry: Registry,
    unit: str,
    subject: str,
) -> Chart:
    """Return what was forecast for past weeks or months, one lead time ahead, and what came.

    Args:
        periods: The answer to ``questions.plans.periods`` for *selection*.
        selection: Part, place and span; the first source's forecasts are drawn.
        registry: Has the source's label.
        unit: What is counted, a week or a month.
        subject: The part, as the text alternative names it.
    """
    source = selection.sources[0] if selection.sources else ""
    table = periods.table.sort_by("date")
    rows = [row for row in table.to_pylist() if _is_tested(row) and row["source"] == source]
    names = ("date", "actual", "forecast", "q100", "q900", "cutoff")
    is_drawn = [_is_tested(row) and row["source"] == source for row in table.to_pylist()]
    return Chart(
        title=_("Forecast in time to order, and what came: {subject}").format(subject=subject),
        figure=_draw(rows, source_look(source, registry)).figure(unit) if rows else None,
        alt=_finding(rows, subject),
        provenance=periods.provenance,
        rows=table.filter(is_drawn).select(names).sort_by([("date", "descending")]),
        headings=_headings(),
        call=extract_call("fact_period", selection),
    )


def _is_tested(row: Row) -> bool:
    return row["actual"] is not None and row["forecast"] is not None and row["q100"] is not None


def _is_inside(row: Row) -> bool:
    return bool(row["q100"] <= row["actual"] <= row["q900"])


def _draw(rows: Sequence[Row], look: Look) -> Drawing:
    grain, near = rows[-1]["grain"], rows[-1]["date"]
    days = timedelta(days=31 if grain == "month" else 7)
    shift = 15.0 if grain == "month" else 3.5
    dates = [row["date"] for row in rows]
    drawing = Drawing(dates[0], dates[-1] + days)
    lower, upper = (
        Points(dates, [row[name] for row in rows], (), shift) for name in ("q100", "q900")
    )
    drawing.fan(lower, upper, look.colour, "33", name="80%")
    said = [_said(row, near) for row in rows]
    drawing.bars(Points(dates, [row["actual"] for row in rows], said, shift), observed_look())
    drawing.line(Points(dates, [row["forecast"] for row in rows], (), shift), look, width=2.4)
    missed = [row for row in rows if not _is_inside(row)]
    drawing.crosses(
        Points([row["date"] for row in missed], [row["actual"] for row in missed], (), shift),
        theme.PALETTE[2],
    )
    return drawing


def _said(row: Row, near: date) -> str:
    return _("{when}: {amount} used, {forecast} forecast ({band})").format(
        when=words.period(row["date"], row["grain"], near),
        amount=words.counted(row["actual"]),
        forecast=words.counted(row["forecast"]),
        band=words.between(words.counted(row["q100"]), words.counted(row["q900"])),
    )


def _finding(rows: Sequence[Row], subject: str) -> str:
    if not rows:
        return _("{subject}: no past forecast is published that could be compared.").format(
            subject=subject
        )
    inside = sum(_is_inside(row) for row in rows)
    used, foreseen = (sum(row[name] for row in rows) for name in ("actual", "forecast"))
    text = _(
        "{subject}: {inside} of {count} fell inside the band of 80%. {forecast} was forecast in "
        "all, {used} was used."
    )
    return text.format(
        subject=subject,
        inside=number(inside, 0),
        count=number(len(rows), 0),
        forecast=words.counted(foreseen),
        used=words.counted(used),
    )


def _headings() -> dict[str, str]:
    return {
        "date": _("From"),
        "actual": _("Used"),
        "forecast": _("Forecast"),
        "q100": _("{nominal}%, from").format(nominal=80),
        "q900": _("{nominal}%, to").format(nominal=80),
        "cutoff": _("Forecast on"),
    }
