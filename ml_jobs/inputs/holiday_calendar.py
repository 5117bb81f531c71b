"""Public holidays of a country: known for any year, so a driver of demand for any horizon."""

from __future__ import annotations

import holidays
import numpy as np

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.arrays import FloatArray
from ml_jobs.option_kinds import COUNTRIES, check_country
from ml_jobs.panel import Dates, Drivers, Frequency

HOLIDAY = "holiday"


def public_holidays(country: str, first: np.datetime64, last: np.datetime64) -> dict[str, Dates]:
    """Return the days of each public holiday from *first* to *last*, by the holiday's name.

    Raises:
        InvalidSelection: *country* is no ISO 3166 code, such as ``BR``, with a calendar.
    """
    years = range(first.astype(object).year, last.astype(object).year + 1)
    # Without a language the names, and with them their order, follow the locale of the machine.
    language = _own_language(country)
    found = holidays.country_holidays(country, years=years, language=language)
    named: dict[str, list[np.datetime64]] = {}
    for date, names in sorted(found.items()):
        day = np.datetime64(date, "D")
        if first <= day <= last:
            # Two holidays can fall on one day; each is one by itself.
            for name in names.split(holidays.HOLIDAY_NAME_DELIMITER):
                named.setdefault(name, []).append(day)
    return {name: np.array(days, dtype="datetime64[D]") for name, days in named.items()}


def with_holidays(
    drivers: Drivers | None, *, country: str, dates: Dates, frequency: Frequency
) -> Drivers:
    """Return *drivers* with one more: the share of each period's days that are public holidays.

    *dates* are the first days of D periods, history and future, without gaps. Drivers that have
    their own ``holiday``, such as a company's calendar, stay as they are.

    Raises:
        InvalidSelection: There is no calendar for such a country.
        KeyError: *drivers* have no value for one of the dates.
    """
    shares = _shares(country, dates, frequency)[:, None]
    if drivers is None:
        return Drivers((HOLIDAY,), dates, shares)
    if HOLIDAY in drivers.names:
        return drivers
    values = np.hstack([drivers.on(dates), shares])
    return Drivers((*drivers.names, HOLIDAY), dates, values)


def _shares(country: str, dates: Dates, frequency: Frequency) -> FloatArray:
    following = frequency.following(dates[-1], 1)[0]
    last = following - np.timedelta64(1, "D")
    named = public_holidays(country, dates[0], last)
    days = np.unique(np.concatenate([np.empty(0, "datetime64[D]"), *named.values()]))
    counts = np.bincount(np.searchsorted(dates, days, side="right") - 1, minlength=len(dates))
    lengths = np.diff(np.append(dates, following)).astype(np.int64)
    shares: FloatArray = counts / lengths
    return shares


def _own_language(country: str) -> str | None:
    # The library would also take names of its classes, but lineage should hold codes.
    try:
        check_country(country)
    except ValueError as error:
        raise InvalidSelection(
            parameter="country", found=repr(country), expected=COUNTRIES
        ) from error
    return holidays.country_holidays(country).default_language
