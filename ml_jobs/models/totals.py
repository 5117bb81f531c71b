"""Demand over a lead time, learnt as a sum: what a reorder point needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import BoolArray, IntArray
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
LONGESTS_HELD_BACK = 2


@dataclass(frozen=True)
class FittedTotals:
    """Trees that learnt sums from one panel.

    Attributes:
        longest: Most periods that can be asked for.
    """

    trees: DemandTrees
    longest: int

    def forecast(
        self, known: Panel, periods: IntArray, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast the demand of each series over its first *periods* periods ahead.

        Args:
            known: Everything the forecast may be made from.
            periods: Periods to sum, 1 to ``longest``, shape (S,).
            series: Which series to forecast, shape (S,); those without history stay NaN.
            historic: Demand of one period as history shows it, for lots and least means.

        Returns:
            Units over the *periods*, all of shape (S,).

        Raises:
            ValueError: A length is below 1 or beyond ``longest``.
        """
        places = observed_series(known, series)
        lengths = periods[places]
        if len(lengths) and not 1 <= lengths.min() <= lengths.max() <= self.longest:
            found = f"{lengths.min()} to {lengths.max()}"
            raise ValueError(f"sums over {found} periods; learnt are 1 to {self.longest}")
        mean, excess = np.full(len(series), np.nan), np.full(len(series), np.nan)
        if len(places):
            history = history_of(known.rows(places), seasonal=self.trees.seasonal)
            features = total_rows(history, np.arange(len(places)), lengths)
            mean[places], excess[places] = self.trees.forecast(features, history.level * lengths)
        return NegativeBinomial(mean, excess, historic.lot, periods * historic.least_mean)


@dataclass(frozen=True)
class Totals:
    """Boosted trees for the demand summed over the first periods ahead, however many.

    Errors of single periods go together in ways that no rule of adding variances knows; so sums
    are learnt as sums, with their length as a feature.
    """

    plan: TrainingPlan = PLAN

    def fit(self, known: Panel, longest: int) -> FittedTotals:
        """Learn from *known* how demand of up to *longest* (at least 1) periods follows."""
        lengths = np.unique(np.rint(np.geomspace(1, longest, LENGTHS)).astype(np.int64))
        held_back = LONGESTS_HELD_BACK * longest
        trees = learn(known, lengths, self.plan, summed=True, held_back=held_back)
        return FittedTotals(trees, longest)
