"""Budgets of classes on the page of availability, and what a contract charges at a point."""

from __future__ import annotations

from html import unescape

import pytest

from datalayer.runtime import portal
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher, replace_column

BEYOND = 3
"""Steps of the list that the budget of their class pays for, of the four."""


def publish(
    publisher: Publisher,
    *,
    kind: str,
    amounts: dict[str, object],
    budget: float | None = None,
    within: int = BEYOND,
) -> None:
    """Publish a list of one class, of which its budget pays for the first steps."""
    tables = publisher.tables()
    steps = tables["fact_buy_list"]
    for name, values in (
        ("class_budget", [800.0 * within] * len(steps)),
        ("class_cumulative_cost", steps["cumulative_cost"].to_pylist()),
    ):
        steps = replace_column(steps, name, values)
    lineage = {
        "currency": "BRL",
        "settings": {"options": {"budget": budget}},
        "forecast": {"class_budgets": {"kind": kind, "amounts": amounts}},
    }
    publisher.publish(tables=tables | {"fact_buy_list": steps}, lineage=lineage)
    portal().activate(ADMIN, confirmed=True)


def told(open_page: OpenPage, locale: str = "en-US", **parameters: str) -> str:
    app = open_page("availability.py", locale=locale, **parameters)
    assert not app.exception
    return unescape(texts(app).replace("\\", ""))


def test_the_list_ends_with_the_budgets_of_its_classes_and_says_so(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, kind="criticality", amounts={"high": 2400.0, "low": 50.0})

    said = told(open_page)

    assert (
        "Budgets by criticality: High R$ 2,400; Low R$ 50. What goes beyond them isn't in this list"
    ) in said
    assert "All of this list costs R$ 2,400 and avoids" in said


def test_the_budget_of_the_run_is_spent_on_what_the_classes_leave(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, kind="category", amounts={"Brakes": 2400.0}, budget=1600.0)

    said = told(open_page)

    assert "Budgets by category: Brakes R$ 2,400." in said
    assert "R$ 1,600 buy" in said
    assert "for R$ 1,600" in said


def test_many_classes_are_told_by_the_first_of_them(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    amounts = {f"Class {n}": 100.0 * n for n in range(1, 8)}
    publish(publisher, kind="category", amounts=amounts)

    assert "Class 5 R$ 500; and 2 more. What goes" in told(open_page)


def test_where_no_class_has_money_nothing_is_said_to_be_missing(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, kind="category", amounts={"Brakes": 0.0}, within=0)

    said = told(open_page)

    assert "Nothing of the list for this place and contract is within the budgets by class." in said


@pytest.mark.parametrize("amounts", [{}, {"high": "many"}, {"high": True}])
def test_budgets_that_cannot_be_read_change_nothing(
    amounts: dict[str, object], state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, kind="criticality", amounts=amounts)

    said = told(open_page)

    assert "Budgets by" not in said
    assert "All of this list costs R$ 3,200" in said


def test_in_portuguese_classes_have_their_own_names(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, kind="criticality", amounts={"high": 2400.0})

    assert "Orçamentos por criticidade: Alta R$ 2.400. O que passa deles não está" in told(
        open_page, "pt-BR"
    )


def test_a_point_says_what_the_contract_charges_a_month(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    curve = tables["agg_availability"]
    publisher.publish(tables=tables, lineage={"currency": "BRL"})
    portal().activate(ADMIN, confirmed=True)
    app = open_page("availability.py", locale="en-US", point="0")

    (point,) = (
        each.proto.body for each in app.main.get("html") if "farol-point" in each.proto.body
    )

    row = curve.to_pylist()[0]
    assert f"Penalties a month on average</dt><dd>R$ {row['penalty_cost']:,.0f}</dd>" in point


def test_a_contract_without_a_price_has_no_such_figure(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = publisher.tables()
    curve = tables["agg_availability"]
    free = replace_column(curve, "penalty_cost", [None] * len(curve))
    publisher.publish(tables=tables | {"agg_availability": free}, lineage={"currency": "BRL"})
    portal().activate(ADMIN, confirmed=True)
    app = open_page("availability.py", locale="en-US", point="0")

    assert "Penalties" not in "".join(each.proto.body for each in app.main.get("html"))
