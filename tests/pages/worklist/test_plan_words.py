"""What the data lacks, since when, and how an order goes together with one that is deferred."""

from __future__ import annotations

from datetime import date

import pytest

from datalayer.kernel.contract.registry import Registry
from pages.components.worklist import action_words, plan_words
from tests.pages.speaking import speaking
from tests.pages.worklist.test_action_words import AS_OF, OPEN_ORDER, card

CHECK_DATA = {"action": "check", "tier": "check_data", "quantity": None}
KNOWN = {"current_stock": 5.0, "lead_time_days": 18.0, "service_level": 0.95}


def both(row: dict[str, object], registry: Registry) -> list[str]:
    """Return what a row says in English and in Portuguese."""
    said = []
    for language in ("en", "pt_BR"):
        with speaking(language):
            said.append(f"{action_words.headline(row)} | {action_words.why(row, registry)}")
    return said


@pytest.mark.parametrize(
    ("lacking", "english", "portuguese"),
    [
        (
            {"current_stock": None},
            (
                "Check the data: no stock | It was used, but the data of Fri 27 Nov has no stock: "
                "without it no order is proposed."
            ),
            (
                "Conferir os dados: sem estoque | Foi usada, mas nos dados de sex 27/11 falta: "
                "estoque. Sem isso nenhum pedido é proposto."
            ),
        ),
        (
            {"lead_time_days": None, "service_level": None, "as_of": None},
            (
                "Check the data: no lead time, service level | It was used, but the data has no "
                "lead time, service level: without it no order is proposed."
            ),
            (
                "Conferir os dados: sem prazo de entrega, nível de serviço | Foi usada, mas nos "
                "dados falta: prazo de entrega, nível de serviço. Sem isso nenhum pedido é "
                "proposto."
            ),
        ),
    ],
)
def test_a_row_says_which_figure_the_data_lacks(
    registry: Registry, lacking: dict[str, object], english: str, portuguese: str
) -> None:
    row = card(**{**CHECK_DATA, **KNOWN, **lacking})

    assert both(row, registry) == [english, portuguese]


def test_a_history_that_is_short_is_said_with_its_length_and_its_beginning(
    registry: Registry,
) -> None:
    row = card(
        **CHECK_DATA,
        **KNOWN,
        reason_code="thin_history",
        reason_observed=9.0,
        reason_expected=10.0,
        reason_since=date(2026, 10, 5),
    )

    english, portuguese = both(row, registry)

    assert english.startswith("Check the data: short history | The history holds 9 demands")
    assert english.endswith("Since Mon 5 Oct.")
    assert portuguese.startswith("Conferir os dados: histórico curto | O histórico tem 9 demandas")
    assert portuguese.endswith("Desde seg 05/10.")


def test_an_order_is_said_to_be_for_later_than_one_that_is_to_be_deferred(
    registry: Registry,
) -> None:
    row = card(
        beside_ref="4500001/10", beside_quantity=20.0, beside_day=date(2026, 12, 20), ref="-"
    )

    english, portuguese = both(row, registry)

    assert english.endswith(
        "It is for later than order 4500001/10 (20), which is on its way and not needed before "
        "Sun 20 Dec."
    )
    assert portuguese.endswith("não é preciso antes de dom 20/12.")


def test_a_deferred_order_names_what_is_to_be_ordered_after_it(registry: Registry) -> None:
    row = card(
        **OPEN_ORDER,
        action="defer",
        beside_ref="-",
        beside_quantity=9.0,
        beside_day=date(2027, 1, 29),
    )

    with speaking("en"):
        said = action_words.why(row | {"ref": "4500001/10"}, registry)

    assert said.endswith("After it 9 more are to be ordered by Fri 29 Jan.")


@pytest.mark.parametrize("day", [None, date(2026, 12, 31)])
def test_nothing_is_said_to_be_for_later_that_comes_before(day: date | None) -> None:
    row = card(beside_ref="-", beside_quantity=1.0, beside_day=day, as_of=AS_OF)

    assert plan_words.beside(row) == ""
