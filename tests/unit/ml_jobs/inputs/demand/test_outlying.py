"""Days years away from nearly all others are found, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.inputs.demand.outlying import outlying
from ml_jobs.panel import Dates

pytestmark = pytest.mark.ml

YEAR = np.arange("2025-09-01", "2026-11-01", dtype="datetime64[D]")


def far_from(days: Dates, *others: str, rows: int = 1) -> list[str]:
    added = np.array(others, "datetime64[D]")
    every = np.union1d(days, added)
    counts = np.where(np.isin(every, added), rows, 1)
    return [str(day) for day in every[outlying(every, counts)]]


@pytest.mark.parametrize("typo", ["1986-01-05", "2015-09-03", "2023-01-01"])
def test_a_mistyped_year_before_all_others_is_far(typo: str) -> None:
    assert far_from(YEAR, typo) == [typo]


def test_a_mistyped_year_after_all_others_is_far() -> None:
    old = np.arange("2001-01-01", "2003-01-01", dtype="datetime64[D]")

    assert far_from(old, "2023-05-05") == ["2023-05-05"]


def test_mistyped_years_on_both_sides_are_far() -> None:
    assert far_from(YEAR - 9000, "1970-01-02", "2026-01-01") == ["1970-01-02", "2026-01-01"]


def test_two_mistyped_years_are_far() -> None:
    assert far_from(YEAR, "1986-01-05", "1996-01-05") == ["1986-01-05", "1996-01-05"]


def test_many_rows_are_not_far() -> None:
    assert far_from(YEAR, "1986-01-05", rows=50) == []


def test_days_a_year_apart_are_not_far() -> None:
    assert far_from(YEAR, "2024-08-01") == []


def test_rare_sales_of_a_long_history_are_not_far() -> None:
    rare = np.array(
        [f"{year}-05-05" for year in range(2001, 2026, 2)] + ["2026-01-01"], "datetime64[D]"
    )

    assert far_from(rare) == []
