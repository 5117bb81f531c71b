"""What a tower standing still has to cost, so that stock meets every contract's target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ml_jobs.arrays import FloatArray

ROUNDS = 5
ROUNDS_OF_CAPS = 30
CLOSE_ENOUGH = 1e-3
"""Of a price under a cap: what it may still fall by."""
HALVINGS = 50
HIGHEST_PRICE = 1e12
"""Currency for a tower that stands still a month: a target that asks for more can't be met."""

TowersDown = Callable[[FloatArray], FloatArray]
"""Towers of each contract that stand still, on average, with the stock that prices ask for."""


PricesAt = Callable[[FloatArray], FloatArray]
"""Prices of all contracts where hours of those with a penalty cost so much, shape (K,) each."""

ChancesUnderCaps = Callable[[FloatArray], FloatArray]
"""Chance of each contract that a month ends under its cap, with the stock that prices buy."""


def contract_prices(down: TowersDown, allowed: FloatArray) -> FloatArray:
    """Return the price of a tower of each contract at which its target is just met, shape (K,).

    One contract's price after the other is found by bisection, the others' held, until none moves:
    stock for one contract serves the others as well, so each can only make the others' fall. The
    price is 0 where a target is met without stock of its own, infinite where none meets it; as no
    stock is bought at that, the others' targets are met without any of it.

    Args:
        down: What comes of prices; falls with each of them.
        allowed: Towers that may stand still, shape (K,).

    Source: Everett 1963, "Generalized Lagrange Multiplier Method", Operations Research 11(3).
    """
    prices = np.full(len(allowed), HIGHEST_PRICE)
    unmet = down(prices) > allowed
    prices[unmet] = 0.0
    for _ in range(ROUNDS):
        before = prices.copy()
        for contract in np.flatnonzero(~unmet):
            prices[contract] = _least_price(down, allowed, prices, int(contract))
        if np.allclose(prices, before, rtol=1e-9, atol=0.0):
            break
    # A price that fell last may have left an earlier contract short; to raise one leaves none so.
    for contract in np.flatnonzero(~unmet):
        if down(prices)[contract] > allowed[contract]:
            prices[contract] = _least_price(down, allowed, prices, int(contract))
    return np.where(unmet | (down(prices) > allowed), np.inf, prices)


def prices_under_caps(
    prices_at: PricesAt, chances: ChancesUnderCaps, penalties: FloatArray
) -> FloatArray:
    """Return the prices of all contracts, shape (K,), where some penalties end at a cap a month.

    An hour beyond the cap costs nothing, so that one more is worth its penalty only with the chance
    that the month ends under it. That chance is of the stock which prices buy: prices fall from the
    full penalties on, and stock with them, until both agree. That is the dearest agreement, with
    the most stock; where the cap is out of reach in any case, an hour ends up costing next to
    nothing.

    Args:
        prices_at: Prices of all contracts where hours of those with a penalty cost so much.
        chances: That a month ends under the cap, with the stock that prices buy; 1 without a cap.
        penalties: Currency for a tower-hour, 0 where none is agreed, shape (K,).
    """
    charged, prices = penalties, prices_at(penalties)
    for _ in range(ROUNDS_OF_CAPS):
        less = np.minimum(charged, penalties * chances(prices))
        if np.allclose(less, charged, rtol=CLOSE_ENOUGH, atol=0.0):
            break
        charged, prices = less, prices_at(less)
    return prices


def _least_price(down: TowersDown, allowed: FloatArray, prices: FloatArray, contract: int) -> float:
    """The lowest price of *contract* at which its target is met beside the others' *prices*."""

    def is_met(price: float) -> bool:
        tried = prices.copy()
        tried[contract] = price
        return bool(down(tried)[contract] <= allowed[contract])

    if is_met(0.0):
        return 0.0
    low, high = 1e-12, HIGHEST_PRICE
    for _ in range(HALVINGS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if is_met(middle) else (middle, high)
    return high
