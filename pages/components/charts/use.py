"""How much is used: weeks or months of demand as bars, the forecast dashed in its fan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final

import pyarrow as pa

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Result, SeriesSelection
from pages.components.charts import words
from pages.components.charts.chart import Chart, Row, extract_call
from pages.components.charts.drawing import Drawing, Points, When
from pages.components.charts.theme import Look, observed_look, source_look
from pages.components.language import _, ngettext, number

_BANDS: Final = ((95, "q025", "q975", "1C"), (80, "q100", "q900", "33"))


def use(
    periods: Result,
    *,
    selection: SeriesSelection,
    registry: Registry,
    unit: str,
    subject: str,
) -> Chart:
    """Return what was used of a part by week or month, and what is forecast.

    Args:
        periods: The answer to ``questions.plans.periods`` for *selection*.
        selection: Part, place, span, and sources in order of prominence: the first one's fan is
            drawn.
        registry: Has the sources' labels; their order decides how each is drawn.
        unit: What is counted, a week or a month.
        subject: The part, as the text alternative names it.
    """
    rows = periods.table.sort_by("date").to_pylist()
    used = _used(rows)
    ahead = {source: _ahead(rows, source) for source in selection.sources}
    first = ahead[selection.sources[0]] if selection.sources else []
    through = periods.provenance.data_through
    twin, headings = _twin(used, ahead, selection.sources, registry)
    figure = None
    if used or any(ahead.values()):
        figure = _draw(used, ahead, through, registry).figure(unit)
    return Chart(
        title=_("How much is used: {subject}").format(subject=subject),
        figure=figure,
        alt=_finding(used, first, through, subject),
        provenance=periods.provenance,
        rows=twin,
        headings=headings,
        call=extract_call("fact_period", selection),
    )


def _used(rows: Sequence[Row]) -> list[Row]:
    """Return one row for each period that is over, whichever sources there are."""
    found = {row["date"]: row for row in rows if row["actual"] is not None}
    return list(found.values())


def _ahead(rows: Sequence[Row], source: str) -> list[Row]:
    mine = (row for row in rows if row["source"] == source)
    return [row for row in mine if row["actual"] is None and row["forecast"] is not None]


def _draw(
    used: Sequence[Row], ahead: dict[str, list[Row]], through: date, registry: Registry
) -> Drawing:
    every = [*used, *(row for rows in ahead.values() for row in rows)]
    grain = every[0]["grain"]
    start, end = min(row["date"] for row in every), max(row["date"] for row in every)
    drawing = Drawing(start, _after(end, grain))
    shift = 15.0 if grain == "month" else 3.5
    begin = _begin(used, ahead, through, grain)
    if begin is not None:
        drawing.future(begin, _("data to {day}").format(day=words.short_day(through, through)))
    for source, rows in list(ahead.items())[:1]:
        for nominal, low, high, alpha in _BANDS:
            lower, upper = (
                Points([row["date"] for row in rows], [row[name] for row in rows], (), shift)
                for name in (low, high)
            )
            colour = source_look(source, registry).colour
            drawing.fan(lower, upper, colour, alpha, name=f"{nominal}%")
    drawing.bars(
        Points(
            [row["date"] for row in used],
            [row["actual"] for row in used],
            [_said(row, through, "actual") for row in used],
            shift,
        ),
        observed_look(),
    )
    for place, (source, rows) in reversed(list(enumerate(ahead.items()))):
        points = Points(
            [row["date"] for row in rows],
            [row["forecast"] for row in rows],
            [_said(row, through, "forecast") for row in rows] if place == 0 else (),
            shift,
        )
        drawing.line(points, _look(source, place, registry), width=2.4 if place == 0 else 1.6)
    return drawing


def _look(source: str, place: int, registry: Registry) -> Look:
    """Return how a source is drawn, the first one called what it is to a planner."""
    look = source_look(source, registry)
    return replace(look, name=_("forecast")) if place == 0 else look


def _begin(
    used: Sequence[Row], ahead: dict[str, list[Row]], through: date, grain: str
) -> When | None:
    """Return where the future begins; None if nothing of it is drawn."""
    coming = [rows[0]["date"] for rows in ahead.values() if rows]
    if not coming:
        return None
    if not used:
        return datetime.combine(min(coming), time())
    return min(*coming, _after(used[-1]["date"], grain)) if coming else through


def _after(begin: date, grain: str) -> date:
    """Return the first day after a period."""
    if grain == "month":
        return (begin.replace(day=28) + timedelta(days=4)).replace(day=1)
    return begin + timedelta(days=7)


def _said(row: Row, near: date, column: str) -> str:
    when = words.period(row["date"], row["grain"], near)
    lot = 1.0 if float(row[column]).is_integer() or row[column] >= 10 else 0.1
    amount = words.counted(row[column], lot)
    if column == "actual" or row["q100"] is None:
        return _("{when}: {amount}").format(when=when, amount=amount)
    band = words.between(words.counted(row["q100"]), words.counted(row["q900"]))
    return _("{when}: {amount} ({band})").format(when=when, amount=amount, band=band)


def _finding(used: Sequence[Row], ahead: Sequence[Row], through: date, subject: str) -> str:
    """Return what was used lately, and what is forecast beside it, with the direction."""
    said = [subject + ":"]
    past = used[-len(ahead) :] if ahead else used
    if past:
        said.append(_total_used(past))
    else:
        said.append(_("nothing is known of what was used."))
    if not ahead:
        return " ".join([*said, _("There is no forecast in this span.")])
    last = ahead[-1]
    said.append(_total_ahead(ahead, past))
    if last["q100"] is not None:
        said.append(
            _("{when}: 8 of 10 outcomes are expected between {low} and {high}.").format(
                when=words.period(last["date"], last["grain"], through),
                low=words.counted(last["q100"]),
                high=words.counted(last["q900"]),
            )
        )
    return " ".join(said)


def _total_used(past: Sequence[Row]) -> str:
    text = (
        ngettext(
            "{amount} used in the last month.",
            "{amount} used in the last {count} months.",
            len(past),
        )
        if past[0]["grain"] == "month"
        else ngettext(
            "{amount} used in the last week.", "{amount} used in the last {count} weeks.", len(past)
        )
    )
    return text.format(
        amount=words.counted(sum(row["actual"] for row in past)), count=number(len(past), 0)
    )


def _total_ahead(ahead: Sequence[Row], past: Sequence[Row]) -> str:
    total = sum(row["forecast"] for row in ahead)
    before = sum(row["actual"] for row in past)
    if len(past) < len(ahead):
        text = _("{amount} forecast for the next {count}.")
    elif round(total) == round(before):
        text = _("As much is forecast for the next {count}: {amount}.")
    elif total > before:
        text = _("More is forecast for the next {count}: {amount}.")
    else:
        text = _("Less is forecast for the next {count}: {amount}.")
    return text.format(amount=words.counted(total), count=number(len(ahead), 0))


def _twin(
    used: Sequence[Row],
    ahead: dict[str, list[Row]],
    sources: Sequence[str],
    registry: Registry,
) -> tuple[pa.Table, dict[str, str]]:
    """Return what is drawn as a table, the latest period first, and its headings."""
    cells: dict[date, dict[str, float]] = {row["date"]: {"actual": row["actual"]} for row in used}
    for place, (source, rows) in enumerate(ahead.items()):
        for row in rows:
            at = cells.setdefault(row["date"], {})
            at[f"forecast {source}"] = row["forecast"]
            if place == 0:
                at |= {name: row[name] for _nominal, *pair, _alpha in _BANDS for name in pair}
    names = ["actual", *(f"forecast {source}" for source in sources)]
    names += ["q100", "q900", "q025", "q975"] if sources else []
    dates = sorted(cells, reverse=True)
    values = {name: pa.array([cells[at].get(name) for at in dates], pa.float64()) for name in names}
    return pa.table({"date": pa.array(dates, pa.date32()), **values}), _headings(sources, registry)


def _headings(sources: Sequence[str], registry: Registry) -> dict[str, str]:
    from_, to = _("{nominal}%, from"), _("{nominal}%, to")
    return {
        "date": _("From"),
        "actual": observed_look().name,
        **{
            f"forecast {source}": _look(source, place, registry).name
            for place, source in enumerate(sources)
        },
        "q100": from_.format(nominal=80),
        "q900": to.format(nominal=80),
        "q025": from_.format(nominal=95),
        "q975": to.format(nominal=95),
    }
