"""The line above the list."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from datalayer.portal import Novelty
from pages.components.worklist.list_summary import summary_line
from tests.pages.speaking import speaking

DUE = {
    "orders": 58,
    "late": 28,
    "value": 61_000.4,
    "without_value": 0,
    "last_due": date(2026, 12, 11),
}
TIERS = [{"new": 10, "changed": 3, "moves": 0}, {"new": 2, "changed": 0, "moves": 0}]
KNOWN = Novelty(tuple(range(12)), (1, 2, 3))
NOTHING = {"orders": 0, "late": 0, "value": None, "without_value": 0, "last_due": None}


def line(due: dict[str, Any], tiers: list[dict[str, int]], novelty: Novelty) -> str:
    return summary_line(due, tiers, novelty=novelty, data_through=date(2026, 12, 9), currency="BRL")


@pytest.mark.parametrize(
    ("due", "tiers", "novelty", "english", "portuguese"),
    [
        (
            DUE,
            TIERS,
            KNOWN,
            (
                "58 orders until Fri 11 Dec, R$ 61,000; 28 of these orders are late; "
                "12 are new since the last publication; 3 changed; data through 9 Dec 2026"
            ),
            (
                "58 pedidos até sex 11/12, R$ 61.000; 28 destes pedidos estão atrasados; "
                "12 são novas desde a última "
                "publicação; 3 mudaram; dados até 09/12/2026"
            ),
        ),
        (
            DUE | {"orders": 1, "late": 1, "value": 5.0, "without_value": 1},
            TIERS[:0],
            Novelty((1,), None),
            (
                "1 order until Fri 11 Dec, R$ 5; the cost of 1 is not known; "
                "1 of these orders is late; 0 are new since "
                "the last publication; data through 9 Dec 2026"
            ),
            (
                "1 pedido até sex 11/12, R$ 5; não se sabe o custo de 1; 1 destes pedidos está "
                "atrasado; 0 é nova desde a última publicação; dados até 09/12/2026"
            ),
        ),
        (
            NOTHING,
            TIERS[:0],
            Novelty(None, None),
            "nothing to order this week; data through 9 Dec 2026",
            "nada a pedir esta semana; dados até 09/12/2026",
        ),
        (
            DUE | {"value": None, "without_value": 58, "late": 0},
            TIERS[:0],
            Novelty(None, None),
            "58 orders until Fri 11 Dec; data through 9 Dec 2026",
            "58 pedidos até sex 11/12; dados até 09/12/2026",
        ),
    ],
)
def test_the_line_says_what_is_known_and_nothing_else(
    due: dict[str, Any],
    tiers: list[dict[str, int]],
    novelty: Novelty,
    english: str,
    portuguese: str,
) -> None:
    with speaking("en"):
        assert line(due, tiers, novelty) == english
    with speaking("pt_BR"):
        assert line(due, tiers, novelty) == portuguese
