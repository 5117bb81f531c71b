"""Amounts with their units, in words: the registry's unit symbols as a planner says them."""

from __future__ import annotations

from datalayer.kernel.contract import spoken
from pages.components.language import current, ngettext, number


def amount(value: float | None, unit: str, *, frequency: str = "D", currency: str = "") -> str:
    """Return *value* with its unit in words, in the language of this run; a dash for no value.

    Args:
        value: The amount, in *unit*.
        unit: A unit symbol of the registry.
        frequency: D, W or MS: the period of ``un/period``.
        currency: ISO code for ``currency``; an empty string where none is published.
    """
    return spoken.amount(value, unit, current(), frequency=frequency, currency=currency)


def per_period(frequency: str) -> str:
    """Return the unit of demand: units a day, a week or a month."""
    return spoken.per_period(frequency, current())


def periods(count: int, frequency: str) -> str:
    """Return a number of forecast steps as days, weeks or months."""
    text = {
        "D": ngettext("{count} day", "{count} days", count),
        "W": ngettext("{count} week", "{count} weeks", count),
        "MS": ngettext("{count} month", "{count} months", count),
    }.get(frequency, ngettext("{count} period", "{count} periods", count))
    return text.format(count=number(count, 0))
