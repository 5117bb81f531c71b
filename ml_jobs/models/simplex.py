"""The least value of a convex function over shares: numbers of at least 0 that sum to one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize

from ml_jobs.arrays import FloatArray

TOLERANCE = 1e-4
MOST_CUTS = 200

Loss = Callable[[FloatArray], tuple[float, FloatArray]]


def least_shares(loss: Loss, start: FloatArray) -> FloatArray:
    """Return the shares at which *loss* is least, to within ``TOLERANCE`` of its value.

    Every value and slope that was computed bounds a convex function from below. The next shares
    tried lie half-way between the best known and the least of those bounds, and the search ends
    when the two are closer than the tolerance. *start* is kept where nothing is better by more
    than that, so that members which cannot be told apart share alike.

    Args:
        loss: Convex; gives its value (at least 0) and a subgradient of shape (M,).
        start: Shares to begin at, shape (M,).

    Source: Kelley 1960, "The cutting-plane method for solving convex programs".
    """
    cuts: list[tuple[float, FloatArray]] = []
    best, least = start, np.inf
    for tried in (start, *np.eye(len(start))):
        best, least = _better(loss, tried, best, least, cuts)
    while len(cuts) < MOST_CUTS:
        bound, lowest = _lowest(cuts)
        if least - bound <= TOLERANCE * least:
            break
        best, least = _better(loss, (best + lowest) / 2.0, best, least, cuts)
    return best


def _better(
    loss: Loss,
    tried: FloatArray,
    best: FloatArray,
    least: float,
    cuts: list[tuple[float, FloatArray]],
) -> tuple[FloatArray, float]:
    value, slope = loss(tried)
    cuts.append((value - float(slope @ tried), slope))
    return (tried, value) if value < least else (best, least)


def _lowest(cuts: list[tuple[float, FloatArray]]) -> tuple[float, FloatArray]:
    """Return the least of the bounds' maximum and the shares where it lies."""
    slopes = np.array([slope for _, slope in cuts])
    count = slopes.shape[1]
    found = optimize.linprog(
        np.append(np.zeros(count), 1.0),
        A_ub=np.column_stack([slopes, -np.ones(len(cuts))]),
        b_ub=[-height for height, _ in cuts],
        A_eq=np.append(np.ones(count), 0.0)[None, :],
        b_eq=[1.0],
        bounds=[(0.0, 1.0)] * count + [(None, None)],
    )
    shares = np.maximum(found.x[:count], 0.0)
    return float(found.x[count]), shares / shares.sum()
