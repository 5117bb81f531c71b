"""What boosted trees learn from: past cutoffs of many series, and the demand that followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, concatenate, running_sums
from ml_jobs.dispersion import lots
from ml_jobs.models.gbm_features import Features, history_of, period_rows, total_rows
from ml_jobs.panel import Panel

LEAST_HISTORY = {"D": 14, "W": 4, "MS": 3}  # periods of a series before it is learnt from
DRAWS = 4  # rows of one series at one cutoff
SUM_DRAWS = 6  # the same of sums, half of which begin at the cutoff
MOST_ROWS = 400_000  # in all; beyond, fewer series are drawn at each cutoff


@dataclass(frozen=True)
class Samples:
    """Rows of training; one row is a series, a cutoff, and the periods asked for.

    Attributes:
        features: Shape (N, F).
        demand: What followed, units, shape (N,).
        level: Of the series as of the cutoff, units per period, shape (N,).
        periods: How many periods *demand* is summed over, shape (N,).
        lot: Units in a lot, shape (N,).
    """

    features: Features
    demand: FloatArray
    level: FloatArray
    periods: FloatArray
    lot: FloatArray

    @property
    def ratio(self) -> FloatArray:
        """Demand per period over the level."""
        return self.demand / (self.level * self.periods)


_NONE: FloatArray = np.zeros(0)
NO_SAMPLES = Samples(np.zeros((0, 0), np.float32), _NONE, _NONE, _NONE, _NONE)


def draw_samples(
    known: Panel,
    choices: IntArray,
    *,
    first: int,
    cutoffs: int,
    seed: int,
    seasonal: bool,
    summed: bool,
) -> Samples:
    """Draw rows of training at past cutoffs; none where no series has history enough.

    Args:
        known: Everything up to the cutoff that is forecast from; samples end with it.
        choices: What may be asked for: periods between a cutoff and the sum, and periods summed,
            shape (C, 2).
        first: Fewest periods known at a cutoff.
        cutoffs: How many cutoffs are spread evenly from there to the last period.
        seed: Of what is drawn.
        seasonal: Whether the features tell the time of the year.
        summed: Whether rows have the features of sums, and not those of single periods.
    """
    random = np.random.default_rng(seed)
    draws = SUM_DRAWS if summed else DRAWS
    lot = lots(known.demand)
    sums = running_sums(np.nan_to_num(known.demand))
    last, parts = len(known.dates) - 1, []
    spread = np.linspace(first, last, cutoffs if last >= first else 0)
    places = np.unique(np.rint(spread).astype(np.int64)).tolist()
    for cutoff in places:
        reached = choices[choices.sum(axis=1) <= len(known.dates) - cutoff]
        most = MOST_ROWS // (len(places) * max(min(draws, len(reached)), 1))
        series = _draw_series(known, cutoff, max(most, 1), random)
        if not len(series) or not len(reached):
            continue
        rows, asked = _draw_choices(len(series), reached, draws, random)
        begins, lengths = asked.T
        past = known.until(cutoff).rows(series)
        history = history_of(past, seasonal=seasonal, lot=lot[series])
        following = sums[series, cutoff:]
        part = Samples(
            features=total_rows(history, rows, begins, lengths)
            if summed
            else period_rows(history, rows, begins + 1),
            demand=following[rows, begins + lengths] - following[rows, begins],
            level=history.level[rows],
            periods=lengths.astype(np.float64),
            lot=history.lot[rows],
        )
        parts.append(part)
    return concatenate(parts) if parts else NO_SAMPLES


def _draw_series(known: Panel, cutoff: int, most: int, random: np.random.Generator) -> IntArray:
    """Return at most *most* series that have history enough at *cutoff*."""
    least = min(LEAST_HISTORY[known.frequency.value], cutoff)
    able = np.flatnonzero(known.starts <= cutoff - least)
    return np.sort(random.choice(able, most, replace=False)) if len(able) > most else able


def _draw_choices(
    count: int, reached: IntArray, draws: int, random: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Draw different choices for each of *count* series; return series and choice of each row."""
    drawn = min(draws, len(reached))
    picked = np.argsort(random.random((count, len(reached))), axis=1)[:, :drawn]
    return np.repeat(np.arange(count), drawn), reached[picked.ravel()]
