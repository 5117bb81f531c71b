"""Which price a tower-hour gets: the contracts' own, or the least that meets what they promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.fleet import Fleet
from ml_jobs.stocking.availability.contracts import contract_prices, prices_under_caps
from ml_jobs.stocking.availability.curve import Dependence
from ml_jobs.stocking.availability.waiting import MONTH_HOURS
from ml_jobs.stocking.availability.worth import Worth

PENALTY, TARGET, SERVICE_MONEY = "penalty", "target", "service_money"
"""Where prices come from: the contracts, their targets, or the money that service levels take."""


@dataclass(frozen=True)
class Allocation:
    """What a tower-hour of each contract is worth to the stock, K of them.

    Attributes:
        rule: `PENALTY`, `TARGET` or `SERVICE_MONEY`.
        prices: Currency for an hour, shape (K,); infinite where no stock meets the target, NaN
            where nobody names a price or a target beside contracts that have one: nothing is
            bought for such hours.
        ceiling: What an hour costs of a contract whose target no stock meets, where no other has a
            price above 0.
        floor: What it costs at least where another has one.
    """

    rule: str
    prices: FloatArray
    ceiling: float = 0.0
    floor: float = 0.0

    @property
    def unmet(self) -> BoolArray:
        """Whose target no stock meets, shape (K,): stock is bought at the highest price."""
        return np.isinf(self.prices)

    @property
    def highest(self) -> float:
        """The highest price that has an end; what an unmet target costs where that is more."""
        highest = float(np.max(self.prices, initial=0.0, where=np.isfinite(self.prices)))
        if not self.unmet.any():
            return highest
        return max(highest, self.floor) if highest > 0 else self.ceiling

    @property
    def weights(self) -> FloatArray:
        """What a tower-hour of each contract costs beside the dearest, shape (K,)."""
        if self.highest <= 0:
            return np.ones(len(self.prices))
        priced = np.where(np.isfinite(self.prices), self.prices, 0.0)
        return np.where(self.unmet, 1.0, priced / self.highest)

    def notes(self, contract_ids: tuple[str, ...]) -> dict[str, object]:
        """Return it as values of JSON, for the publication's lineage: no price but a known one."""
        return {
            "rule": self.rule,
            "prices": {
                code: round(float(price), 6) if np.isfinite(price) else None
                for code, price in zip(contract_ids, self.prices, strict=True)
            },
            "dearest": round(self.highest, 6),
            "unmet": [contract_ids[place] for place in np.flatnonzero(self.unmet)],
        }


def allocate(
    fleet: Fleet,
    worth: Worth,
    dependence: Dependence,
    *,
    service: FloatArray,
    holding_rate: float,
    ceiling: float,
    scale: float = 1.0,
) -> Allocation:
    """Find the price of a tower-hour of each contract.

    A contract's penalty is its price, times the chance that the month ends under its cap where it
    has one (`prices_under_caps`). One that has a target instead gets the least price at which
    stock meets it. Where no contract says either, all get the one price at which stock costs as
    much as service levels by criticality would; where no stock meets a target, an hour costs no
    less than that, however little the others' do. What a contract that says neither would pay
    isn't known where others say.

    Args:
        fleet: Contracts, K of them.
        worth: Of a sample of S series, or of all.
        dependence: Of the same.
        service: Units that service levels by criticality would hold of each, shape (S,).
        holding_rate: What a unit of currency in stock costs a year.
        ceiling: Price of a tower-hour where a target can't be met and nothing else has a price.
        scale: Series that each of the sample stands for.
    """
    penalties = np.array([each.penalty_per_hour or 0.0 for each in fleet.contracts])
    allowed = np.array(
        [
            (1.0 - each.target) * each.towers / scale
            if each.target is not None and each.towers and not each.penalty_per_hour
            else np.inf
            for each in fleet.contracts
        ]
    )
    silent = np.array([each.penalty_per_hour is None for each in fleet.contracts])
    silent &= np.isinf(allowed)
    capped_towers = np.array([each.capped_hours for each in fleet.contracts]) / MONTH_HOURS
    monthly = holding_rate / 12.0

    def stock(prices: FloatArray) -> FloatArray:
        hours = MONTH_HOURS * (prices @ dependence.towers)
        return worth.weighing(hours).level_at(monthly)

    def cost(prices: FloatArray) -> float:
        return float(np.nansum(stock(prices) * worth.unit_cost))

    money = float(np.nansum(service * worth.unit_cost))

    def affordable(price: float) -> bool:
        return cost(np.full(len(penalties), price)) <= money

    def chances_under_caps(prices: FloatArray) -> FloatArray:
        highest = np.max(prices, initial=0.0, where=np.isfinite(prices))
        each = worth.backorders(stock(np.minimum(prices, highest)))
        return each.together(dependence.towers, scale).chance_within(capped_towers)

    if np.isfinite(allowed).any():

        def meeting_targets(charged: FloatArray) -> FloatArray:
            def asked(prices: FloatArray) -> FloatArray:
                return np.where(np.isfinite(allowed), prices, charged)

            def down(prices: FloatArray) -> FloatArray:
                return dependence.towers @ worth.expected_backorders(stock(asked(prices)))

            return asked(contract_prices(down, allowed, lambda prices: cost(asked(prices))))

        found = prices_under_caps(meeting_targets, chances_under_caps, penalties)
        prices = np.where(silent, np.nan, found)
        # Where parts that no tower waits for take most of the money, its price has no end.
        floor = min(highest_price(affordable), ceiling) if np.isinf(prices).any() else 0.0
        return Allocation(TARGET, prices, ceiling, floor)
    if (penalties > 0).any():
        found = prices_under_caps(np.asarray, chances_under_caps, penalties)
        return Allocation(PENALTY, np.where(silent, np.nan, found))
    return Allocation(SERVICE_MONEY, np.full(len(penalties), highest_price(affordable)))


def highest_price(holds: Callable[[float], bool]) -> float:
    """Return the highest price that *holds*, which every lower one does, by bisection."""
    low, high = 1e-9, 1e12
    if not holds(low):
        return low
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
