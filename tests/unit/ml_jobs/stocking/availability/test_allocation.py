"""What a tower-hour of each contract gets as its price, and what is bought at that."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.fleet import Contract, Fleet
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.allocation import (
    PENALTY,
    SERVICE_MONEY,
    TARGET,
    Allocation,
    allocate,
)
from ml_jobs.stocking.availability.curve import Dependence
from ml_jobs.stocking.availability.ladders import Ladder, ladders_of
from ml_jobs.stocking.availability.spread import Cumulants
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import drawn_worth

pytestmark = pytest.mark.ml

RATE, CEILING = 0.2, 5_000.0


def shared(contracts: int) -> tuple[Worth, FloatArray]:
    """Parts that all contracts need alike, and the towers of each, shape (K, S)."""
    worth = drawn_worth(80, 3)
    return worth, np.tile(worth.hours / 730.0 / contracts, (contracts, 1))


def allocated(*contracts: Contract, service: float = 3.0) -> Allocation:
    worth, towers = shared(len(contracts))
    fleet = Fleet(contracts)
    dependence = Dependence(fleet.contract_ids, towers, np.ones(len(contracts)))
    held = np.full(80, service)
    return allocate(fleet, worth, dependence, service=held, holding_rate=RATE, ceiling=CEILING)


def met_without_stock(code: str) -> Contract:
    return Contract(code, code, towers=1e6, target=0.9)


def met_by_nothing(code: str) -> Contract:
    return Contract(code, code, towers=100.0, target=1.0)


def test_a_target_that_no_stock_meets_buys_what_the_end_of_the_curve_does() -> None:
    alone = allocated(met_by_nothing("A"))

    assert alone.unmet.tolist() == [True]
    assert (alone.rule, alone.highest) == (TARGET, CEILING)
    assert alone.weights.tolist() == [1.0]


def test_beside_one_that_is_met_without_stock_it_buys_no_less() -> None:
    found = allocated(met_by_nothing("A"), met_without_stock("B"))

    assert found.unmet.tolist() == [True, False]
    assert found.highest == CEILING
    assert found.weights.tolist() == [1.0, 0.0]


def test_it_buys_what_the_dearest_of_the_others_does() -> None:
    found = allocated(met_by_nothing("A"), Contract("B", "B", 10.0, None, 70.0))

    assert found.highest == 70.0
    assert found.weights.tolist() == [1.0, 1.0]


def test_beside_one_that_costs_next_to_nothing_it_buys_for_what_service_levels_take() -> None:
    found = allocated(met_by_nothing("A"), Contract("B", "B", 10.0, None, 0.01))
    silent = allocated(Contract("A", "A", 10.0), Contract("B", "B", 10.0))

    assert found.highest == silent.highest > 0.1
    assert found.weights.tolist() == [1.0, 0.01 / found.highest]


def test_it_costs_no_more_than_the_end_of_the_curve_where_money_is_no_object() -> None:
    beside = Contract("B", "B", 10.0, None, 0.01)

    assert allocated(met_by_nothing("A"), beside, service=1e9).highest == CEILING


def test_chances_are_found_once_for_all_prices_that_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[int] = []

    def counted(
        demand: NegativeBinomial, tails: Tails, sizes: IntArray, fetched: FloatArray
    ) -> Iterator[Ladder]:
        found.append(len(sizes))
        return ladders_of(demand, tails, sizes, fetched)

    monkeypatch.setattr("ml_jobs.stocking.availability.worth.ladders_of", counted)

    allocated(Contract("A", "A", 10.0))

    assert found == [80]


def test_the_others_targets_are_met_with_what_is_bought_in_the_end() -> None:
    worth, towers = shared(2)
    begin = float(towers[1] @ worth.expected_backorders(np.zeros(80)))
    found = allocated(met_by_nothing("A"), Contract("B", "B", 1000.0, 1.0 - 0.2 * begin / 1000.0))

    hours = 730.0 * found.highest * (found.weights @ towers)
    stock = worth.weighing(hours).level_at(RATE / 12.0)

    assert found.unmet.tolist() == [True, False]
    assert towers[1] @ worth.expected_backorders(stock) <= 0.2 * begin


def test_where_nothing_costs_anything_all_hours_count_alike() -> None:
    found = allocated(met_without_stock("A"), met_without_stock("B"))

    assert (found.highest, found.unmet.any()) == (0.0, False)
    assert found.weights.tolist() == [1.0, 1.0]


def test_without_targets_a_penalty_is_the_price() -> None:
    found = allocated(Contract("A", "A", 10.0, None, 70.0), Contract("B", "B", 10.0, None, 0.0))

    assert (found.rule, found.prices.tolist()) == (PENALTY, [70.0, 0.0])


@pytest.mark.parametrize(
    ("beside", "price"),
    [(Contract("A", "A", 10.0, None, 70.0), 70.0), (met_without_stock("A"), 0.0)],
)
def test_beside_others_the_price_of_a_contract_that_names_none_is_not_known(
    beside: Contract, price: float
) -> None:
    found = allocated(beside, Contract("B", "B", 10.0))

    assert found.notes(("A", "B"))["prices"] == {"A": price, "B": None}
    assert found.unmet.tolist() == [False, False]


def test_nothing_is_bought_for_hours_of_which_nobody_names_a_price() -> None:
    found = allocated(Contract("A", "A", 10.0, None, 70.0), Contract("B", "B", 10.0))

    assert (found.highest, found.weights.tolist()) == (70.0, [1.0, 0.0])


def capped(code: str, cap: float | None, price: float = 70.0) -> Contract:
    return Contract(code, code, 10.0, None, price, cap)


def month(prices: FloatArray, contracts: int = 1) -> tuple[Cumulants, float]:
    """Towers down with the stock that *prices* buy, by contract, and what it costs a month."""
    worth, towers = shared(contracts)
    stock = worth.weighing(730.0 * (prices @ towers)).level_at(RATE / 12.0)
    held = float((stock * worth.unit_cost).sum()) * RATE / 12.0
    return worth.backorders(stock).together(towers), held


def test_a_cap_that_no_month_reaches_changes_nothing() -> None:
    assert allocated(capped("A", 1e12)).prices == pytest.approx([70.0])
    assert allocated(capped("A", None)).prices.tolist() == [70.0]


@pytest.mark.parametrize("share", [1.2, 0.8, 0.4])
def test_an_hour_under_a_cap_costs_its_price_times_the_chance_that_the_month_ends_under_it(
    share: float,
) -> None:
    down, _ = month(np.array([70.0]))
    cap = share * 70.0 * 730.0 * float(down.mean[0])

    found = allocated(capped("A", cap))

    then, _ = month(found.prices)
    chance = then.chance_within(np.array([cap / 70.0 / 730.0]))
    assert found.rule == PENALTY
    assert found.prices < 70.0
    assert found.prices == pytest.approx(70.0 * chance, rel=2e-3)


def test_stock_for_hours_under_a_cap_costs_no_more_than_at_their_full_price() -> None:
    full, held = month(np.array([70.0]))
    most = 0.8 * full.mean
    found = allocated(capped("A", 70.0 * 730.0 * float(most[0])))

    then, less_held = month(found.prices)

    before = held + 70.0 * 730.0 * float(full.mean_up_to(most)[0])
    assert less_held + 70.0 * 730.0 * float(then.mean_up_to(most)[0]) < before


def test_hours_of_a_cap_that_is_out_of_reach_are_worth_next_to_nothing() -> None:
    found = allocated(capped("A", 70.0))

    assert found.prices < 0.01


def test_the_others_keep_their_price_beside_a_capped_contract() -> None:
    cap = 500.0

    found = allocated(capped("A", cap), capped("B", None, 30.0))

    then, _ = month(found.prices, 2)
    chance = then.chance_within(np.full(2, cap / 70.0 / 730.0))[0]
    assert found.prices[1] == 30.0
    assert found.prices[0] == pytest.approx(70.0 * chance, rel=2e-3)
    assert found.prices[0] < 69.0


def test_a_target_is_met_beside_a_capped_contract() -> None:
    worth, towers = shared(2)
    begin = float(towers[1] @ worth.expected_backorders(np.zeros(80)))
    target = Contract("B", "B", 1000.0, 1.0 - 0.2 * begin / 1000.0)

    found = allocated(capped("A", 70.0), target)

    then, _ = month(found.prices, 2)
    assert then.mean[1] <= 0.2 * begin
    assert found.prices[0] < 70.0


def test_without_either_stock_costs_no_more_than_service_levels_would() -> None:
    found = allocated(Contract("A", "A", 10.0), Contract("B", "B", 10.0))
    worth, towers = shared(2)

    def costs(prices: FloatArray) -> float:
        stock = worth.weighing(730.0 * (prices @ towers)).level_at(RATE / 12.0)
        return float((stock * worth.unit_cost).sum())

    assert found.rule == SERVICE_MONEY
    money = float((3.0 * worth.unit_cost).sum())
    assert costs(found.prices) <= money < costs(1.000001 * found.prices)
