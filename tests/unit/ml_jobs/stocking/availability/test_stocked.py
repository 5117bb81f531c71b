"""Where stock lies: at the places, unless nobody has said what lies there."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.panel import NETWORK
from ml_jobs.stocking.availability.stocked import where_stock_lies

pytestmark = pytest.mark.ml


def lies(rows: list[tuple[str, str, bool, bool]]) -> list[str]:
    items, places, leaf, assumed = (np.array(column) for column in zip(*rows, strict=True))
    found = where_stock_lies(items, places, leaf, assumed)
    return [f"{item}@{place}" for item, place in zip(items[found], places[found], strict=True)]


def test_stock_lies_at_the_places_with_none_below_them() -> None:
    assert lies(
        [
            ("P1", "R", False, False),
            ("P1", "SP", True, False),
            ("P1", "RJ", True, False),
            ("P1", NETWORK, False, False),
        ]
    ) == ["P1@SP", "P1@RJ"]


def test_without_places_it_lies_in_the_network() -> None:
    assert lies([("P1", NETWORK, True, True), ("P2", NETWORK, False, False)]) == [
        f"P1@{NETWORK}",
        f"P2@{NETWORK}",
    ]


def test_where_only_the_network_s_is_known_it_lies_there() -> None:
    assert lies(
        [("P1", "SP", True, True), ("P1", "RJ", True, False), ("P1", NETWORK, False, False)]
    ) == [f"P1@{NETWORK}"]


def test_where_all_is_assumed_it_lies_at_the_places() -> None:
    assert lies([("P1", "SP", True, True), ("P1", NETWORK, False, True)]) == ["P1@SP"]
