"""The sentence that says why something is ordered, with its numbers."""

from __future__ import annotations

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.reading.extracts.order_reasons import order_reason

ENGLISH = ("period", "demands", "items")


def action(**columns: object) -> dict[str, object]:
    told = {"check_first": None, "check_observed": 3.0, "check_expected": 1.5, "assumed": ""}
    return {"tier": "late", "quantity": 12.0, **told, **columns}


def test_a_sentence_has_the_numbers_of_its_reason(registry: Registry) -> None:
    exception = {"reason_code": "outlier", "observed": 14, "expected": 0.79, "threshold": 3}

    said = order_reason(action(), exception, registry, "pt_BR", quantity=12.0)

    assert said.startswith("Atrasado. A demanda foi 14 un/período, onde se previa 0,79 un/período")


@pytest.mark.parametrize("kind", ["reason_codes", "check_reasons"])
def test_no_unit_is_english_in_portuguese(registry: Registry, kind: str) -> None:
    for code in getattr(registry, kind):
        reason = {"reason_code": code if kind == "reason_codes" else None}
        exception = {**reason, "observed": 3.0, "expected": 1.5, "threshold": 2.0}
        row = action(check_first=code if kind == "check_reasons" else None)

        said = order_reason(row, exception, registry, "pt_BR", quantity=12.0)

        assert not [word for word in ENGLISH if word in said], said


def test_what_is_assumed_is_named(registry: Registry) -> None:
    row = action(assumed="current_stock,criticality")

    said = order_reason(row, {"reason_code": None}, registry, "pt_BR", quantity=12.0)

    assert said == "Atrasado. Supostos: estoque atual, criticidade."


def test_a_quantity_that_was_changed_is_told_with_the_one_proposed(registry: Registry) -> None:
    said = order_reason(action(), {"reason_code": None}, registry, "en", quantity=20.0)

    assert said == "Quantity changed by hand; proposed: 12. Late."
