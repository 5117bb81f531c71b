"""How mean and scatter are learnt one after the other, the scatter on what the mean never saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import lightgbm
import numpy as np

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.models.boosting import ExcessTrees, Growth, grow_excess, grow_mean, predict
from ml_jobs.models.gbm_features import Features
from ml_jobs.models.gbm_samples import Samples, draw_samples
from ml_jobs.panel import Panel

NOTHING_LEARNT_EXCESS = 1.0
LEAST_YEARS_OF_CALENDAR = 2  # below that a month seen once would be taken for a season
FIRST_CUTOFF = {"D": 28, "W": 8, "MS": 6}  # periods known at the earliest cutoff
CUTOFFS = 48  # past ones that the mean is learnt from
EXCESS_CUTOFFS = 16  # past ones, among the latest, that the scatter is learnt from
LEVEL_WEIGHT = 0.6  # power of a series' level that its rows weigh by in the mean's loss
EXCESS_WEIGHT = 0.5  # power of the expected demand that rows weigh by in the scatter's loss


@dataclass(frozen=True)
class TrainingPlan:
    """How the trees of mean and scatter are grown."""

    mean: Growth
    excess: Growth

    def with_seed(self, seed: int) -> TrainingPlan:
        """Return the same plan with *seed* for everything drawn."""
        return TrainingPlan(replace(self.mean, seed=seed), replace(self.excess, seed=seed))


@dataclass(frozen=True)
class DemandTrees:
    """What a panel taught: how demand compares with its level, and how it scatters.

    Attributes:
        seasonal: Whether the trees know the time of the year.
        mean: None if there was nothing to learn from: the level is forecast then.
        excess: None likewise.
    """

    seasonal: bool
    mean: lightgbm.Booster | None = None
    excess: ExcessTrees | None = None

    def forecast(self, features: Features, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean, units, and excess of demand, each of shape (N,).

        Args:
            features: Shape (N, F).
            scale: Level times periods, units, shape (N,).
        """
        if self.mean is None or self.excess is None:
            return scale, np.full(len(scale), NOTHING_LEARNT_EXCESS)
        return predict(self.mean, features) * scale, self.excess.of(features)


def learn(
    known: Panel, choices: IntArray, plan: TrainingPlan, *, summed: bool, held_back: int
) -> DemandTrees:
    """Learn mean and scatter from *known*.

    The scatter is learnt about forecasts made without the last *held_back* periods: what a model
    has seen, it scatters too little about.

    Args:
        known: Everything up to the cutoff.
        choices: What will be asked for: periods between the cutoff and the sum, and periods
            summed, shape (C, 2); a single step ahead is a sum of one period.
        plan: How trees are grown.
        summed: Whether rows have the features of sums, and not those of single periods.
        held_back: Periods that the scatter is learnt from; fewer if the calendar is short.
    """
    end = len(known.dates)
    first = max(min(FIRST_CUTOFF[known.frequency.value], end // 3), 1)
    seasonal = end >= LEAST_YEARS_OF_CALENDAR * known.frequency.steps_per_year
    draw = partial(
        draw_samples, choices=choices, seed=plan.mean.seed, seasonal=seasonal, summed=summed
    )
    samples = draw(known, first=first, cutoffs=CUTOFFS)
    if not samples.demand.any():
        return DemandTrees(seasonal)
    mean = _mean_of(samples, plan)
    # At least half of the calendar stays to learn the mean from that scatter is measured about.
    parted = max(end - held_back, first + (end - first) // 2)
    earlier = draw(known.until(parted), first=first, cutoffs=CUTOFFS)
    later = draw(known, first=parted, cutoffs=EXCESS_CUTOFFS)
    if not earlier.demand.any() or not later.demand.any():
        return DemandTrees(seasonal, mean, _excess_of(samples, mean, plan))
    return DemandTrees(seasonal, mean, _excess_of(later, _mean_of(earlier, plan), plan))


def _mean_of(samples: Samples, plan: TrainingPlan) -> lightgbm.Booster:
    weight = samples.level**LEVEL_WEIGHT
    return grow_mean(samples.features, samples.ratio, weight, growth=plan.mean)


def _excess_of(samples: Samples, mean: lightgbm.Booster, plan: TrainingPlan) -> ExcessTrees:
    scale = samples.level * samples.periods
    expected = predict(mean, samples.features) * scale / samples.lot
    # An expectation of next to nothing would else weigh next to nothing.
    weight = np.maximum(expected, 1e-4) ** EXCESS_WEIGHT
    counts = samples.demand / samples.lot
    return grow_excess(samples.features, counts, expected, weight, growth=plan.excess)
