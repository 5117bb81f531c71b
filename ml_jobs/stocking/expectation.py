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
        periods: How far to sum, at least 0, shape (S,), or (S, K) for K lengths of each.
        season: Periods in a season.

    Returns:
        Units, shaped as *periods*.
    """
    summed = running_sums(mean)
    whole = np.minimum(np.floor(periods), mean.shape[1]).astype(np.int64)
    rows = np.arange(len(mean)) if periods.ndim == 1 else np.arange(len(mean))[:, None]
    rate = _with_last_season(mean, season)[rows, whole]
    return summed[rows, whole] + (periods - whole) * rate


def periods_until(amount: FloatArray, mean: FloatArray, season: int) -> FloatArray:
    """Return after how many periods expected demand has used up *amount*; infinity if never.

    Args:
        amount: Units, at least 0, shape (S,).
        mean: Units per period, shape (S, H); goes on as in `expected_demand`.
        season: Periods in a season.
    """
    summed = running_sums(mean)
    whole = (summed[:, 1:] < amount[:, None]).sum(axis=1)
    rows = np.arange(len(mean))
    left = amount - summed[rows, whole]
    rate = _with_last_season(mean, season)[rows, whole]
    moving = np.where(rate > _NEVER, rate, np.nan)
    part = np.nan_to_num(divide(left, moving), nan=np.inf)
    answer: FloatArray = np.where(left <= 0, whole, whole + part)
    return answer


def _with_last_season(mean: FloatArray, season: int) -> FloatArray:
    """The forecast, and the rate that it goes on at: the mean of its last season; (S, H + 1)."""
    rate = mean[:, -season:].mean(axis=1, keepdims=True)
    return np.concatenate([mean, rate], axis=1)
