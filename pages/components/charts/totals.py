"""All parts together by week or month: what was used, what is forecast, and how far off that was.

Quantiles of parts can't be added up. The band is that of the totals themselves: as far as totals
that were forecast one lead time before were off, in as many periods as could be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import pyarrow as pa

from datalayer.portal import Result
from pages.components import units
from pages.components.charts import periods, words
from pages.components.charts.chart import ApiCall, Chart, Row
from pages.components.charts.drawing import Drawing
from pages.components.charts.periods import points
from pages.components.charts.theme import forecast_look, observed_look
from pages.components.language import _

_OUTSIDE: Final = 0.1
"""Share of outcomes on each side of the band of 80 %."""
_COVERED: Final = 0.8
_ALPHA: Final = "33"
_BAND: Final = "80%"

SCHEMA: Final = pa.schema(
    [
        ("date", pa.date32()),
        ("used", pa.float64()),
        ("forecast", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("items", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Measure:
    """What totals are told in.

    Attributes:
        name: Stands above the axis.
        unit: A unit symbol of the registry, or ``currency``.
        currency: ISO code; an empty string where none is published.
    """

    name: str
    unit: str
    currency: str = ""

    def told(self, value: float | None) -> str:
        """Return an amount in words."""
        if self.unit == "currency":
            return units.amount(value, self.unit, currency=self.currency)
        return words.demand(value)


@dataclass(frozen=True)
class PeriodTotals:
    """Totals of periods that are over and of those to come.

    Attributes:
        rows: The answer to ``questions.accuracy.totals``, by date.
        through: The last day known.
    """

    rows: Sequence[Row]
    through: date

    @cached_property
    def used(self) -> list[Row]:
        """Periods that are over for every part."""
        return [row for row in self.rows if row["used"] is not None]

    @cached_property
    def ahead(self) -> list[Row]:
        """Periods to come that are forecast of every part: with fewer the total would fall."""
        coming = [
            row
            for row in self.rows
            if row["used"] is None and row["forecast_items"] and row["date"] > self._last_used
        ]
        most = max((row["forecast_items"] for row in coming), default=0)
        begun = [row for row in coming if row["forecast_items"] == most]
        return [row for row in begun if row["date"] >= begun[0]["date"]]

    @cached_property
    def ratios(self) -> list[float]:
        """What was used over what had been forecast, of each period that was, rising.

        A period that fewer than four in five of the parts had been forecast for says nothing of
        the total of all.
        """
        most = max((row["items"] for row in self.ahead or self.rows), default=0)
        return sorted(
            row["tested_used"] / row["tested_forecast"]
            for row in self.rows
            if row["tested_items"] >= _COVERED * most and row["tested_forecast"]
        )

    @property
    def band(self) -> tuple[float, float] | None:
        """The ends of the band over the forecast; None with fewer than nine periods tested."""
        outside = int((len(self.ratios) + 1) * _OUTSIDE + 1e-9)
        if outside < 1:
            return None
        return self.ratios[outside - 1], self.ratios[-outside]

    @property
    def grain(self) -> str:
        """What the periods are: week or month."""
        return str(self.rows[0]["grain"]) if self.rows else "week"

    @property
    def _last_used(self) -> date:
        return self.used[-1]["date"] if self.used else date.min

    def told(self) -> list[dict[str, Any]]:
        """Return what is drawn, by date."""
        low, high = self.band or (None, None)
        shown = ("date", "items")
        used = [{**{name: row[name] for name in shown}, "used": row["used"]} for row in self.used]
        ahead: list[dict[str, Any]] = [
            {
                **{name: row[name] for name in shown},
                "forecast": row["forecast"],
                "low": None if low is None else low * row["forecast"],
                "high": None if high is None else high * row["forecast"],
                "grain": row["grain"],
            }
            for row in self.ahead
        ]
        return [*used, *ahead]


def totals(found: Result, measure: Measure, *, title: str, call: ApiCall) -> Chart:
    """Return what was used of all parts together, and what is forecast, with its band.

    Args:
        found: The answer to ``questions.accuracy.totals``.
        measure: What it is told in.
        title: What the chart is headed by.
        call: Returns the rows of the parts.
    """
    known = PeriodTotals(found.table.to_pylist(), found.provenance.data_through)
    told = pa.Table.from_pylist(known.told(), schema=SCHEMA)
    return Chart(
        title=title,
        figure=_draw(known, measure).figure(measure.name) if known.used or known.ahead else None,
        alt=_finding(known, measure, title),
        provenance=found.provenance,
        rows=told.sort_by([("date", "descending")]),
        headings=_headings(),
        call=call,
    )


def _draw(known: PeriodTotals, measure: Measure) -> Drawing:
    every = [*known.used, *known.ahead]
    drawing = Drawing(every[0]["date"], periods.end_of(every[-1]))
    ahead = [row for row in known.told() if "forecast" in row]
    if known.ahead:
        begin = max(every[0]["date"], min(known.through + timedelta(days=1), ahead[0]["date"]))
        drawing.future(begin, _through(known))
    if known.band:
        low, high = points(ahead, "low"), points(ahead, "high")
        drawing.fan(low, high, forecast_look(), alpha=_ALPHA, name=_BAND)
    said = [_said(row, "used", known, measure) for row in known.used]
    drawing.line(points(known.used, "used", said), observed_look(), is_named=not known.ahead)
    said = [_said(row, "forecast", known, measure) for row in ahead]
    drawing.line(points(ahead, "forecast", said), forecast_look(), width=2.4)
    return drawing


def _through(known: PeriodTotals) -> str:
    """Return until when demand is known, and whether a period that has begun is left out."""
    is_whole = known.ahead[0]["date"] <= known.through + timedelta(days=1)
    texts = {
        "week": _("data to {day}, within a week"),
        "month": _("data to {day}, within a month"),
    }
    text = _("data to {day}") if is_whole else texts[known.grain]
    return text.format(day=words.short_day(known.through, known.through))


def _said(row: Row, column: str, known: PeriodTotals, measure: Measure) -> str:
    when = words.period(row["date"], row["grain"], known.through)
    text = measure.told(row[column])
    if column == "used" or row.get("low") is None:
        return _("{when}: {amount}").format(when=when, amount=text)
    band = words.between(measure.told(row["low"]), measure.told(row["high"]))
    return words.with_band(when, text, band)


def _finding(known: PeriodTotals, measure: Measure, title: str) -> str:
    """Return what is expected beside what was used in as many periods before, and the band."""
    if not known.used and not known.ahead:
        return _("{title}: no weeks or months are published of these forecasts.").format(
            title=title
        )
    before = known.used[-len(known.ahead) :] if known.ahead else known.used
    used = sum(row["used"] for row in before)
    said = [
        _("{amount} used in the last {periods}.").format(
            amount=measure.told(used), periods=_spans(before)
        )
    ]
    if known.ahead:
        foreseen = sum(row["forecast"] for row in known.ahead)
        compared = used if len(before) == len(known.ahead) else None
        said.append(
            _("Forecast for the next {periods}: {amount}{direction}.").format(
                periods=_spans(known.ahead),
                amount=measure.told(foreseen),
                direction=words.direction(foreseen, compared),
            )
        )
    return f"{title}. {' '.join(said)}"


def _spans(rows: Sequence[Row]) -> str:
    """Return how many weeks or months they are."""
    grain = rows[0]["grain"] if rows else "week"
    return units.periods(len(rows), {"month": "MS"}.get(grain, "W"))


def _headings() -> dict[str, str]:
    return {
        "date": _("From"),
        "used": _("Used"),
        "forecast": _("Forecast"),
        "low": _("{nominal}%, from").format(nominal=80),
        "high": _("{nominal}%, to").format(nominal=80),
        "items": _("Parts"),
    }
