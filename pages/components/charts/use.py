"""How much is used: weeks or months of demand as bars, the forecast dashed in its fan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from datalayer.portal import Result, SeriesSelection
from pages.components.charts import periods, pivots, theme, words
from pages.components.charts.chart import Chart, ChartedPart, Row, extract_call
from pages.components.charts.drawing import Drawing
from pages.components.charts.fans import COLUMNS, draw_fan
from pages.components.charts.periods import points
from pages.components.charts.theme import Look, forecast_look, looks_of, observed_look
from pages.components.language import _, ngettext, number

_NEEDED: Final = ("source", "date", "grain", "actual", "forecast", *COLUMNS)


@dataclass(frozen=True)
class _Demand:
    """Periods that are over, and those to come by source, in order of prominence.

    ``other`` has what another publication forecast, for periods that may be over since.
    """

    used: Sequence[Row]
    ahead: Mapping[str, Sequence[Row]]
    looks: Mapping[str, Look]
    through: date
    other: Mapping[str, Sequence[Row]]

    @property
    def first(self) -> Sequence[Row]:
        """What is forecast by the first source; empty if nothing is."""
        return next(iter(self.ahead.values()), ())

    @property
    def begun(self) -> str:
        """The grain of the period that has begun and is neither told nor forecast; empty if none.

        What is forecast begins behind it, whichever source is the first to.
        """
        coming = [rows[0] for rows in self.ahead.values() if rows]
        first = min(coming, key=lambda row: row["date"], default=None)
        if first is None or first["date"] <= self.through + timedelta(days=1):
            return ""
        return str(first["grain"])

    @property
    def every(self) -> list[Row]:
        forecasts = (*self.ahead.values(), *self.other.values())
        return [*self.used, *(row for rows in forecasts for row in rows)]


@dataclass(frozen=True, eq=False)
class OtherForecast:
    """What another publication forecast of the same part, to be drawn beside.

    Attributes:
        demand: Its answer to ``questions.plans.periods``.
        source: The one that is drawn.
        name: What the line is called.
        selection: What was asked for.
    """

    demand: Result
    source: str
    name: str
    selection: SeriesSelection

    @property
    def key(self) -> str:
        """Names its column."""
        return f"{self.source} {self.demand.provenance.publication_id}"

    def rows(self, grain: str) -> list[Row]:
        """Return what it forecast by periods of *grain*; none if it has others."""
        found = self.demand.table.select(_NEEDED).sort_by("date").to_pylist()
        mine = [row for row in found if row["source"] == self.source and _is_ahead(row)]
        return [row for row in mine if row["grain"] == grain]


def use(demand: Result, part: ChartedPart, other: OtherForecast | None = None) -> Chart:
    """Return what was used of a part by week or month, and what is forecast.

    Args:
        demand: The answer to ``questions.plans.periods`` for the selection of *part*.
        part: What it is of.
        other: What another publication forecast of it.
    """
    found = _demand(demand, part, other)
    return Chart(
        title=_("How much is used: {subject}").format(subject=part.subject),
        figure=_draw(found).figure(part.unit) if found.every else None,
        alt=_finding(found, part.subject),
        provenance=demand.provenance,
        rows=pivots.by_date(found.used, {**found.ahead, **found.other}),
        headings=pivots.headings(found.looks, _("From")),
        call=extract_call("fact_period", part.selection),
        other=other.demand.provenance if other else None,
        other_call=extract_call("fact_period", other.selection) if other else None,
    )


def _demand(demand: Result, part: ChartedPart, other: OtherForecast | None) -> _Demand:
    rows = demand.table.select(_NEEDED).sort_by("date").to_pylist()
    # A period has a row for each source, and they all say the same of the past.
    used = {row["date"]: row for row in rows if row["actual"] is not None}
    ahead = {
        source: [row for row in rows if row["source"] == source and _is_ahead(row)]
        for source in part.sources
    }
    through = demand.provenance.data_through
    looks = looks_of(part.sources, part.registry)
    beside: dict[str, Sequence[Row]] = {}
    if other is not None:
        grain = next((str(row["grain"]) for row in rows), "week")
        beside = {other.key: other.rows(grain)}
        looks |= {other.key: theme.other_look(other.name)}
    return _Demand(list(used.values()), ahead, looks, through, beside)


def _is_ahead(row: Row) -> bool:
    return row["actual"] is None and row["forecast"] is not None


def _draw(demand: _Demand) -> Drawing:
    every = demand.every
    last = max(every, key=lambda row: row["date"])
    drawing = Drawing(min(row["date"] for row in every), periods.end_of(last))
    begin = _begin(demand)
    if begin is not None:
        drawing.future(begin, _through(demand))
    if demand.first:
        draw_fan(drawing, forecast_look(), partial(points, demand.first))
    said = [_said(row, demand.through, "actual") for row in demand.used]
    drawing.bars(points(demand.used, "actual", said), observed_look())
    _lines(drawing, demand)
    return drawing


def _lines(drawing: Drawing, demand: _Demand) -> None:
    """Draw the forecasts, the first one last: over all others."""
    for key, rows in demand.other.items():
        drawing.line(points(rows, "forecast"), demand.looks[key], width=1.2)
    for place, (source, rows) in reversed(list(enumerate(demand.ahead.items()))):
        said = [_said(row, demand.through, "forecast") for row in rows] if place == 0 else ()
        width = 2.4 if place == 0 else 1.6
        drawing.line(points(rows, "forecast", said), demand.looks[source], width=width)


def _begin(demand: _Demand) -> date | None:
    """Return the first day that nothing is known of; None if nothing of the future is drawn."""
    coming = [rows[0]["date"] for rows in demand.ahead.values() if rows]
    # The last week may not be over: it is neither told as used nor forecast whole.
    following = demand.through + timedelta(days=1)
    return max(min([following, *coming]), demand.every[0]["date"]) if coming else None


def _through(demand: _Demand) -> str:
    """Return until when demand is known, and whether a period that has begun is left out."""
    through = words.short_day(demand.through, demand.through)
    texts = {
        "": _("data to {day}"),
        "week": _("data to {day}, within a week"),
        "month": _("data to {day}, within a month"),
    }
    return texts[demand.begun].format(day=through)


def _said(row: Row, near: date, column: str) -> str:
    when, amount = words.period(row["date"], row["grain"], near), words.demand(row[column])
    if column == "actual" or row["q100"] is None:
        return _("{when}: {amount}").format(when=when, amount=amount)
    band = words.between(words.demand(row["q100"]), words.demand(row["q900"]))
    return words.with_band(when, amount, band)


def _finding(demand: _Demand, subject: str) -> str:
    """Return what was used lately and what is forecast for as long, with the direction."""
    past = demand.used[-len(demand.first) :] if demand.first else demand.used
    said = [_total_used(past) if past else _("Nothing is known of what was used.")]
    if demand.first:
        said += [_total_ahead(demand.first, past), _band_at_the_end(demand)]
    else:
        said.append(_("There is no forecast in this span."))
    said += [_left_out(demand), *_beside(demand)]
    return f"{subject}: {' '.join(filter(None, said))}"


def _beside(demand: _Demand) -> list[str]:
    """Return what the other publication forecast for the periods that both do."""
    said = []
    for key, rows in demand.other.items():
        mine = {row["date"]: row["forecast"] for row in demand.first}
        shared = [row for row in rows if row["date"] in mine]
        text = _("{name}: no period in common.")
        if shared:
            text = _("{name}: {other}, here {amount} for the same time.")
        said.append(
            text.format(
                name=demand.looks[key].name.capitalize(),
                other=words.demand(sum(row["forecast"] for row in shared)),
                amount=words.demand(sum(mine[row["date"]] for row in shared)),
            )
        )
    return said


def _left_out(demand: _Demand) -> str:
    """Return what is said of a period that has begun; nothing where none has."""
    return {
        "": "",
        "week": _("The week that has begun is not drawn."),
        "month": _("The month that has begun is not drawn."),
    }[demand.begun]


def _total_used(past: Sequence[Row]) -> str:
    """Return what was used in the periods *past*."""
    count = len(past)
    text = (
        ngettext(
            "{amount} used in the last month.", "{amount} used in the last {count} months.", count
        )
        if past[0]["grain"] == "month"
        else ngettext(
            "{amount} used in the last week.", "{amount} used in the last {count} weeks.", count
        )
    )
    used = sum(row["actual"] for row in past)
    return text.format(amount=words.demand(used), count=number(count, 0))


def _total_ahead(ahead: Sequence[Row], past: Sequence[Row]) -> str:
    """Return what is forecast, and whether that is more or less than in as long a time before."""
    count, total = len(ahead), sum(row["forecast"] for row in ahead)
    text = (
        ngettext(
            "Forecast for the next month: {amount}{direction}.",
            "Forecast for the next {count} months: {amount}{direction}.",
            count,
        )
        if ahead[0]["grain"] == "month"
        else ngettext(
            "Forecast for the next week: {amount}{direction}.",
            "Forecast for the next {count} weeks: {amount}{direction}.",
            count,
        )
    )
    before = sum(row["actual"] for row in past) if len(past) == count else None
    direction = words.direction(total, before)
    return text.format(amount=words.demand(total), count=number(count, 0), direction=direction)


def _band_at_the_end(demand: _Demand) -> str:
    last = demand.first[-1]
    if last["q100"] is None:
        return ""
    return _("{when}: 8 of 10 outcomes are expected between {low} and {high}.").format(
        when=words.period(last["date"], last["grain"], demand.through).capitalize(),
        low=words.demand(last["q100"]),
        high=words.demand(last["q900"]),
    )
