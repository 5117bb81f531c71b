"""The way in which a file writes its dates is decided from all of them, or the file refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.styles.date_style import DateEvidence, DateStyle, date_evidence, date_style
from ml_jobs.inputs.styles.written import WrittenColumn
from ml_jobs.inputs.styles.written_dates import split_clock

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 21)


def evidence(texts: Sequence[str], file: str = "f.csv") -> DateEvidence:
    rows = [1] * len(texts)
    return date_evidence(
        [WrittenColumn(file, "date", texts, rows, lambda number: f"row {number + 1}")]
    )


def style_of(
    *texts: str,
    reading: ReadingOptions = AS_FOUND,
    brazilian: bool = False,
    today: date | None = TODAY,
) -> DateStyle:
    found = evidence(texts)
    return date_style(found, reading, brazilian=brazilian, today=today, file="f.csv")


def day_in(style: DateStyle, text: str) -> str | None:
    day = style.day(split_clock(text)[0])
    return None if day is None else day.isoformat()


def read(
    *texts: str, reading: ReadingOptions = AS_FOUND, brazilian: bool = False
) -> list[str | None]:
    style = style_of(*texts, reading=reading, brazilian=brazilian)
    return [day_in(style, text) for text in texts]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-05", "2026-01-05"),
        ("2026/1/5", "2026-01-05"),
        ("2026.01.05", "2026-01-05"),
        ("20260105", "2026-01-05"),
        ("2026-01-05T08:30:00Z", "2026-01-05"),
        ("2026-01-05 8:30", "2026-01-05"),
        ("25/1/2026", "2026-01-25"),
        ("25-01-2026", "2026-01-25"),
        ("25.01.2026", "2026-01-25"),
        ("5.1.2026", "2026-01-05"),
        ("25012026", "2026-01-25"),
        ("1/25/2026 8:30 PM", "2026-01-25"),
        ("25/01/99", "1999-01-25"),
        ("15-fev-2026", "2026-02-15"),
        ("15/FEV/26", "2026-02-15"),
        ("15 de março de 2026", "2026-03-15"),
        ("15-Sep-2026", "2026-09-15"),
        ("Sept 2026", "2026-09-01"),
        ("segunda-feira, 3 de agosto de 2026", "2026-08-03"),
        ("S\u00e1b 25/07/2026", "2026-07-25"),
        ("Thursday, August 6, 2026", "2026-08-06"),
        ("Mon, 03 Aug 2026 00:00:00 GMT", "2026-08-03"),
        ("Sep 15, 2026", "2026-09-15"),
        ("jan/2026", "2026-01-01"),
        ("dez-25", "2025-12-01"),
        ("2026-01", "2026-01-01"),
        ("01.2026", "2026-01-01"),
        ("01/2026", "2026-01-01"),
        ("202601", "2026-01-01"),
        ("2026-W07", "2026-02-09"),
        ("2026W07", "2026-02-09"),
        ("2026-W07-3", "2026-02-11"),
        ("45992", "2025-12-01"),
        ("45992.5", "2025-12-01"),
        ("45992,5", "2025-12-01"),
        ("1/25/2026, 8:30", "2026-01-25"),
    ],
)
def test_a_date_that_can_be_read_in_one_way_only_is_read_so(text: str, day: str) -> None:
    assert read(text) == [day]


@pytest.mark.parametrize(
    "text",
    ["", "soon", "31/02/2026", "2026-02-30", "2026-13-01", "2026-W54", "15-foo-2026", "1234", "٣"],
)
def test_what_is_no_date_in_any_way_is_none(text: str) -> None:
    assert read(text) == [None]


def test_one_day_above_12_decides_for_the_whole_file() -> None:
    assert read("05/01/2026", "25/01/2026") == ["2026-01-05", "2026-01-25"]
    assert read("05/01/2026", "01/25/2026") == ["2026-05-01", "2026-01-25"]


def test_dates_that_contradict_each_other_are_refused_with_both() -> None:
    with pytest.raises(InputError, match=r"25/01/2026 as date in row 1.* 01/25/2026 .* in row 2"):
        read("25/01/2026", "01/25/2026")


def test_dates_that_can_be_read_in_two_ways_are_refused_with_both_and_the_options() -> None:
    with pytest.raises(InputError) as refused:
        read("05/05/2026", "05/01/2026")

    assert str(refused.value) == (
        "f.csv has 05/01/2026 as date in row 2, which is 2026-01-05 with the day first and "
        "2026-05-01 with the month first, and its dates don't tell which; say --dates day-first "
        "or --dates month-first"
    )


def test_twelve_first_days_of_one_year_may_be_twelve_days_of_january() -> None:
    with pytest.raises(InputError, match="--dates day-first"):
        read(*(f"01/{month:02}/2025" for month in range(1, 13)))


def test_the_option_settles_the_order() -> None:
    assert read("05/01/2026", reading=ReadingOptions(dates="day-first")) == ["2026-01-05"]
    assert read("05/01/2026", reading=ReadingOptions(dates="month-first")) == ["2026-05-01"]


def test_a_date_that_the_option_makes_no_sense_of_is_none() -> None:
    assert read("25/01/2026", reading=ReadingOptions(dates="month-first")) == [None]


def test_cells_and_numbers_written_as_in_brazil_have_the_day_first() -> None:
    assert read("05/01/2026", brazilian=True) == ["2026-01-05"]


def test_months_that_come_out_regular_in_one_order_decide_for_it() -> None:
    months = [f"{month:02}/01/{year}" for year in (2024, 2025) for month in range(1, 13)]

    assert read(*months)[:2] == ["2024-01-01", "2024-02-01"]


def test_rows_in_the_future_decide_for_the_other_order() -> None:
    texts = ["01/02/2026", "02/12/2026", "03/12/2026"]

    assert read(*texts) == ["2026-01-02", "2026-02-12", "2026-03-12"]


def test_a_future_that_the_file_may_name_decides_nothing() -> None:
    with pytest.raises(InputError, match="--dates"):
        style_of("01/02/2026", "02/12/2026", "03/12/2026", today=None)


def test_dates_that_a_spreadsheet_exchanged_day_and_month_of_are_refused() -> None:
    whole = [f"2026-{month:02}-03" for month in range(1, 5)]
    texts = [f"{day}/03/2026" for day in range(13, 17)]

    with pytest.raises(InputError, match="day and month were exchanged"):
        read(*whole, *texts)


def test_dates_of_two_forms_are_read_where_nothing_was_exchanged() -> None:
    assert read("2026-01-25", "25/01/2026", "26/01/2026", "05/01/2026")[3] == "2026-01-05"


def test_two_digits_of_a_year_may_come_first() -> None:
    with pytest.raises(InputError, match="2025-01-26 with the year first"):
        read("25/01/26")


def test_a_month_among_days_is_no_date() -> None:
    assert read("2026-01-05", "2026-01-06", "2026-01") == ["2026-01-05", "2026-01-06", None]


def test_a_number_among_dates_is_no_date() -> None:
    assert read("2026-01-05", "45992") == ["2026-01-05", None]


def test_files_of_a_folder_share_their_evidence() -> None:
    both = evidence(["05/01/2026"], "a.csv") | evidence(["25/01/2026"], "b.csv")

    style = date_style(both, AS_FOUND, brazilian=False, today=TODAY, file="folder")

    assert day_in(style, "05/01/2026") == "2026-01-05"
    assert style.evidence == "with the day first, as in 25/01/2026 (date, row 1 of b.csv)"


MONTHS = ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"]
WRITERS: Mapping[str, Callable[[date], str]] = {
    "ISO": lambda day: day.isoformat(),
    "slashes": lambda day: f"{day:%Y/%m/%d}",
    "compact": lambda day: f"{day:%Y%m%d}",
    "day first": lambda day: f"{day:%d/%m/%Y}",
    "day first, short": lambda day: f"{day.day}/{day.month}/{day.year}",
    "day first, two digits": lambda day: f"{day:%d/%m/%y}",
    "day first, points": lambda day: f"{day:%d.%m.%Y}",
    "day first, hyphens": lambda day: f"{day:%d-%m-%Y}",
    "day first, compact": lambda day: f"{day:%d%m%Y}",
    "month first": lambda day: f"{day:%m/%d/%Y}",
    "month first, short": lambda day: f"{day.month}/{day.day}/{day.year}",
    "month first, two digits": lambda day: f"{day:%m/%d/%y}",
    "with a time": lambda day: f"{day:%d/%m/%Y 07:15:00}",
    "serial": lambda day: str((day - date(1899, 12, 30)).days),
    "Portuguese": lambda day: f"{day.day}-{MONTHS[day.month - 1]}-{day.year}",
}


@settings(max_examples=200, deadline=None)
@given(
    writer=st.sampled_from(sorted(WRITERS)),
    first=st.dates(date(1990, 1, 1), date(2026, 6, 1)),
    steps=st.lists(st.integers(0, 700), min_size=1, max_size=20),
)
def test_dates_of_any_usual_way_of_writing_are_read_as_they_are_or_refused(
    writer: str, first: date, steps: list[int]
) -> None:
    days = [min(first + timedelta(days=step), TODAY) for step in steps]
    texts = [WRITERS[writer](day) for day in days]

    try:
        style = style_of(*texts)
    except InputError as refusal:
        assert "--dates" in str(refusal)  # noqa: PT017 - either outcome is right
        return

    assert [day_in(style, text) for text in texts] == [day.isoformat() for day in days]
