"""Demand over several periods, learnt as a sum: what reorder points and weeks are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import IntArray
from ml_jobs.models.boosting import Growth
from ml_jobs.models.gbm_features import history_of, total_rows
from ml_jobs.models.gbm_learning import DemandTrees, TrainingPlan, learn
from ml_jobs.models.library import observed_series
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel

PLAN = TrainingPlan(
    mean=Growth(rounds=80, leaves=15, learning_rate=0.08, least_rows=200),
    excess=Growth(rounds=60, leaves=15, learning_rate=0.1, least_rows=100),
)
LENGTHS = 12  # lengths that are learnt from, evenly spaced on a logarithmic scale
BEGINS = 12  # the same of the periods between the cutoff and a sum that begins later
HELD_BACK = 2  # times the farthest sum: the periods that scatter is learnt from


@dataclass(frozen=True)
class FittedTotals:
    """Trees that learnt sums from one panel.

    Attributes:
        longest: Most periods that can be summed.
        farthest: Most periods that a sum may reach to.
    """

    trees: DemandTrees
    longest: int
    farthest: int

    def forecast(
        self, known: Panel, begins: IntArray, lengths: IntArray, *, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast K sums of the demand ahead for each of S series.

        Args:
            known: Everything the forecast may be made from.
            begins: Periods between the panel's last one and the sum, at least 0, shape (S, K).
            lengths: Periods summed, likewise; 0 where nothing is asked, which stays NaN, as do
                series without history.
            historic: Demand of one period as history shows it, for lots and least means.

        Returns:
            Units over the periods summed; mean, excess and least mean of shape (S, K).

        Raises:
            ValueError: A sum is longer than ``longest``, reaches beyond ``farthest``, or begins
                before the end of the panel.
        """
        longest, reach = lengths.max(initial=0), (begins + lengths)[lengths > 0].max(initial=0)
        if min(lengths.min(initial=0), begins.min(initial=0)) < 0 or longest > self.longest:
            found = f"sums over {lengths.min(initial=0)} to {longest} periods"
            raise ValueError(f"{found}; learnt are 1 to {self.longest}")
        if reach > self.farthest:
            raise ValueError(f"a sum that ends after {reach} periods; learnt are {self.farthest}")
        mean, excess = np.full(lengths.shape, np.nan), np.full(lengths.shape, np.nan)
        places = observed_series(known, lengths.max(axis=1, initial=0) > 0)
        if len(places):
            history = history_of(known.rows(places), seasonal=self.trees.seasonal)
            rows, sums = np.nonzero(lengths[places] > 0)
            cells = (places[rows], sums)
            features = total_rows(history, rows, begins[cells], lengths[cells])
            scale = history.level[rows] * lengths[cells]
            mean[cells], excess[cells] = self.trees.forecast(features, scale)
        return NegativeBinomial(mean, excess, historic.lot, lengths * historic.least_mean[:, None])


@dataclass(frozen=True)
class Totals:
    """Boosted trees for the demand summed over periods ahead, however many and from when on.

    Errors of single periods go together in ways that no rule of adding variances knows; so sums
    are learnt as sums, with begin and length as features. Half of what is learnt from are sums of
    all lengths that begin at the cutoff, as those over a lead time do; the other half are sums of
    *readable* periods, a week of days or one week or month, that begin later.
    """

    plan: TrainingPlan = PLAN

    def fit(self, known: Panel, longest: int, *, readable: int, farthest: int) -> FittedTotals:
        """Learn from *known* how the demand ahead follows.

        Args:
            known: The history up to the cutoff.
            longest: Most periods that will be summed from the cutoff on, at least 1.
            readable: Periods of a sum that may begin later, at least 1.
            farthest: Most periods that such a sum may reach to, at least *longest*.
        """
        lengths = _spread(longest, LENGTHS)
        begins = _spread(farthest - readable, BEGINS)
        at_once = np.stack([np.zeros_like(lengths), lengths], axis=1)
        later = np.stack([begins, np.full_like(begins, readable)], axis=1)
        trees = learn(
            known,
            np.concatenate([at_once, later]),
            self.plan,
            summed=True,
            held_back=HELD_BACK * farthest,
        )
        return FittedTotals(trees, max(longest, readable), farthest)


def _spread(most: int, count: int) -> IntArray:
    """Whole numbers from 1 to *most*, evenly spaced on a logarithmic scale; none below 1."""
    found = np.unique(np.rint(np.geomspace(1, max(most, 1), count)).astype(np.int64))
    return found if most > 0 else found[:0]
