"""Parts that don't wait for the next delivery: without stock they are fetched at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray

MONTH_HOURS = 730.0
"""Hours in a month: a twelfth of a year."""

MONTH_DAYS = MONTH_HOURS / 24.0

_WHOLE = 1e-9  # of a lot: what keeps an amount of whole lots from falling below itself


@dataclass(frozen=True)
class Hull:
    """The stocks of one part at which money is well spent: corners of a convex curve.

    Attributes:
        stock: Lots, increasing, from where it began, shape (N,).
        hours: Tower-hours a month at each, shape (N,).
    """

    stock: IntArray
    hours: FloatArray


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


def slopes_of_hull(waiting: FloatArray) -> FloatArray:
    """Return what each lot takes off on the lower hull of what waits beside 0, 1, ... lots, (N,).

    Non-increasing; 0 beyond the last corner.
    """
    hull = lower_hull(np.arange(len(waiting)), waiting)
    lots = np.diff(hull.stock)
    slopes = np.zeros(len(waiting))
    slopes[: int(hull.stock[-1])] = np.repeat(-np.diff(hull.hours) / lots, lots)
    return slopes


def fetched_lots(monthly_demand: FloatArray, fetch_hours: FloatArray) -> FloatArray:
    """Return how many lots are on their way at once, on average, while there is no stock.

    A tower waits only for what is asked for while the shelf is empty: with Little's law, what is
    asked for in an hour, times the hours that each is waited for.

    Args:
        monthly_demand: Lots a month, shape (S,).
        fetch_hours: Hours that fetching takes beyond what a repair takes with the part in stock,
            shape (S,); NaN where nothing is fetched.

    Source: van Houtum and Kranenburg 2015, "Spare Parts Inventory Control under System
    Availability Constraints", chapter 2 (emergency shipments).
    """
    return monthly_demand * fetch_hours / MONTH_HOURS


def waited(
    actual: FloatArray, stock: FloatArray, lot: FloatArray, fetched: FloatArray
) -> FloatArray:
    """Return the units that would have waited beside *stock*, shape (S,).

    Of what is fetched it is as many as are on their way while there is no stock, if so much was
    asked for that there was none.

    Args:
        actual: What was asked for, units, shape (S,).
        stock: Units, shape (S,).
        lot: Units in a lot, shape (S,).
        fetched: Lots, as `fetched_lots` returns them, shape (S,).
    """
    out = actual >= stock - _WHOLE * lot
    on_their_way = np.where(out, fetched * lot, 0.0)
    return np.where(np.isfinite(fetched), on_their_way, np.maximum(actual - stock, 0.0))


def _is_above(stock: IntArray, hours: FloatArray, left: int, middle: int, right: int) -> bool:
    """Whether the *middle* point lies on or above the line from *left* to *right*."""
    rise = (hours[right] - hours[left]) * (stock[middle] - stock[left])
    return bool((hours[middle] - hours[left]) * (stock[right] - stock[left]) >= rise)
