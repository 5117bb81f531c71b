"""Numbers, dates and amounts as each language of the contract writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from datalayer.kernel.contract.registry import Bilingual, Language

NOTHING: Final = "–"
"""What stands in the place of no value."""
CURRENCIES: Final = {"": "", "GBP": "£ ", "BRL": "R$ ", "USD": "US$ ", "EUR": "€ "}
"""What stands before an amount of a currency, by its ISO code."""

PIECES: Final = "un"
"""The unit of what is counted piece by piece."""

_NEAR: Final = timedelta(days=180)
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_WEEKDAYS: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "pt_BR": ("seg", "ter", "qua", "qui", "sex", "sáb", "dom"),
}
_PERIODS: Final = {
    "D": Bilingual("units a day", "unidades por dia"),
    "W": Bilingual("units a week", "unidades por semana"),
    "MS": Bilingual("units a month", "unidades por mês"),
}
_ANY_PERIOD: Final = Bilingual("units a period", "unidades por período")
# One, and any other number.
_UNITS: Final = {
    "d": (Bilingual("{} day", "{} dia"), Bilingual("{} days", "{} dias")),
    "h": (Bilingual("{} hour", "{} hora"), Bilingual("{} hours", "{} horas")),
    "un": (Bilingual("{} unit", "{} unidade"), Bilingual("{} units", "{} unidades")),
    "items": (Bilingual("{} part", "{} peça"), Bilingual("{} parts", "{} peças")),
    "demands": (Bilingual("{} demand", "{} demanda"), Bilingual("{} demands", "{} demandas")),
    "x": (Bilingual("{} time", "{} vez"), Bilingual("{} times", "{} vezes")),
}


def counted_in(unit: str | None) -> str:
    """Return what is counted, as units are compared: pieces however they are spelt or left out."""
    spelt = (unit or PIECES).casefold()
    return PIECES if spelt in {"unit", "units"} else spelt


def marks(language: Language) -> dict[int, str]:
    """Return what English marks of decimals and thousands become, as for ``str.translate``."""
    return {} if language == "en" else {ord(","): ".", ord("."): ","}


def number(value: float | None, language: Language, decimals: int = 1) -> str:
    """Return *value* with separators, ``1.234,5`` in Portuguese; a dash for no value."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:,.{decimals}f}".translate(marks(language))


def quantity(value: float | None, language: Language, unit: str = "") -> str:
    """Return *value* with as many decimals as its size deserves, and its unit."""
    if value is None or not math.isfinite(value):
        return NOTHING
    size = abs(value)
    decimals = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2
    return f"{number(value, language, decimals)} {unit}".strip()


def percent(fraction: float | None, language: Language, decimals: int = 1) -> str:
    """Return a fraction as a percentage."""
    if fraction is None or not math.isfinite(fraction):
        return NOTHING
    return f"{number(fraction * 100, language, decimals)}%"


def day(value: date | None, language: Language) -> str:
    """Return a date: ``09/12/2011`` in Portuguese, ``9 Dec 2011`` in English."""
    if value is None:
        return NOTHING
    if language == "pt_BR":
        return value.strftime("%d/%m/%Y")
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def weekday(value: date | None, language: Language, near: date | None = None) -> str:
    """Return a date with its day of the week: ``qui 10/12``, in English ``Thu 10 Dec``.

    The year is left out within half a year of *near*, where nobody takes it for another.
    """
    if value is None:
        return NOTHING
    name = _WEEKDAYS[language][value.weekday()]
    if near is None or abs(value - near) > _NEAR:
        return f"{name} {day(value, language)}"
    if language == "pt_BR":
        return f"{name} {value:%d/%m}"
    return f"{name} {value.day} {_MONTHS[value.month - 1]}"


def amount(
    value: float | None, unit: str, language: Language, *, frequency: str = "D", currency: str = ""
) -> str:
    """Return *value* with its unit in words; a dash for no value.

    Args:
        value: The amount, in *unit*.
        unit: A unit symbol of the registry.
        language: Of the answer.
        frequency: D, W or MS: the period of ``un/period``.
        currency: ISO code for ``currency``; an empty string where none is published.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit in {"share", "fraction"}:
        decimals = 0 if abs(value) >= 1 or round(value, 2) == value else 1
        return percent(value, language, decimals)
    if unit == "currency":
        return f"{CURRENCIES.get(currency, currency + ' ')}{number(value, language, 0)}"
    return _with_unit(value, unit, language, frequency)


def per_period(frequency: str, language: Language) -> str:
    """Return the unit of demand: units a day, a week or a month."""
    return _PERIODS.get(frequency, _ANY_PERIOD).in_language(language)


def _with_unit(value: float, unit: str, language: Language, frequency: str) -> str:
    if unit == "un/period":
        return f"{quantity(value, language)} {per_period(frequency, language)}"
    one, many = _UNITS.get(unit, (None, None))
    form = one if abs(value) == 1 else many
    text = form.in_language(language) if form else "{} " + unit
    is_part_of_day = unit == "d" and value != int(value)
    count = number(value, language, 1) if is_part_of_day else quantity(value, language)
    return text.format(count).strip()
