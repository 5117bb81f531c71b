"""What a notice says, in both languages; what isn't known is never nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from datalayer.notices.notice import Notice
from datalayer.publications.switches import Switch
from datalayer.reading.effect.proposals import Proposals, Proposed

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
FIRST, SECOND = "20261121T060000Z-00000001", "20261128T061500Z-00000002"
WAS = Proposed(12, Decimal("3400.40"), 0, 0, "BRL")
IS = Proposed(1400, Decimal("3912.10"), 2, 0, "BRL")


def notice(
    effect: Proposals | None, *, before: str | None = FIRST, is_return: bool = False
) -> Notice:
    return Notice(Switch(2, NOON, before, SECOND, "activate", is_return), effect)


def data(of: Notice) -> dict[str, Any]:
    return cast("dict[str, Any]", of.content("https://farol.example")["data"])


def test_it_tells_the_switch_and_its_effect_in_english() -> None:
    told = notice(Proposals(WAS, IS, ()))

    assert told.title("en") == "Activated: the publication of 28 Nov 2026, 06:15 UTC"
    assert told.sentence("en") == (
        "The publication of 28 Nov 2026, 06:15 UTC took the place of that of 21 Nov 2026, "
        "06:00 UTC. Proposed orders: 12 before, 1,400 now; they come to R$ 3,912 instead of "
        "R$ 3,400, up 15.0%; not in it, as their cost isn't known: 0 before, 2 now."
    )


def test_it_tells_them_in_portuguese() -> None:
    told = notice(Proposals(WAS, IS, ()))

    assert told.title("pt_BR") == "Ativada: a publicação de 28/11/2026, 06:15 UTC"
    sentence = told.sentence("pt_BR")
    assert sentence.startswith(
        "A publicação de 28/11/2026, 06:15 UTC tomou o lugar da de 21/11/2026, 06:00 UTC. "
    )
    assert "1.400" in sentence
    assert "Proposed" not in sentence


def test_going_back_is_told_as_that() -> None:
    told = notice(None, is_return=True)

    assert told.title("en").startswith("Gone back to the publication of 28 Nov")
    assert "is back in the place of" in told.sentence("en")
    assert told.content("")["type"] == "publication.returned"


def test_an_effect_that_nobody_knows_is_said_to_be_unknown() -> None:
    told = notice(None)

    assert told.sentence("en").endswith("What it does to the proposed orders isn't known.")
    assert told.sentence("pt_BR").endswith("Não se sabe o que isso muda nos pedidos propostos.")
    assert data(told)["after"]["proposed_orders"] is None


def test_the_first_one_is_compared_with_nothing() -> None:
    told = notice(None, before=None)

    assert told.sentence("en") == (
        "The publication of 28 Nov 2026, 06:15 UTC is the first active one."
    )
    assert data(told)["before"] is None
    assert data(told)["links"]["changes"] is None


def test_figures_come_beside_the_sentence() -> None:
    found = data(notice(Proposals(WAS, Proposed(3, None, 3, 1, ""), ())))

    assert found["before"]["proposed_orders"] == {
        "orders": 12,
        "value": 3400.4,
        "currency": "BRL",
        "without_value": 0,
        "unknown": 0,
    }
    assert found["after"]["proposed_orders"]["value"] is None
    assert found["after"]["proposed_orders"]["currency"] is None
    assert set(found["effect"]) == {"pt-BR", "en"}
