"""lstm: one recurrent network for all series, which also learns how wide demand scatters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.dispersion import lots
from ml_jobs.models.library import observed_series
from ml_jobs.models.lstm_series import Floats, scaled_series
from ml_jobs.models.lstm_windows import Batch, Layout, Windows
from ml_jobs.models.protocol import Fitted
from ml_jobs.negative_binomial import LEAST_EXCESS, NegativeBinomial
from ml_jobs.panel import Panel

FORECAST_WINDOWS = 256  # series forecast or checked at once; more are padded to a multiple
MOST_CELLS = 1_200_000  # periods of all series learnt from; some 100 bytes of memory each
MOST_HELD = 512  # series that training is checked by
HELD_SHARE = 6  # one series in so many is checked by
STEPS_AHEAD = 28  # steps in a window of training; a longer horizon is learnt by samples


@dataclass(frozen=True)
class FittedLstm:
    """What the network learnt from the series of one cutoff.

    Attributes:
        weights: All of the network's, flat; numpy, so that no jax is needed to unpickle it.
        layout: Sizes of the network.
        horizon: Steps ahead that it was made for.
        losses: Mean negative log likelihood of the windows held back, at each look.
        steps: Gradient steps that were taken.
    """

    weights: Floats
    layout: Layout
    horizon: int
    losses: tuple[float, ...]
    steps: int

    def forecast(
        self, known: Panel, horizon: int, *, series: BoolArray, historic: NegativeBinomial
    ) -> NegativeBinomial:
        """Forecast in batches of one size; batch-mates don't touch each other's figures."""
        mean = np.full((len(known.item_ids), horizon), np.nan)
        excess = mean.copy()
        able = observed_series(known, series)
        for first in range(0, len(able), FORECAST_WINDOWS):
            rows = able[first : first + FORECAST_WINDOWS]
            mean[rows], excess[rows] = self._forecast(known.rows(rows), horizon)
        return replace(historic, mean=mean, excess=excess)

    def _forecast(self, known: Panel, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Return mean in units and excess in lots of the few series of *known*."""
        from ml_jobs.models import lstm_network  # here, because jax takes a second to load

        scaled = scaled_series(known, horizon)
        every = np.arange(len(known.item_ids))
        batch = Windows(scaled, self.horizon).at_end(
            every, scaled.periods, size=FORECAST_WINDOWS, steps=horizon
        )
        counts, dispersion = lstm_network.forecast(self.weights, batch, self.layout)
        unit = scaled.unit[:, None]
        mean = counts[every].astype(np.float64) * unit
        ratio = (1.0 + dispersion[every].astype(np.float64)) * unit / lots(known.demand)[:, None]
        return mean, np.maximum(ratio - 1.0, LEAST_EXCESS)


@dataclass(frozen=True)
class Lstm:
    """Global LSTM with negative binomial answers for all steps of the horizon at once.

    It learns from windows drawn at random out of all series. The last *horizon* periods of one
    series in six are held back: training ends when their forecasts get no better, or when
    its budget is spent, which grows with the root of the number of series. After an earlier
    cutoff's network of the same layout it goes on from there, with a small part of the budget.

    Attributes:
        width: Numbers in the state of the network.
        windows: Windows in a gradient step.
        steps: Gradient steps at most, for a thousand series.
        later_steps: The same, when going on from an earlier cutoff.
        rate: Highest learning rate.
        later_rate: The same, when going on.
        patience: Looks without gain, of which there are twelve, before training ends.
        seed: Of the first weights and the choice of windows.

    Source: Salinas et al. 2020, "DeepAR", section 3: scaling, likelihood and window sampling.
    """

    source: ClassVar[str] = "lstm"
    width: int = 32
    windows: int = 64
    steps: int = 750
    later_steps: int = 100
    rate: float = 8e-3
    later_rate: float = 2e-3
    patience: int = 6
    seed: int = 1

    def fit(self, known: Panel, horizon: int, *, after: Fitted | None = None) -> FittedLstm:
        """Train on *known*, from *after* on where that fits."""
        from ml_jobs.models import lstm_network

        random = np.random.default_rng(self.seed)
        learnt = _draw_series(known, random)
        windows = Windows(scaled_series(learnt, 0), horizon)
        held, ends = _hold_back(learnt, horizon, random)
        layout = windows.layout(self.width)
        if isinstance(after, FittedLstm) and after.layout == layout:
            first, most, rate = after.weights, self.later_steps, self.later_rate
        else:
            first = lstm_network.initial_weights(layout, self.seed)
            most, rate = self.steps, self.rate
        able = int((learnt.starts + 1 < ends).sum())
        share = np.clip(np.sqrt(able / 1000.0), 0.5, 1.5) if able else 0.0
        weights, losses, steps = lstm_network.train(
            first,
            windows.sample(ends, size=self.windows, steps=min(horizon, STEPS_AHEAD), random=random),
            tuple(_checks(windows, held)),
            layout=layout,
            steps=round(most * share),
            rate=rate,
            patience=self.patience,
        )
        return FittedLstm(weights, layout, horizon, losses, steps)


def _draw_series(known: Panel, random: np.random.Generator) -> Panel:
    """Return the series with history, or as many of them, drawn at random, as are affordable."""
    begun = np.flatnonzero(known.starts < len(known.dates))
    most = max(MOST_CELLS // len(known.dates), 1)
    if len(begun) > most:
        begun = np.sort(random.choice(begun, most, replace=False))
    return known.rows(begun)


def _hold_back(
    learnt: Panel, horizon: int, random: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Return the series to check by, and the periods of every series to learn from."""
    end = len(learnt.dates) - horizon
    able = np.flatnonzero(learnt.starts + 1 < end)
    held = random.permutation(able)[: min(-(-len(able) // HELD_SHARE), MOST_HELD)]
    ends = np.full(len(learnt.item_ids), len(learnt.dates))
    ends[held] = end
    return held, ends


def _checks(windows: Windows, held: IntArray) -> Iterator[Batch]:
    for first in range(0, len(held), FORECAST_WINDOWS):
        yield windows.at_end(
            held[first : first + FORECAST_WINDOWS],
            windows.series.periods - windows.horizon,
            size=FORECAST_WINDOWS,
            steps=windows.horizon,
        )
