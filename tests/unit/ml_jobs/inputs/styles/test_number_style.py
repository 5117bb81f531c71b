"""The way in which a file writes its numbers is decided from all of them, or the file refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.errors import InputError
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.styles.number_style import (
    NumberEvidence,
    Surroundings,
    number_evidence,
    number_style,
)
from ml_jobs.inputs.styles.written import WrittenColumn

pytestmark = pytest.mark.ml

SEMICOLONS, COMMAS = Surroundings(";"), Surroundings(",")


def evidence(
    columns: Mapping[str, Sequence[str]], reading: ReadingOptions = AS_FOUND, file: str = "f.csv"
) -> NumberEvidence:
    written = [
        WrittenColumn(file, column, texts, [1] * len(texts), lambda number: f"row {number + 1}")
        for column, texts in columns.items()
    ]
    return number_evidence(written, reading)


def read(
    *texts: str,
    around: Surroundings = COMMAS,
    reading: ReadingOptions = AS_FOUND,
    **others: Sequence[str],
) -> list[float]:
    """Read *texts* as the column ``quantity``, beside *others*."""
    found = evidence({"quantity": texts, **others}, reading)
    style = number_style(found, reading, around, file="f.csv")
    return [style.marks.value(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("0.500", 0.5),
        ("0,500", 0.5),
        ("1.234.567", 1_234_567),
        ("1,234,567", 1_234_567),
        ("1.234,5", 1234.5),
        ("1,234.50", 1234.5),
        ("1500.250", 1500.25),
        ("12.5000", 12.5),
        (".5", 0.5),
        ("1 500", 1500),
        ("1\u00a0500,25", 1500.25),
        ("1\u202f500", 1500),
        ("1\u2009234\u2009567", 1_234_567),
        ("1'500.5", 1500.5),
        ("1’500", 1500),
        ("12-", -12),
        ("(12)", -12),
        ("-12", -12),
        ("\u221212", -12),
        ("+12", 12),
        ("R$ 1.234,50", 1234.5),
        ("-R$ 3,5", -3.5),
        ("1e3", 1000),
        ("1,5E+03", 1500),
    ],
)
def test_a_number_that_can_be_read_in_one_way_only_is_read_so(text: str, value: float) -> None:
    assert read(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "--3",
        "(3",
        "3)",
        "-3-",
        "1.5.5",
        "1.23.456",
        "1 5",
        "1_000",
        "5 %",
        "abc",
        "٣",
        "$ 5",
    ],
)
def test_what_is_no_number_in_any_way_is_none(text: str) -> None:
    assert np.isnan(read(text)).all()


def test_points_part_thousands_where_small_numbers_have_none_in_a_file_of_semicolons() -> None:
    assert read("2.500", "500", around=SEMICOLONS) == [2500, 500]


def test_commas_part_thousands_where_small_numbers_have_none_in_a_file_of_commas() -> None:
    assert read("2,500", "500", around=COMMAS) == [2500, 500]


def test_a_number_of_another_column_decides_for_the_file() -> None:
    assert read("1.500", "2.750", cost=["12,50"]) == [1500, 2750]


def test_three_decimals_throughout_are_decimals_where_one_is_sure() -> None:
    assert read("1.500", "0.250", "12.375") == [1.5, 0.25, 12.375]


@pytest.mark.parametrize(
    ("texts", "around"),
    [
        (["2.500", "500"], COMMAS),
        (["2,500", "500"], SEMICOLONS),
        (["1.500", "2.250"], SEMICOLONS),
        (["1,500", "2,250"], COMMAS),
        (["1.500", "1,500"], SEMICOLONS),
        (["2.500", "500", "1500"], SEMICOLONS),
        (["1.234", "500"], SEMICOLONS),
        (["2,500", "500"], Surroundings(",", day_first=True)),
        (["2.500", "500"], Surroundings(";", day_first=False)),
    ],
)
def test_numbers_that_can_be_read_in_two_ways_are_refused(
    texts: list[str], around: Surroundings
) -> None:
    with pytest.raises(InputError, match=r"parts thousands, .* --thousands . or --decimal ."):
        read(*texts, around=around)


def test_a_refusal_names_a_row_both_readings_and_the_options() -> None:
    with pytest.raises(InputError) as refused:
        read("7", "1.500", around=COMMAS)

    assert str(refused.value) == (
        "f.csv has 1.500 as quantity in row 2: 1500 if the point parts thousands, 1.5 if it is the "
        "decimal mark, and nothing else in it tells which; say --thousands . or --decimal ."
    )


def test_rows_that_contradict_each_other_are_refused_with_both() -> None:
    with pytest.raises(InputError, match=r"1\.5 as quantity in row 1.* 2,5 as quantity in row 2"):
        read("1.5", "2,5")


@pytest.mark.parametrize("beside", ["500", "12.5"])
def test_a_rounded_number_beside_one_without_three_decimals_is_refused(beside: str) -> None:
    with pytest.raises(InputError, match=rf"2\.500 as quantity in row 1 beside {beside} in row 2"):
        read("2.500", beside, cost=["12.50"])


@pytest.mark.parametrize(
    ("reading", "values"),
    [
        (ReadingOptions(decimal="."), [1.5, 1500]),
        (ReadingOptions(decimal=","), [1500, 1.5]),
        (ReadingOptions(thousands="."), [1500, 1.5]),
        (ReadingOptions(thousands=","), [1.5, 1500]),
        (ReadingOptions(decimal=".", thousands="none"), [1.5, float("nan")]),
        (ReadingOptions(decimal=".", thousands="space"), [1.5, float("nan")]),
    ],
)
def test_the_options_settle_how_numbers_are_read(
    reading: ReadingOptions, values: list[float]
) -> None:
    np.testing.assert_array_equal(read("1.500", "1,500", reading=reading), values)


def test_one_mark_for_both_purposes_is_refused() -> None:
    with pytest.raises(InvalidSelection, match="another mark than decimal"):
        read("1", reading=ReadingOptions(decimal=".", thousands="."))


def test_files_of_a_folder_share_their_evidence() -> None:
    both = evidence({"q": ["1.500"]}, file="a.csv") | evidence({"q": ["1,5"]}, file="b.csv")

    style = number_style(both, AS_FOUND, COMMAS, file="folder")

    assert style.marks.value("1.500") == 1500
    assert style.evidence == "with a decimal comma, as in 1,5 (q, row 1 of b.csv)"


def grouped(number: str, mark: str) -> str:
    whole, point, decimals = number.partition(".")
    return f"{int(whole):,}".replace(",", mark) + point + decimals


def swapped(text: str) -> str:
    return text.translate(str.maketrans(".,", ",."))


# Every writer of a column takes thousandths, so that values are the same whoever writes them.
WRITERS: Mapping[str, Callable[[int], str]] = {
    "as few decimals as needed": lambda n: f"{n / 1000:.3f}".rstrip("0").rstrip("."),
    "always three decimals": lambda n: f"{n / 1000:.3f}",
    "always two decimals": lambda n: f"{n // 10 / 100:.2f}",
    "whole numbers": lambda n: str(n // 1000),
    "grouped, three decimals": lambda n: grouped(f"{n / 1000:.3f}", ","),
    "grouped, two decimals": lambda n: grouped(f"{n // 10 / 100:.2f}", ","),
    "grouped, whole": lambda n: grouped(str(n // 1000), ","),
    "grouped, as few as needed": lambda n: grouped(f"{n / 1000:.3f}".rstrip("0").rstrip("."), ","),
    "blanks, two decimals": lambda n: grouped(f"{n // 10 / 100:.2f}", "\u00a0"),
    "apostrophes, whole": lambda n: grouped(str(n // 1000), "'"),
}
TRUE: Mapping[str, Callable[[int], float]] = {
    name: (
        (lambda n: float(n // 1000))
        if "whole" in name
        else (lambda n: n // 10 / 100)
        if "two" in name
        else (lambda n: n / 1000)
    )
    for name in WRITERS
}


@settings(max_examples=300, deadline=None)
@given(
    writers=st.lists(st.sampled_from(sorted(WRITERS)), min_size=1, max_size=2),
    comma=st.booleans(),
    numbers=st.lists(st.integers(0, 3_000_000), min_size=1, max_size=12),
    delimiter=st.sampled_from([";", ",", "\t", None]),
)
def test_numbers_of_any_usual_way_of_writing_are_read_as_they_are_or_refused(
    writers: list[str], comma: bool, numbers: list[int], delimiter: str | None
) -> None:
    around = Surroundings(delimiter)
    columns = {}
    for writer, number in zip(writers, count()):
        written = [WRITERS[writer](n) for n in numbers]
        columns[f"{writer} {number}"] = [swapped(t) if comma else t for t in written]

    try:
        style = number_style(evidence(columns), AS_FOUND, around, file="f.csv")
    except InputError as refusal:
        assert "--decimal" in str(refusal)  # noqa: PT017 - either outcome is right
        return

    for writer, (_, texts) in zip(writers, columns.items(), strict=True):
        true = [TRUE[writer](n) for n in numbers]
        np.testing.assert_allclose([style.marks.value(text) for text in texts], true)
