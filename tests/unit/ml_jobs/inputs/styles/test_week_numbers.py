"""Weeks written as a year and a number are never taken for months."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.styles.date_style import DateEvidence, date_evidence
from ml_jobs.inputs.styles.week_numbers import refuse_week_numbers
from ml_jobs.inputs.styles.written import WrittenColumn

pytestmark = pytest.mark.ml


def evidence(texts: list[str], column: str = "date") -> DateEvidence:
    rows = [1] * len(texts)
    return date_evidence([WrittenColumn("f.csv", column, texts, rows, lambda n: f"row {n + 1}")])


@given(
    last=st.integers(13, 53),
    form=st.sampled_from(["2026{:02}", "2026-{:02}", "2026/{}", "{:02}/2026", "{}.2026"]),
)
def test_numbers_above_twelve_are_weeks_and_refused(last: int, form: str) -> None:
    texts = [form.format(week) for week in range(1, last + 1)]

    with pytest.raises(InputError, match="a year and a week, since no month has such a number"):
        refuse_week_numbers(evidence([*texts, form.format(last).replace("2026", "2025")]), "f.csv")


@pytest.mark.parametrize("heading", ["Semana", "ano_semana", "ISO Week", "YearWeek", "KW"])
def test_a_heading_may_say_that_they_are_weeks(heading: str) -> None:
    with pytest.raises(InputError) as refused:
        refuse_week_numbers(evidence(["202601", "202602"], heading), "f.csv")

    assert str(refused.value) == (
        f"f.csv has 202601 as {heading} in row 1: a year and a week, as its heading says, and "
        "weeks are counted in several ways; write them as 2026-W07 (ISO 8601), or as one of their "
        "days"
    )


def test_one_slip_among_many_months_is_no_week() -> None:
    months = [f"{year}{month:02}" for year in range(2023, 2026) for month in range(1, 13)]

    refuse_week_numbers(evidence([*months, "202613"]), "f.csv")


@pytest.mark.parametrize("heading", ["year_month", "M\u00eas", "Compet\u00eancia"])
def test_months_are_no_weeks(heading: str) -> None:
    refuse_week_numbers(evidence(["202601", "202612"], heading), "f.csv")


def test_iso_weeks_are_read_under_any_heading() -> None:
    refuse_week_numbers(evidence(["2026-W01", "2026-W53"], "Semana"), "f.csv")
