"""Days, weeks or months: judged from nearly all rows, and the others are named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.inputs.styles.rhythm import Rhythm, rhythm_of
from ml_jobs.panel import Dates, Frequency

pytestmark = pytest.mark.ml

MONTHS = np.arange("2023-01", "2026-11", dtype="datetime64[M]")
FIRSTS = MONTHS.astype("datetime64[D]")
LASTS = (MONTHS + 1).astype("datetime64[D]") - 1


def rhythm(days: Dates, *, rows: int = 4, astray: tuple[str, ...] = ()) -> Rhythm:
    """The rhythm of *days* with so many rows each, and one row on each day *astray*."""
    every = np.union1d(days, np.array(astray, "datetime64[D]"))
    return rhythm_of(every, np.where(np.isin(every, days), rows, 1))


@pytest.mark.parametrize(
    ("days", "stamp"),
    [
        (FIRSTS, "the first day of the month"),
        (LASTS, "the last day of the month"),
        (FIRSTS + 14, "day 15 of the month"),
        (np.minimum(FIRSTS + 29, LASTS), "day 30 of the month"),
        (np.busday_offset(FIRSTS, 0, "forward"), "the first working day of the month"),
        (np.busday_offset(LASTS, 0, "backward"), "the last working day of the month"),
    ],
)
def test_months_are_known_by_any_day_that_names_them(days: Dates, stamp: str) -> None:
    found = rhythm(days)

    assert (found.frequency, found.stamp, found.strays) == (Frequency.MONTHLY, stamp, None)


@pytest.mark.parametrize("weekday", range(7))
def test_weeks_are_known_by_any_weekday(weekday: int) -> None:
    days = np.arange("2024-01-01", "2025-12-31", 7, dtype="datetime64[D]") + weekday

    assert rhythm(days).frequency is Frequency.WEEKLY


def test_days_are_days() -> None:
    days = np.arange("2024-01-01", "2025-12-31", dtype="datetime64[D]")

    assert rhythm(days).frequency is Frequency.DAILY


def test_a_few_other_days_do_not_change_the_rhythm_and_are_named() -> None:
    found = rhythm(FIRSTS, astray=("2024-03-02",))

    assert found.frequency is Frequency.MONTHLY
    (note,) = found.notes()
    assert note.startswith("1 row(s) stand on 1 other day(s) than the first day of the month")
    assert note.endswith("such as 2024-03-02; each is counted in its month")


def test_many_other_days_are_days() -> None:
    assert rhythm(FIRSTS, astray=("2024-03-02", "2024-05-07", "2025-01-09")).stamp == ""


def test_many_rows_on_one_other_day_are_days() -> None:
    days = np.union1d(FIRSTS, np.array(["2024-03-02"], "datetime64[D]"))

    assert rhythm_of(days, np.where(days == np.datetime64("2024-03-02"), 40, 4)).stamp == ""


def test_periods_that_are_not_named_by_their_first_day_are_said() -> None:
    (note,) = rhythm(LASTS).notes()

    assert "the last day of the month, so they are read as months" in note


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(0, 1000), min_size=60))
def test_days_taken_by_chance_are_days(places: set[int]) -> None:
    days = np.datetime64("2023-01-01") + np.array(sorted(places))

    assert rhythm(days).frequency is Frequency.DAILY
