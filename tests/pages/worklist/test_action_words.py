"""What rows of the list say, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import product
from string import Formatter
from typing import Any

import pytest

from datalayer.kernel.contract.registry import Registry
from pages.components.worklist import action_words
from tests.pages.speaking import speaking

AS_OF = date(2026, 11, 27)
CARD: Mapping[str, Any] = {
    "action": "order",
    "tier": "this_week",
    "ref": "-",
    "quantity": 307.0,
    "unit": "un",
    "due": date(2026, 12, 10),
    "arrives": date(2026, 12, 30),
    "promised": None,
    "runs_out": date(2026, 12, 12),
    "stockout_probability": 0.9,
    "check_first": None,
    "check_observed": None,
    "check_expected": None,
    "checks": 0,
    "reason_code": None,
    "reason_observed": None,
    "reason_expected": None,
    "reason_threshold": None,
    "from_location_id": None,
    "from_place": None,
    "place": "Rede",
    "as_of": AS_OF,
}
OPEN_ORDER = {"ref": "4500001/10", "quantity": 40.0, "promised": date(2026, 12, 31)}
MOVE = {"ref": "CD-SP", "from_location_id": "CD-SP", "from_place": "Campinas", "place": "Recife"}
ACTIONS = ("order", "expedite", "defer", "cancel", "move", "check")
TIERS = ("late", "this_week", "will_run_out", "check_forecast", "surplus", "check_data")


def card(**more: object) -> dict[str, Any]:
    return {**CARD, **more}


HEADLINES = [
    (card(), "Order 307 by Thu 10 Dec", "Pedir 307 até qui 10/12"),
    (card(quantity=12.5, unit="m"), "Order 12.5 m by Thu 10 Dec", "Pedir 12,5 m até qui 10/12"),
    (
        card(quantity=1250.0, due=date(2027, 7, 1)),
        "Order 1,250 by Thu 1 Jul 2027",
        "Pedir 1.250 até qui 01/07/2027",
    ),
    (
        card(tier="late", due=date(2026, 11, 20)),
        "Order 307 now: it was due Fri 20 Nov",
        "Pedir 307 já: o prazo era sex 20/11",
    ),
    (
        card(action="expedite", **OPEN_ORDER),
        "Expedite order 4500001/10 (40) to Wed 30 Dec, by Thu 10 Dec",
        "Antecipar o pedido 4500001/10 (40) para qua 30/12, até qui 10/12",
    ),
    (
        card(action="expedite", tier="late", **OPEN_ORDER),
        "Expedite order 4500001/10 (40) to Wed 30 Dec: now, it was due Thu 10 Dec",
        "Antecipar o pedido 4500001/10 (40) para qua 30/12: já, o prazo era qui 10/12",
    ),
    (card(due=AS_OF), "Order 307 now", "Pedir 307 já"),
    (
        card(action="expedite", due=AS_OF, **OPEN_ORDER),
        "Expedite order 4500001/10 (40) to Wed 30 Dec: now",
        "Antecipar o pedido 4500001/10 (40) para qua 30/12: já",
    ),
    (
        card(action="defer", **OPEN_ORDER | {"arrives": date(2027, 2, 1)}),
        "Defer order 4500001/10 (40) from Thu 31 Dec to Mon 1 Feb",
        "Adiar o pedido 4500001/10 (40) de qui 31/12 para seg 01/02",
    ),
    (
        card(action="cancel", **OPEN_ORDER),
        "Cancel order 4500001/10 (40), which comes Thu 31 Dec",
        "Cancelar o pedido 4500001/10 (40), que chega qui 31/12",
    ),
    (
        card(action="move", **MOVE),
        "Move 307 from Campinas to Recife by Thu 10 Dec",
        "Transferir 307 de Campinas para Recife até qui 10/12",
    ),
    (
        card(action="move", tier="late", **MOVE),
        "Move 307 from Campinas to Recife now",
        "Transferir 307 de Campinas para Recife já",
    ),
    (
        card(action="move", due=AS_OF, **MOVE | {"from_place": None}),
        "Move 307 from CD-SP to Recife now",
        "Transferir 307 de CD-SP para Recife já",
    ),
    (card(action="check", tier="check_forecast"), "Check the forecast", "Conferir a previsão"),
    (card(action="check", tier="surplus"), "Check the surplus", "Conferir o excesso"),
    (card(action="check", tier="check_data"), "Check the data", "Conferir os dados"),
]


@pytest.mark.parametrize(("row", "english", "portuguese"), HEADLINES)
def test_a_card_says_verb_quantity_and_date(
    row: dict[str, Any], english: str, portuguese: str
) -> None:
    with speaking("en"):
        assert action_words.headline(row) == english
    with speaking("pt_BR"):
        assert action_words.headline(row) == portuguese


BIASED = {"action": "check", "tier": "check_forecast", "reason_code": "biased"}
CHANCE_EN = "; the chance of a shortage before a delivery comes is "
CHANCE_PT = "; a chance de faltar antes de uma entrega é de "
REASONS = [
    (
        card(),
        "It runs out Sat 12 Dec and a delivery takes until Wed 30 Dec" + CHANCE_EN + "9 in 10.",
        "Acaba sáb 12/12 e uma entrega leva até qua 30/12" + CHANCE_PT + "9 em 10.",
    ),
    (
        card(runs_out=AS_OF, stockout_probability=0.999),
        "It has run out and a delivery takes until Wed 30 Dec" + CHANCE_EN + "more than 99 in 100.",
        "Acabou, e uma entrega leva até qua 30/12" + CHANCE_PT + "mais de 99 em 100.",
    ),
    (
        card(runs_out=None, stockout_probability=0.02),
        "It is down to the reorder point" + CHANCE_EN + "2 in 100.",
        "Chegou ao ponto de pedido" + CHANCE_PT + "2 em 100.",
    ),
    (
        card(tier="will_run_out", runs_out=date(2027, 2, 1), stockout_probability=None),
        "It falls to the reorder point Thu 10 Dec and runs out Mon 1 Feb.",
        "Chega ao ponto de pedido qui 10/12 e acaba seg 01/02.",
    ),
    (
        card(action="expedite", **OPEN_ORDER),
        "It is promised for Thu 31 Dec and needed by Wed 30 Dec" + CHANCE_EN + "9 in 10.",
        "Está prometido para qui 31/12 e é preciso até qua 30/12" + CHANCE_PT + "9 em 10.",
    ),
    (
        card(action="expedite", **OPEN_ORDER | {"promised": date(2026, 11, 20)}),
        "It was promised for Fri 20 Nov and has not come" + CHANCE_EN + "9 in 10.",
        "Estava prometido para sex 20/11 e não chegou" + CHANCE_PT + "9 em 10.",
    ),
    (
        card(action="defer", **OPEN_ORDER),
        "It is not needed before Wed 30 Dec.",
        "Não é preciso antes de qua 30/12.",
    ),
    (
        card(action="cancel", **OPEN_ORDER),
        "Stock and what else is on order are enough without it.",
        "O estoque e os outros pedidos abertos bastam sem ele.",
    ),
    (
        card(**BIASED, reason_observed=0.91, reason_expected=0.0),
        "In the tests the forecast was 91% too high.",
        "Nos testes, a previsão ficou 91% alta.",
    ),
    (
        card(**BIASED, reason_observed=-0.25, reason_expected=0.0),
        "In the tests the forecast was 25% too low.",
        "Nos testes, a previsão ficou 25% baixa.",
    ),
    (
        card(**BIASED | {"reason_code": "tracking_signal"}, reason_observed=-0.7),
        "The forecast was too low again and again.",
        "A previsão ficou baixa repetidas vezes.",
    ),
    (
        card(
            action="check",
            tier="surplus",
            reason_code="overstock",
            reason_observed=840.4,
            reason_expected=63.0,
            reason_threshold=365.0,
        ),
        "Stock and open orders last 840 days where 63 days would do.",
        "Estoque e pedidos abertos duram 840 dias, onde 63 dias bastariam.",
    ),
    (
        card(action="check", tier="check_data"),
        "Stock, lead time or service level is not known of a part that was used.",
        "Não se conhece o estoque, o prazo ou o nível de serviço de uma peça que foi usada.",
    ),
]


@pytest.mark.parametrize(("row", "english", "portuguese"), REASONS)
def test_a_card_says_why_in_one_sentence(
    registry: Registry, row: dict[str, Any], english: str, portuguese: str
) -> None:
    with speaking("en"):
        assert action_words.why(row, registry) == english
    with speaking("pt_BR"):
        assert action_words.why(row, registry) == portuguese


CHECKS = [
    (
        card(check_first="forecast_too_high", check_observed=0.91, check_expected=0.0, checks=1),
        "Check first: the forecast is 91% too high.",
        "Confira antes: a previsão está 91% alta.",
    ),
    (
        card(check_first="forecast_too_low", check_observed=0.3, check_expected=0.0, checks=3),
        "Check first: the forecast is 30% too low; and 2 more reasons.",
        "Confira antes: a previsão está 30% baixa; e mais 2 motivos.",
    ),
    (
        card(check_first="above_a_year", check_observed=307.0, check_expected=12.0, checks=2),
        (
            "Check first: an order of 307 units is more than the 12 units used in the last year; "
            "and 1 more reason."
        ),
        (
            "Confira antes: um pedido de 307 unidades é mais que o uso do último ano, 12 unidades; "
            "e mais 1 motivo."
        ),
    ),
    (
        card(check_first="assumed_input", check_observed=3.0, check_expected=0.0, checks=1),
        "Check first: the figures rest on assumptions.",
        "Confira antes: os números baseiam-se em suposições.",
    ),
    (card(), "", ""),
]


@pytest.mark.parametrize(("row", "english", "portuguese"), CHECKS)
def test_a_card_says_what_to_check_first(
    registry: Registry, row: dict[str, Any], english: str, portuguese: str
) -> None:
    with speaking("en"):
        assert action_words.check_first(row, registry) == english
    with speaking("pt_BR"):
        assert action_words.check_first(row, registry) == portuguese


def sentences(registry: Registry, row: dict[str, Any]) -> list[str]:
    return [
        action_words.headline(row),
        action_words.why(row, registry),
        action_words.check_first(row, registry),
    ]


@pytest.mark.parametrize(("kind", "tier"), list(product(ACTIONS, TIERS)))
def test_every_action_of_every_tier_says_something_of_its_own_in_each_language(
    registry: Registry, kind: str, tier: str
) -> None:
    full = card(action=kind, tier=tier, **OPEN_ORDER, from_location_id="CD-SP")
    without = ("quantity", "due", "arrives", "promised", "runs_out", "stockout_probability", "unit")
    for row in (full, full | dict.fromkeys(without), full | {"as_of": None}):
        with speaking("en"):
            english = sentences(registry, row)[:2]
        with speaking("pt_BR"):
            portuguese = sentences(registry, row)[:2]

        assert all(english + portuguese)
        assert not set(english) & set(portuguese)
        assert not [text for text in english + portuguese if any(c in text for c in "{}")]
        assert "None" not in " ".join(english + portuguese)


def test_every_reason_to_check_has_a_sentence_without_the_threshold_that_lists_it(
    registry: Registry,
) -> None:
    for name, language in product(registry.check_reasons, ("en", "pt_BR")):
        row = card(check_first=name, check_observed=2.0, check_expected=1.0, checks=1)
        with speaking(language):
            text = action_words.check_first(row, registry)

        assert text.count(". ") == 0
        assert text.endswith(".")
        assert not list(filter(lambda part: part[1], Formatter().parse(text)))


def test_every_reason_of_an_exception_has_a_sentence(registry: Registry) -> None:
    for name, language in product(registry.reason_codes, ("en", "pt_BR")):
        row = card(action="check", tier="check_forecast", reason_code=name)
        row |= {"reason_observed": 2.0, "reason_expected": 1.0, "reason_threshold": 0.5}
        with speaking(language):
            text = action_words.why(row, registry)

        assert text.endswith(".")
        assert text.count(". ") == 0


@pytest.mark.parametrize(
    ("probability", "english", "portuguese"),
    [
        (None, "–", "–"),
        (0.0, "less than 1 in 100", "menos de 1 em 100"),
        (0.017, "2 in 100", "2 em 100"),
        (0.094, "9 in 100", "9 em 100"),
        (0.1, "1 in 10", "1 em 10"),
        (0.9, "9 in 10", "9 em 10"),
        (0.949, "9 in 10", "9 em 10"),
        (0.95, "95 in 100", "95 em 100"),
        (0.9951, "more than 99 in 100", "mais de 99 em 100"),
        (1.0, "more than 99 in 100", "mais de 99 em 100"),
    ],
)
def test_chances_are_told_as_counts(
    probability: float | None, english: str, portuguese: str
) -> None:
    with speaking("en"):
        assert action_words.chance(probability) == english
    with speaking("pt_BR"):
        assert action_words.chance(probability) == portuguese


def test_trust_is_told_by_the_verdict_and_untested_is_no_praise() -> None:
    with speaking("en"):
        told = [action_words.trust(each) for each in ("better", "alike", "worse", None)]

    assert len(set(told)) == 4
    assert told[3] == "Forecast not compared with repeating the past"
