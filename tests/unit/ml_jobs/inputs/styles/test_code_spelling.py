"""Codes that look the same are the same; codes that nobody can type are none."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datalayer.kernel.contract.registry import Registry
from ml_jobs.inputs.styles.code_spelling import case_twins, is_code, likeness, plain_code
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand
from tests.unit.ml_jobs.inputs.demand.test_returns import TODAY

pytestmark = pytest.mark.ml


@pytest.mark.parametrize(
    "text", ["Conexão 1/2", "Conexa\u0303o 1/2", " Conexão\u00a01/2 ", "Conexão\u202f1/2\u00a0"]
)
def test_what_looks_the_same_is_one_code(text: str) -> None:
    assert plain_code(text) == "Conexão 1/2"


@given(st.text())
def test_a_plain_code_stays_as_it_is(text: str) -> None:
    plain = plain_code(text)

    assert plain_code(plain) == plain
    assert plain_code(unicodedata.normalize("NFD", plain)) == plain


@pytest.mark.parametrize(
    "text",
    [
        "A\u200b1",
        "\ufeffA1",
        "A\x00",
        "A\x1f1",
        "A\n1",
        "..",
        ".",
        "A\u2028",
        "x" * 201,
        "#N/D",
        "#REF!",
    ],
)
def test_what_can_not_be_seen_or_addressed_is_no_code(text: str) -> None:
    assert not is_code(text)


@pytest.mark.parametrize(
    "text", ["00101", "A/1.5", "PE\u00c7A 7", "\u90e8\u54c1", "...", "x" * 200]
)
def test_what_planners_write_is_a_code(text: str) -> None:
    assert is_code(text)


def test_codes_that_differ_in_case_only_are_found() -> None:
    assert case_twins(["b", "Ab", "aB", "C"]) == [("Ab", "aB")]


@pytest.mark.parametrize(
    ("one", "other"), [("00101", "101"), ("sp", "SP"), ("AB-12 3", "ab123"), ("SÃO", "sao")]
)
def test_codes_that_may_mean_the_same_are_alike(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


def test_codes_of_several_cases_are_named_and_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "demand.csv"
    path.write_text("item_id,date,quantity\nab1,2026-01-05,1\nAB1,2026-01-05,1\nC,2026-01-05,1\n")

    rows = read_demand(path, today=TODAY)

    assert rows.items.values == ("AB1", "C", "ab1")
    assert rows.notes == (
        "1 item(s) are spelt in several letter cases, each counts by itself: 'AB1 and ab1'",
    )


@given(
    text=st.text(min_size=1)
    | st.text("A./\u0300 \u00ad\u034f\u200d\u3000\ufe0f\U000e0041", min_size=1)
)
@example(text="A/../B")
def test_the_contract_takes_every_code(text: str, registry: Registry) -> None:
    plain = plain_code(text)
    form = registry.data_sets["dim_item"].column("item_id").form
    assert form is not None

    assert not (plain and is_code(plain)) or form.fits(plain)
