"""The sentence that says why something is ordered, with its numbers, on pages and in files."""

from __future__ import annotations

from datetime import date

import pytest

from datalayer.kernel.contract.registry import Language, Registry
from datalayer.reading.order_reasons import chance, order_reason, short_why

AS_OF = date(2026, 11, 23)
ENGLISH = ("period", "demands", "items", "unit", "day", "share")


def card(**columns: object) -> dict[str, object]:
    check = {"check_first": None, "check_observed": 3.0, "check_expected": 1.5, "checks": 1}
    why = {"runs_out": None, "as_of": AS_OF, "stockout_probability": None}
    return {"quantity": 12.0, **check, **why, **columns}


@pytest.mark.parametrize(
    ("language", "runs_out", "said"),
    [
        ("pt_BR", None, "no ponto de pedido"),
        ("pt_BR", AS_OF, "já acabou"),
        ("pt_BR", date(2026, 12, 10), "acaba qui 10/12"),
        ("en", None, "down to the reorder point"),
        ("en", AS_OF, "has run out"),
        ("en", date(2026, 12, 10), "runs out Thu 10 Dec"),
        ("en", date(2027, 12, 10), "runs out Fri 10 Dec 2027"),
    ],
)
def test_it_says_whether_stock_has_run_out_or_when_it_will(
    language: Language, runs_out: date | None, said: str
) -> None:
    assert short_why(card(runs_out=runs_out), language) == said


def test_the_chance_of_a_shortage_stands_with_it() -> None:
    row = card(stockout_probability=0.9)

    assert short_why(row, "en") == "down to the reorder point, chance of a shortage 9 in 10"
    assert short_why(row, "pt_BR") == "no ponto de pedido; chance de faltar: 9 em 10"


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.001, "less than 1 in 100"), (0.02, "2 in 100"), (0.5, "5 in 10"), (1.0, "more than 99 in")],
)
def test_chances_are_counts(probability: float, said: str) -> None:
    assert chance(probability, "en").startswith(said)


def test_what_is_to_be_checked_has_its_numbers_with_their_units(registry: Registry) -> None:
    row = card(check_first="above_a_year", check_observed=30.0, check_expected=12.0, checks=3)

    said = order_reason(row, registry, "pt_BR", quantity=12.0)

    assert said == (
        "No ponto de pedido. Confira antes: um pedido de 30 unidades é mais que o uso do último "
        "ano, 12 unidades; e mais 2 motivos."
    )


def test_no_unit_is_english_in_portuguese(registry: Registry) -> None:
    for code in registry.check_reasons:
        said = order_reason(card(check_first=code), registry, "pt_BR", quantity=12.0)

        assert not [word for word in ENGLISH if f" {word}" in said], said


def test_a_quantity_that_was_changed_is_told_with_the_one_proposed(registry: Registry) -> None:
    said = order_reason(card(), registry, "en", quantity=20.0)

    assert said == "Quantity changed by hand; proposed: 12. Down to the reorder point."
