"""Budgets of classes beside the buy list: each step knows its own, and its class' cost so far."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ml_jobs.class_budgets import ClassBudgets, with_class_budgets

pytestmark = pytest.mark.ml

ITEMS = pa.table({"item_id": ["P1", "P2", "P3"], "category": ["Brakes", "Filters", None]})
BOUGHT = pa.table(
    {
        "rank": [1, 2, 3, 4],
        "item_id": ["P1", "P2", "P1", "P3"],
        "cost": [10.0, 7.0, 0.1, 5.0],
        "contract_id": ["A"] * 4,
        "source": ["mean"] * 4,
    }
)


def columns(budgets: ClassBudgets | None) -> list[list[float | None]]:
    found = with_class_budgets(BOUGHT, ITEMS, budgets)
    return [found.column(name).to_pylist() for name in ("class_budget", "class_cumulative_cost")]


def test_a_step_has_the_budget_of_its_class_and_what_that_costs_so_far() -> None:
    budgets = ClassBudgets("category", {"Brakes": 10.05})

    assert columns(budgets) == [[10.05, None, 10.05, None], [10.0, None, 10.1, None]]


def test_classes_have_sums_of_their_own() -> None:
    budgets = ClassBudgets("category", {"Brakes": 100.0, "Filters": 0.0})

    assert columns(budgets) == [[100.0, 0.0, 100.0, None], [10.0, 7.0, 10.1, None]]


def test_without_budgets_no_step_has_one_and_the_list_is_the_same() -> None:
    found = with_class_budgets(BOUGHT, ITEMS, None)

    assert columns(None) == [[None] * 4, [None] * 4]
    assert found.select(BOUGHT.column_names).equals(BOUGHT)


def test_an_empty_list_stays_one() -> None:
    found = with_class_budgets(BOUGHT.slice(0, 0), ITEMS, ClassBudgets("category", {"Brakes": 1.0}))

    assert found.num_rows == 0
    assert found.schema.field("class_budget").type == pa.float64()
