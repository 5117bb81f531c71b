"""Weeks and months that demand is read in."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.grain import grain_of, length_of, readable_between
from ml_jobs.panel import Frequency


def test_days_are_read_in_whole_weeks_from_monday_to_sunday() -> None:
    dates = Frequency.DAILY.calendar(np.datetime64("2024-01-03"), 20)  # a Wednesday

    found = readable_between(dates, Frequency.DAILY, 0, 40)

    assert found.begins.tolist() == [5, 12, 19, 26, 33]
    assert found.ends.tolist() == [12, 19, 26, 33, 40]
    assert found.dates[0] == np.datetime64("2024-01-08")


def test_a_week_that_has_begun_is_neither_past_nor_ahead() -> None:
    dates = Frequency.DAILY.calendar(np.datetime64("2024-01-01"), 17)  # ends on a Wednesday

    past = readable_between(dates, Frequency.DAILY, 0, 17)
    ahead = readable_between(dates, Frequency.DAILY, 17, 40)

    assert past.begins.tolist() == [0, 7]
    assert ahead.begins.tolist() == [21, 28]


@pytest.mark.parametrize(
    ("frequency", "grain"), [(Frequency.WEEKLY, "week"), (Frequency.MONTHLY, "month")]
)
def test_weeks_and_months_are_read_as_they_are(frequency: Frequency, grain: str) -> None:
    dates = frequency.calendar(np.datetime64("2024-01-01"), 5)

    found = readable_between(dates, frequency, 2, 7)

    assert grain_of(frequency) == grain
    assert length_of(frequency) == 1
    assert found.begins.tolist() == [2, 3, 4, 5, 6]
    assert found.dates.tolist() == frequency.calendar(dates[0], 7)[2:].tolist()


def test_a_calendar_too_short_for_a_week_has_none() -> None:
    dates = Frequency.DAILY.calendar(np.datetime64("2024-01-01"), 3)

    assert readable_between(dates, Frequency.DAILY, -700, 3).begins.size == 0
