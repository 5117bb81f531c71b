"""Resampled sums over series that add up over partitions, and the interval that they give."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from ml_jobs.arrays import FloatArray
from ml_jobs.judging import metrics


def resamples(
    item_ids: Sequence[str], location_ids: Sequence[str], *, samples: int, seed: int
) -> FloatArray:
    """Return how often each series is drawn in each resample, shape (S, samples).

    The counts are Poisson with mean 1, which for many series is the multinomial of the textbook's
    bootstrap. They come from the series' own name and the seed, so that neither the order of the
    series nor how they are split into partitions matters.

    Source: Chamandy et al. 2012, "Estimating uncertainty for massive data streams", section 3.
    """
    counts = np.empty((len(item_ids), samples))
    for row, name in enumerate(zip(item_ids, location_ids, strict=True)):
        key = crc32("\x1f".join(name).encode())
        counts[row] = np.random.default_rng([seed, key]).poisson(1.0, samples)
    return counts


def value_added_interval(loss: FloatArray, naive_loss: FloatArray) -> tuple[float, float]:
    """Interval that holds the value added over naive of a group of series with 95 % confidence.

    Its ends are the 2.5 % and 97.5 % quantiles of 1 - loss / naive_loss over the resamples.

    Args:
        loss: Sum over the group of the scaled pinball loss, in each resample, shape (B,).
        naive_loss: That of naive on the same series, shape (B,).

    Returns:
        Lower and upper end; NaN both where naive's loss is 0 in every resample.

    Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3.
    """
    values = metrics.forecast_value_added(loss, naive_loss)
    known = values[np.isfinite(values)]
    if not known.size:
        return np.nan, np.nan
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
