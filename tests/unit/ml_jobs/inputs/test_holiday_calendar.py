"""Public holidays as a driver of demand."""

from __future__ import annotations

import numpy as np
import pytest

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.inputs.holiday_calendar import HOLIDAY, public_holidays, with_holidays
from ml_jobs.panel import Drivers, Frequency

pytestmark = pytest.mark.ml


def days(first: str, last: str) -> np.ndarray:
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)


def test_each_holiday_has_its_days_by_name() -> None:
    named = public_holidays("BR", np.datetime64("2023-01-01"), np.datetime64("2024-12-31"))

    assert named["Independência do Brasil"].astype(str).tolist() == ["2023-09-07", "2024-09-07"]


def test_days_outside_the_time_asked_for_are_left_out() -> None:
    named = public_holidays("BR", np.datetime64("2024-09-08"), np.datetime64("2024-10-11"))

    assert named == {}


def test_names_do_not_follow_the_locale_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = np.datetime64("2024-01-01"), np.datetime64("2024-12-31")
    before = list(public_holidays("BR", first, last))

    monkeypatch.setenv("LANGUAGE", "en_US")

    assert list(public_holidays("BR", first, last)) == before


def test_a_day_is_a_holiday_whole_or_not_at_all() -> None:
    dates = days("2024-12-23", "2024-12-26")

    drivers = with_holidays(None, country="BR", dates=dates, frequency=Frequency.DAILY)

    assert drivers.names == (HOLIDAY,)
    assert drivers.on(dates)[:, 0].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_a_week_counts_the_share_of_its_days() -> None:
    dates = Frequency.WEEKLY.calendar(np.datetime64("2024-12-16"), 3)

    drivers = with_holidays(None, country="BR", dates=dates, frequency=Frequency.WEEKLY)

    # Christmas lies in the second week; New Year's Day, a Wednesday, in the third.
    np.testing.assert_allclose(drivers.values[:, 0], [0.0, 1 / 7, 1 / 7])


def test_a_month_counts_the_share_of_its_days() -> None:
    dates = Frequency.MONTHLY.calendar(np.datetime64("2023-02-01"), 3)

    drivers = with_holidays(None, country="BR", dates=dates, frequency=Frequency.MONTHLY)

    # Good Friday and Tiradentes, both in April; Carnival is no public holiday.
    np.testing.assert_allclose(drivers.values[:, 0], [0.0, 0.0, 2 / 30])


def test_holidays_join_the_drivers_of_a_file() -> None:
    dates = days("2024-12-24", "2024-12-26")
    price = Drivers(("price",), days("2024-12-01", "2024-12-31"), np.arange(31.0)[:, None])

    drivers = with_holidays(price, country="BR", dates=dates, frequency=Frequency.DAILY)

    assert drivers.names == ("price", HOLIDAY)
    np.testing.assert_array_equal(drivers.on(dates), [[23, 0], [24, 1], [25, 0]])


def test_a_company_calendar_goes_before_the_countrys() -> None:
    dates = days("2024-12-24", "2024-12-26")
    own = Drivers((HOLIDAY,), dates, np.ones((3, 1)))

    drivers = with_holidays(own, country="BR", dates=dates, frequency=Frequency.DAILY)

    assert drivers == own


@pytest.mark.parametrize("country", ["XX", "Brazil", "br", ""])
def test_an_unknown_country_is_refused_with_the_form_of_a_code(country: str) -> None:
    dates = days("2024-01-01", "2024-01-02")

    with pytest.raises(InvalidSelection, match=f"country is '{country}'.*ISO 3166.*BR"):
        with_holidays(None, country=country, dates=dates, frequency=Frequency.DAILY)
