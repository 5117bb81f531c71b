"""Files beside the demand must be about the same parts and places, spelt alike."""

from __future__ import annotations

import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.matching import spelt_otherwise

pytestmark = pytest.mark.ml


def test_a_file_that_matches_is_passed_in_silence() -> None:
    assert spelt_otherwise("stock.csv", "item", {"A", "B", "X"}, {"A", "B", "C"}) == ()


def test_a_few_codes_that_are_spelt_otherwise_are_named() -> None:
    codes = {"A1", "B1", "c1", "0D1"}

    (note,) = spelt_otherwise("stock.csv", "item", codes, {"A1", "B1", "C1", "D1"})

    assert note == (
        "stock.csv has 2 item(s) that match the demand but for spelling: "
        "'0D1' may be 'D1', 'c1' may be 'C1'"
    )


@pytest.mark.parametrize(
    ("codes", "demand", "pair"),
    [
        ({"101", "102"}, {"00101", "00102"}, "'101' may be '00101'"),
        ({"sp", "rj"}, {"SP", "RJ"}, "'rj' may be 'RJ'"),
        ({"AB-1", "AB-2", "C"}, {"AB 1", "AB 2", "C"}, "'AB-1' may be 'AB 1'"),
    ],
)
def test_a_file_that_is_spelt_otherwise_is_refused_with_the_near_codes(
    codes: set[str], demand: set[str], pair: str
) -> None:
    with pytest.raises(InputError, match=pair):
        spelt_otherwise("stock.csv", "item", codes, demand)


def test_a_file_of_other_parts_is_refused_with_samples_of_both() -> None:
    codes = {f"X{n}" for n in range(20)} | {"A0"}

    with pytest.raises(InputError) as refused:
        spelt_otherwise("stock.csv", "item", codes, {f"A{n}" for n in range(20)})

    said = str(refused.value)
    assert said.startswith("stock.csv has 21 item(s), 1 among the 20 of the demand; it has 'X0'")
    assert "the demand 'A1'" in said


def test_a_file_of_many_more_parts_than_were_asked_for_matches() -> None:
    assert spelt_otherwise("items.csv", "item", {f"A{n}" for n in range(900)}, {"A3", "A5"}) == ()
