"""What charts say when they are pointed at, and beside their marks: one line, whole units."""

from __future__ import annotations

import math
from datetime import date
from typing import Final

from pages.components.charts.theme import month_text
from pages.components.language import NOTHING, _, current, day, number, percent, quantity

SHORT: Final = 14
"""Most characters of a code that is written into a plot."""

DAY_TEMPLATES: Final = {
    "pt_BR": "%{x|%a %d/%m/%Y}: %{y:,.1~f}%{text}",
    "en": "%{x|%a %-d %b %Y}: %{y:,.1~f}%{text}",
}
"""How Plotly says a day and its demand, by language; what follows is the text."""

_NEAR_DAYS: Final = 180
_SMALL: Final = 10


def counted(value: float | None, lot: float = 1.0) -> str:
    """Return a number as planners count: whole, unless units come in fractions.

    Args:
        value: The number.
        lot: What it is counted in: 1, or a fraction for weights and volumes.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if lot < 1:
        return quantity(round(value, 2) + 0.0)
    return number(round(value) + 0.0, 0)


def demand(value: float | None) -> str:
    """Return demand of a period: whole where it is whole or great, else with one decimal."""
    if value is None or not math.isfinite(value):
        return NOTHING
    small = abs(value) < _SMALL and round(value, 1) != round(value)
    return number(round(value, 1) + 0.0, 1 if small else 0)


def stock(value: float | None, lot: float = 1.0) -> str:
    """Return how much is in stock; below nothing, how much is lacking."""
    if value is None or not math.isfinite(value) or round(value, 2 if lot < 1 else 0) >= 0:
        return counted(value, lot)
    return _("{amount} short").format(amount=counted(-value, lot))


def between(low: str, high: str, nominal: int = 80) -> str:
    """Return a band in words: ``80%: 5 to 107``."""
    return _("{nominal}%: {low} to {high}").format(nominal=nominal, low=low, high=high)


def with_band(when: str, amount: str, band: str) -> str:
    """Return what is expected at a time, in one line."""
    return _("{when}: {amount} ({band})").format(when=when, amount=amount, band=band)


def direction(total: float, before: float | None) -> str:
    """Return whether *total* is more or less than *before*, as what follows it in a sentence."""
    if before is None:
        return ""
    if before == 0:
        return "" if total == 0 else _(", more than before")
    change = total / before - 1
    if abs(change) < 0.005:
        return _(", as much as before")
    text = _(", {share} more than before") if change > 0 else _(", {share} less than before")
    return text.format(share=percent(abs(change), 0))


def period(begin: date, grain: str, near: date) -> str:
    """Return a week by its Monday, without the year close to *near*; a month by its name."""
    if grain == "month":
        return month_text(begin)
    return _("week of {day}").format(day=short_day(begin, near))


def short_day(value: date, near: date) -> str:
    """Return a date, without its year where nobody takes it for another."""
    written = day(value)
    if abs((value - near).days) > _NEAR_DAYS:
        return written
    return written[:5] if current() == "pt_BR" else written.rsplit(" ", 1)[0]


def plain(text: str) -> str:
    """Return a text that Plotly draws as it is: its labels are a kind of HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
