"""Parts that don't wait for the next delivery: without stock they are fetched at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Hull:
    """The stocks of one part at which money is well spent: corners of a convex curve.

    Attributes:
        stock: Lots, increasing, from where it began, shape (N,).
        hours: Tower-hours a month at each, shape (N,).
    """

    stock: IntArray
    hours: FloatArray


def emergency_hours(
    chance_at_least: FloatArray, monthly_demand: float, share_down: float, *, longer_h: float
) -> FloatArray:
    """Return the tower-hours a month at each stock of a part that is fetched when there is none.

    A tower waits only for what is asked for while the shelf is empty, and for *longer_h* hours
    more than if the part had been there: rate x share x P(X >= s) x (E - r0).

    Args:
        chance_at_least: Of demand at or above each stock, shape (N,).
        monthly_demand: Units a month.
        share_down: Of failures that take a tower down.
        longer_h: Hours that fetching takes beyond what the repair takes with a part in stock.

    Source: van Houtum and Kranenburg 2015, "Spare Parts Inventory Control under System
    Availability Constraints", chapter 2 (emergency shipments).
    """
    hours: FloatArray = monthly_demand * share_down * longer_h * chance_at_least
    return hours


def lower_hull(stock: IntArray, hours: FloatArray) -> Hull:
    """Return the corners of the lower convex hull of *hours* over *stock*, shape (N,) each.

    Below the mode of demand a further unit avoids more than the one before it, so that greedy
    buying would stop too early; from corner to corner what a unit avoids only falls, and greedy is
    optimal at every corner it passes. What avoids nothing more is left out.
    """
    kept: list[int] = []
    for place in range(len(stock)):
        while len(kept) > 1 and _is_above(stock, hours, kept[-2], kept[-1], place):
            kept.pop()
        kept.append(place)
    while len(kept) > 1 and hours[kept[-1]] >= hours[kept[-2]]:
        kept.pop()
    corners = np.array(kept, np.int64)
    return Hull(stock[corners], hours[corners])


def _is_above(stock: IntArray, hours: FloatArray, left: int, middle: int, right: int) -> bool:
    """Whether the *middle* point lies on or above the line from *left* to *right*."""
    rise = (hours[right] - hours[left]) * (stock[middle] - stock[left])
    return bool((hours[middle] - hours[left]) * (stock[right] - stock[left]) >= rise)
