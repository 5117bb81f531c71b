"""Expected demand summed from a forecast, and how long an amount lasts under it."""

from __future__ import annotations

import numpy as np

from ml_jobs.arrays import FloatArray, divide, running_sums

_NEVER = 1e-9  # units per period below which demand is taken to have ended


def expected_demand(mean: FloatArray, periods: FloatArray, season: int) -> FloatArray:
    """Return the expected demand of the first *periods* periods; a part of one counts as a part.

    Beyond the horizon the forecast goes on at the mean of its last season.

    Args:
        mean: Units per period, shape (S, H).
        periods: How far to sum, at least 0, shape (S,).
        season: Periods in a season.

    Returns:
        Units, shape (S,).
    """
    horizon = mean.shape[1]
    summed = running_sums(mean)
    whole = np.minimum(np.floor(periods), horizon).astype(np.int64)
    rows = np.arange(len(mean))
    padded = np.concatenate([mean, flat_rate(mean, season)[:, None]], axis=1)
    answer: FloatArray = summed[rows, whole] + (periods - whole) * padded[rows, whole]
    return answer


def periods_until(amount: FloatArray, mean: FloatArray, season: int) -> FloatArray:
    """Return after how many periods expected demand has used up *amount*; infinity if never.

    Args:
        amount: Units, at least 0, shape (S,).
        mean: Units per period, shape (S, H); goes on as in `expected_demand`.
        season: Periods in a season.
    """
    horizon = mean.shape[1]
    summed = running_sums(mean)
    whole = (summed[:, 1:] < amount[:, None]).sum(axis=1)
    rows = np.arange(len(mean))
    padded = np.concatenate([mean, flat_rate(mean, season)[:, None]], axis=1)
    left = amount - summed[rows, whole]
    rate = padded[rows, np.minimum(whole, horizon)]
    moving = np.where(rate > _NEVER, rate, np.nan)
    part = np.nan_to_num(divide(left, moving), nan=np.inf)
    answer: FloatArray = np.where(left <= 0, whole, whole + part)
    return answer


def flat_rate(mean: FloatArray, season: int) -> FloatArray:
    """Return the mean of the last season of each forecast, units per period, shape (S,)."""
    rate: FloatArray = mean[:, -min(season, mean.shape[1]) :].mean(axis=1)
    return rate
