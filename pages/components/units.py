"""Amounts with their units, in words: the registry's unit symbols as a planner says them."""

from __future__ import annotations

import math
from typing import Final

from pages.components.language import NOTHING, _, ngettext, number, percent, quantity

MARKS: Final = {"": "", "GBP": "£ ", "BRL": "R$ ", "USD": "US$ ", "EUR": "€ "}
"""What stands before an amount of a currency, by its ISO code."""


def amount(value: float | None, unit: str, *, frequency: str = "D", currency: str = "") -> str:
    """Return *value* with its unit in words; a dash for no value.

    Args:
        value: The amount, in *unit*.
        unit: A unit symbol of the registry.
        frequency: D, W or MS: the period of ``un/period``.
        currency: ISO code for ``currency``; an empty string where none is published.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit in {"share", "fraction"}:
        return percent(value, 0 if abs(value) >= 1 or round(value, 2) == value else 1)
    if unit == "currency":
        return f"{MARKS.get(currency, currency + ' ')}{number(value, 0)}"
    return _unit_text(value, unit, frequency)


def per_period(frequency: str) -> str:
    """Return the unit of demand: units a day, a week or a month."""
    known = {"D": _("units a day"), "W": _("units a week"), "MS": _("units a month")}
    return known.get(frequency, _("units a period"))


def periods(count: int, frequency: str) -> str:
    """Return a number of forecast steps as days, weeks or months."""
    text = {
        "D": ngettext("{count} day", "{count} days", count),
        "W": ngettext("{count} week", "{count} weeks", count),
        "MS": ngettext("{count} month", "{count} months", count),
    }.get(frequency, ngettext("{count} period", "{count} periods", count))
    return text.format(count=number(count, 0))


def _unit_text(value: float, unit: str, frequency: str) -> str:
    if unit == "un/period":
        return f"{quantity(value)} {per_period(frequency)}"
    form = 1 if abs(value) == 1 else 2
    text = {
        "d": ngettext("{count} day", "{count} days", form),
        "un": ngettext("{count} unit", "{count} units", form),
        "items": ngettext("{count} part", "{count} parts", form),
        "demands": ngettext("{count} demand", "{count} demands", form),
        "x": ngettext("{count} time", "{count} times", form),
    }.get(unit, "{count} " + unit)
    count = number(value, 1) if unit == "d" and value != int(value) else quantity(value)
    return text.format(count=count).strip()
