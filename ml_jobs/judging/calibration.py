"""Widths of bands corrected where a source was too sure, or too unsure, time and again.

One window says little about the next: a correction that would have helped once harms as often as
not. So a factor must have helped at every one of several cutoffs, by more than the cutoffs differ
among themselves, and only half of it is applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, TextArray, divide
from ml_jobs.forecasts import Forecasts
from ml_jobs.models.ensemble_weights import WeightSamples, row_counts, summed_pinball
from ml_jobs.negative_binomial import LEVELS

STEP = 1.1  # factors tried are powers of it; the half of an even power is one as well
POWERS = tuple(range(-6, 7, 2))
LEAST_CUTOFFS = 3
LEAST_GAIN = 0.01  # share of the loss, below which a correction isn't worth its risk
NOISE = 2.0  # standard errors of the gain over the cutoffs that the gain must exceed

_MEDIAN = LEVELS.index(0.5)


@dataclass(frozen=True)
class Widths:
    """How much wider than published each source's bands should be, by demand class.

    Attributes:
        factors: By source and class; on distances from the median. 1 for what is not there.
    """

    factors: Mapping[tuple[str, str], float]

    def of(self, source: str, classes: TextArray) -> FloatArray:
        """Return the factor of each series, given its demand class, shape (S,)."""
        return np.array([self.factors.get((source, str(name)), 1.0) for name in classes])


def learn_widths(samples: WeightSamples) -> Widths:
    """Learn the factors that would have made the pinball loss less at all cutoffs of *samples*.

    Those are the cutoffs before the one that the factors are for, and no other.

    Source: Gneiting, Balabdaoui and Raftery 2007, "Probabilistic forecasts, calibration and
    sharpness": the loss, not the coverage alone, says whether a width is right.
    """
    factors = {
        (source, str(group)): _factor_of(samples, source, group)
        for source in samples.members
        for group in np.unique(samples.groups)
    }
    return Widths({key: factor for key, factor in factors.items() if factor != 1.0})


def _factor_of(samples: WeightSamples, source: str, group: str) -> float:
    place = samples.members.index(source)
    rows = samples.rows((samples.groups == group) & samples.covered[:, place])
    ages = np.unique(rows.ages)
    if len(ages) < LEAST_CUTOFFS:
        return 1.0
    quantiles = rows.quantiles[:, place]
    counts = row_counts(rows, quantiles)
    lost = {power: counts * _loss(rows, quantiles, power) for power in POWERS}
    half = min(POWERS, key=lambda power: (lost[power].sum(), abs(power))) // 2
    gain = lost[0] - counts * _loss(rows, quantiles, half)
    return float(STEP**half) if _certain(gain, lost[0], rows, ages) else 1.0


def _certain(gain: FloatArray, loss: FloatArray, rows: WeightSamples, ages: IntArray) -> bool:
    """Whether the gain is there at every cutoff, worth having, and more than noise."""
    masks = [rows.ages == age for age in ages]
    of_loss = np.array([loss[mask].sum() for mask in masks])
    shares = divide(np.array([gain[mask].sum() for mask in masks]), of_loss)
    error = shares.std(ddof=1) / np.sqrt(len(ages))
    return bool((shares > 0).all() and shares.mean() > max(LEAST_GAIN, NOISE * error))


def _loss(rows: WeightSamples, quantiles: FloatArray, power: int) -> FloatArray:
    return summed_pinball(rows.actual, _stretch(quantiles, np.array(STEP**power)))


def stretch(forecasts: Forecasts, factors: FloatArray) -> Forecasts:
    """Return the forecasts with every quantile's distance from the median multiplied.

    The mean stays, and no quantile falls below 0.

    Args:
        forecasts: Of S series.
        factors: As `Widths.of` gives them, > 0, shape (S,).
    """
    return replace(forecasts, quantiles=_stretch(forecasts.quantiles, factors[:, None]))


def _stretch(quantiles: FloatArray, factors: FloatArray) -> FloatArray:
    median = quantiles[..., _MEDIAN, None]
    return np.maximum(median + factors[..., None] * (quantiles - median), 0.0)
