"""What charts say when they are pointed at, and beside their marks: one line, whole units."""

from __future__ import annotations

from datetime import date
from typing import Final

from pages.components.charts.theme import month_text
from pages.components.language import _, current, day, number, quantity

_NEAR_DAYS: Final = 180


def counted(value: float | None, lot: float = 1.0) -> str:
    """Return an expected number as planners count: whole, unless units come in fractions.

    Args:
        value: The number.
        lot: What it is counted in: 1, or a fraction for weights and volumes.
    """
    if value is None:
        return quantity(None)
    if lot < 1:
        return quantity(round(value, 2))
    return number(round(value) + 0.0, 0)


def stock(value: float | None, lot: float = 1.0) -> str:
    """Return how much is in stock; below nothing, how much is lacking."""
    if value is None or round(value, 2 if lot < 1 else 0) >= 0:
        return counted(value, lot)
    return _("{amount} short").format(amount=counted(-value, lot))


def between(low: str, high: str, nominal: int = 80) -> str:
    """Return a band in words: ``80%: 5 to 107``."""
    return _("{nominal}%: {low} to {high}").format(nominal=nominal, low=low, high=high)


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
