"""What a tower standing still has to cost, so that stock meets every contract's target."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray

ROUNDS = 5
HALVINGS = 50
HIGHEST_PRICE = 1e12
"""Currency for a tower that stands still a month: a target that asks for more can't be met."""

MOST_RAISED = 2.0
"""How many times a price is raised at most to meet what lacks of a target by a part of a unit."""

RAISES = 20
"""Halvings in which it is found by how much."""

STEPS = (0.1, 0.03, 0.01, 0.003)
"""Shares that each price is lowered by once targets are met, to see what raising others costs."""

TowersDown = Callable[[FloatArray], FloatArray]
"""Towers of each contract that stand still, on average, with the stock that prices ask for."""

StockCost = Callable[[FloatArray], float]
"""What the stock costs that prices ask for."""


def contract_prices(down: TowersDown, allowed: FloatArray, cost: StockCost) -> FloatArray:
    """Return the price of a tower of each contract at which all targets are met, shape (K,).

    One contract's price after the other is found by bisection, the others' held, until none moves:
    stock for one contract serves the others as well, so each can only make the others' fall. Units
    are whole, so that a price which fell last may have left another contract short by a part of
    one: of all prices that could be raised for it the one is that makes stock cost least. What is
    bought for it may let another price fall, which is tried in ``STEPS``.

    The price is 0 where a target is met without stock of its own, infinite where none meets it; as
    no stock is bought at that, the others' targets are met without any of it.

    Args:
        down: What comes of prices; falls with each of them.
        allowed: Towers that may stand still, shape (K,).
        cost: What the stock at such prices costs; rises with each of them.

    Source: Everett 1963, "Generalized Lagrange Multiplier Method", Operations Research 11(3).
    """
    prices = np.full(len(allowed), HIGHEST_PRICE)
    unmet = down(prices) > allowed
    prices[unmet] = 0.0
    able = np.flatnonzero(~unmet).tolist()
    for _ in range(ROUNDS):
        before = prices.copy()
        for contract in able:
            prices[contract] = _least_price(down, allowed, prices, contract)
        if np.allclose(prices, before, rtol=1e-9, atol=0.0):
            break
    asked = np.where(unmet, np.inf, allowed)
    prices = min(_mended(down, asked, prices), key=cost)
    several = np.flatnonzero(prices > 0).tolist()
    for step in STEPS if len(several) > 1 else ():
        for contract in several:
            lower = prices.copy()
            lower[contract] *= 1.0 - step
            prices = min([prices, *_mended(down, asked, lower)], key=cost)
    return np.where(unmet | (down(prices) > allowed), np.inf, prices)


def _mended(down: TowersDown, allowed: FloatArray, prices: FloatArray) -> Iterator[FloatArray]:
    """Yield *prices* of which one, or all, is raised as little as meets all targets.

    Where none alone does, those of the contracts that are short are raised one after the other.
    """
    if (down(prices) <= allowed).all():
        yield prices
        return
    alone = np.eye(len(prices), dtype=np.bool_)[prices > 0]
    found = False
    for raised in (*alone, prices > 0):
        low, high = 1.0, MOST_RAISED
        if (down(_times(prices, raised, high)) > allowed).any():
            continue
        for _ in range(RAISES):
            middle = float(np.sqrt(low * high))
            is_met = (down(_times(prices, raised, middle)) <= allowed).all()
            low, high = (low, middle) if is_met else (middle, high)
        found = True
        yield _times(prices, raised, high)
    if not found:
        yield _raised_in_turn(down, allowed, prices)


def _raised_in_turn(down: TowersDown, allowed: FloatArray, prices: FloatArray) -> FloatArray:
    """Return *prices* with those of contracts that are short raised one after the other."""
    raised = prices.copy()
    for contract in range(len(prices)):
        # To raise one leaves no other short.
        if down(raised)[contract] > allowed[contract]:
            raised[contract] = _least_price(down, allowed, raised, contract)
    return raised


def _times(prices: FloatArray, raised: BoolArray, factor: float) -> FloatArray:
    """The *prices* with those that are *raised* by a *factor*."""
    return np.where(raised, prices * factor, prices)


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
