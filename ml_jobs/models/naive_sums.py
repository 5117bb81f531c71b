"""The naive forecast of whole weeks and months, with the scatter that it had in the past."""

from __future__ import annotations

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, divide, running_sums
from ml_jobs.dispersion import LEAST_MEAN, lots
from ml_jobs.grain import Readable
from ml_jobs.negative_binomial import LEAST_EXCESS, NegativeBinomial
from ml_jobs.panel import Panel


def naive_sums(panel: Panel, asked: Readable, cutoffs: IntArray) -> NegativeBinomial:
    """Forecast W sums for each series by the last season before a cutoff, as `Naive` does.

    The excess is that of past sums about the same sum as many whole seasons before as lie between
    the forecast's sum and its season.

    Args:
        panel: The whole history, of which nothing after a sum's own cutoff is looked at.
        asked: The weeks or months.
        cutoffs: Periods known when each is forecast, shape (S, W); 0 where nothing is asked.

    Returns:
        Units; mean, excess and least mean of shape (S, W), NaN where the series has no history.
    """
    season, begins = panel.frequency.season, np.broadcast_to(asked.begins, cutoffs.shape)
    starts = panel.starts[:, None]
    observed = np.where(cutoffs > 0, cutoffs - starts, 0)
    known = observed > 0
    repeated = np.clip(observed, 1, season)
    rows = np.arange(len(cutoffs))[:, None]
    demand = np.nan_to_num(panel.demand)
    mean = np.zeros(cutoffs.shape)
    for step in range(asked.length):
        place = cutoffs - repeated + (begins - cutoffs + step) % repeated
        mean += demand[rows, np.where(known, place, 0)]
    ahead = np.where(known, begins + asked.length - cutoffs, 0)
    shifts = season * -(-ahead // season)
    level, lot = _mean_until(panel, cutoffs, observed), lots(panel.demand)
    variance = _past_squares(demand, panel.starts, asked.length, cutoffs, shifts)
    over = divide(variance, asked.length * level * lot[:, None]) - 1.0
    excess = np.maximum(np.nan_to_num(over), LEAST_EXCESS)
    least = LEAST_MEAN * asked.length * np.nan_to_num(level)
    return NegativeBinomial(
        np.where(known, mean, np.nan), np.where(known, excess, np.nan), lot, least
    )


def _mean_until(panel: Panel, cutoffs: IntArray, observed: IntArray) -> FloatArray:
    """Mean demand of a period before each cutoff; NaN where none was observed."""
    summed = running_sums(np.nan_to_num(panel.demand))
    total = summed[np.arange(len(cutoffs))[:, None], np.minimum(cutoffs, summed.shape[1] - 1)]
    return divide(total, observed.astype(np.float64))


def _past_squares(
    demand: FloatArray, starts: IntArray, length: int, cutoffs: IntArray, shifts: IntArray
) -> FloatArray:
    """Mean squared difference of sums *shifts* periods apart that were over by each cutoff."""
    answer = np.full(cutoffs.shape, np.nan)
    summed = running_sums(demand)
    sums = summed[:, length:] - summed[:, :-length]
    begins = np.arange(sums.shape[1])
    for shift in np.unique(shifts[cutoffs > 0]).tolist():
        # A short history has no two sums that far apart.
        pairs = max(sums.shape[1] - shift, 0)
        usable = begins[shift:] >= starts[:, None] + shift
        squares = np.where(usable, sums[:, shift:] - sums[:, :pairs], 0.0) ** 2
        total, count = running_sums(squares), running_sums(usable)
        # The last sum that was over by a cutoff begins *length* periods before it.
        over = np.clip(cutoffs - length + 1 - shift, 0, pairs)
        rows = np.arange(len(cutoffs))[:, None]
        asked = (cutoffs > 0) & (shifts == shift)
        answer = np.where(asked, divide(total[rows, over], count[rows, over]), answer)
    return answer
