"""Boosted trees over all series at once: the mean of every period ahead, and its scatter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ml_jobs.arrays import BoolArray
from ml_jobs.models.boosting import Growth
from ml_jobs.models.gbm_features import history_of, period_rows
from ml_jobs.models.gbm_learning import DemandTrees, TrainingPlan, learn
from ml_jobs.models.library import observed_series
from ml_jobs.models.protocol import Fitted
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel

PLAN = TrainingPlan(
    mean=Growth(rounds=80, leaves=15, learning_rate=0.08, least_rows=300),
    excess=Growth(rounds=60, leaves=15, learning_rate=0.1, least_rows=200),
)
HORIZONS_HELD_BACK = 2


@dataclass(frozen=True)
class FittedGbm:
    """Trees that learnt from one panel."""

    trees: DemandTrees

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast mean and excess of the *horizon* periods after the panel's last one."""
        mean = np.full((len(series), horizon), np.nan)
        excess = mean.copy()
        places = observed_series(known, series)
        if len(places):
            history = history_of(known.rows(places), seasonal=self.trees.seasonal)
            rows = np.repeat(np.arange(len(places)), horizon)
            steps = np.tile(np.arange(1, horizon + 1), len(places))
            features = period_rows(history, rows, steps)
            answer = self.trees.forecast(features, history.level[rows])
            mean[places], excess[places] = (part.reshape(-1, horizon) for part in answer)
        return replace(historic, mean=mean, excess=excess)


@dataclass(frozen=True)
class Gbm:
    """Gradient boosted trees that forecast every step directly, never from their own forecasts.

    Demand is learnt over its series' level with a Tweedie loss, which takes zeros as they are;
    the scatter is learnt with the likelihood of the negative binomial.

    Source: Ke et al. 2017, "LightGBM: A Highly Efficient Gradient Boosting Decision Tree".
    """

    source: ClassVar[str] = "gbm"
    plan: TrainingPlan = PLAN

    def fit(self, known: Panel, horizon: int, *, after: Fitted | None = None) -> FittedGbm:
        """Learn from *known* how demand of the next *horizon* periods follows from the past."""
        del after  # trees are quick to grow anew
        steps = np.arange(horizon)
        single = np.stack([steps, np.ones_like(steps)], axis=1)
        held_back = HORIZONS_HELD_BACK * horizon
        return FittedGbm(learn(known, single, self.plan, summed=False, held_back=held_back))
