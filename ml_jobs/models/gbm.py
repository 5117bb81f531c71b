"""Boosted trees over all series at once: the mean of every period ahead, and its scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml_jobs.arrays import BoolArray
from ml_jobs.models.boosting import Growth
from ml_jobs.models.gbm_features import history_of, is_seasonal, period_rows
from ml_jobs.models.gbm_learning import Learnt, Plan, learn
from ml_jobs.models.gbm_samples import Samples, Sampling, period_samples
from ml_jobs.models.protocol import Fitted, PointForecasts
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, Work, silent

PLAN = Plan(
    mean=Growth(rounds=80, leaves=15, learning_rate=0.08, least_rows=300),
    excess=Growth(rounds=60, leaves=15, learning_rate=0.1, least_rows=200),
)
HORIZONS_HELD_BACK = 2
NOTHING_LEARNT_EXCESS = 1.0


@dataclass(frozen=True)
class FittedGbm:
    """Trees that learnt from one panel.

    Attributes:
        learnt: None if there was nothing to learn from: the level is forecast then.
        seasonal: Whether the trees know the time of the year.
    """

    learnt: Learnt | None
    seasonal: bool

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast mean and excess of the *horizon* periods after the panel's last one.

        Args:
            known: Everything the forecast may be made from.
            horizon: Periods ahead.
            series: Which series to forecast, shape (S,); those without history stay NaN.
            report: Told how many series are done.
        """
        places = np.flatnonzero(series & (known.starts < len(known.dates)))
        mean = np.full((len(series), horizon), np.nan)
        excess = np.full((len(series), horizon), np.nan)
        if len(places):
            history = history_of(known.rows(places), seasonal=self.seasonal)
            rows = np.repeat(np.arange(len(places)), horizon)
            steps = np.tile(np.arange(1, horizon + 1), len(places))
            level = history.level[rows]
            answer = (level, np.full(len(rows), NOTHING_LEARNT_EXCESS))
            if self.learnt is not None:
                answer = self.learnt.forecast(period_rows(history, rows, steps), level)
            mean[places], excess[places] = (part.reshape(-1, horizon) for part in answer)
        report(Work(Gbm.source, len(places), len(places)))
        return PointForecasts(mean, excess=excess)


@dataclass(frozen=True)
class Gbm:
    """Gradient boosted trees that forecast every step directly, never from their own forecasts.

    Demand is learnt over its series' level with a Tweedie loss, which takes zeros as they are;
    the scatter is learnt with the likelihood of the negative binomial.

    Attributes:
        plan: How much is learnt.

    Source: Ke et al. 2017, "LightGBM: A Highly Efficient Gradient Boosting Decision Tree".
    """

    source: ClassVar[str] = "gbm"
    plan: Plan = PLAN

    def fit(
        self,
        known: Panel,
        horizon: int,
        *,
        after: Fitted | None = None,
        report: ReportWork = silent,
    ) -> FittedGbm:
        """Learn from *known* how demand of the next *horizon* periods follows from the past.

        Args:
            known: The history up to the cutoff, and nothing after it.
            horizon: Periods ahead that will be asked for.
            after: Not used: trees are quick to grow anew.
            report: Told when the training is done.
        """
        del after
        seasonal = is_seasonal(known)

        def draw(panel: Panel, sampling: Sampling) -> Samples:
            return period_samples(panel, horizon, sampling, seasonal=seasonal)

        learnt = learn(known, draw, self.plan, held_back=HORIZONS_HELD_BACK * horizon)
        report(Work(self.source, 1, 1))
        return FittedGbm(learnt, seasonal)
