"""Past and future in one line: what was forecast for each period at the last cutoff before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.forecasts import Forecasts
from ml_jobs.judging.backtest import Backtest
from ml_jobs.panel import Dates, Panel


@dataclass(frozen=True)
class Timeline:
    """P periods, from the first cutoff of the backtest to the end of the horizon.

    Attributes:
        dates: First day of each period, shape (P,).
        cutoffs: Periods that the models had seen, shape (P,).
        actual: Demand, units per period, shape (S, P); NaN in the future.
        forecasts: By source, shapes (S, P) and (S, P, 10).
    """

    dates: Dates
    cutoffs: IntArray
    actual: FloatArray
    forecasts: Mapping[str, Forecasts]


def timeline_of(panel: Panel, backtest: Backtest, future: Mapping[str, Forecasts]) -> Timeline:
    """Join the backtest's forecasts, each until the next cutoff, and those of the future."""
    horizon = backtest.horizon
    known = len(panel.dates)
    cutoffs = [origin.cutoff for origin in backtest.origins] + [known]
    steps = [min(horizon, after - before) for before, after in pairwise(cutoffs)]
    taken = [*steps, horizon]
    periods = np.concatenate([c + np.arange(n) for c, n in zip(cutoffs, taken, strict=True)])
    calendar = np.concatenate([panel.dates, panel.frequency.following(panel.dates[-1], horizon)])
    unknown = np.full((len(panel.item_ids), horizon), np.nan)
    actuals = [origin.actual[:, :n] for origin, n in zip(backtest.origins, steps, strict=True)]
    return Timeline(
        dates=calendar[periods],
        cutoffs=np.repeat(cutoffs, taken),
        actual=np.concatenate([*actuals, unknown], axis=1),
        forecasts={
            source: _join(
                [(o.forecasts[source], n) for o, n in zip(backtest.origins, steps, strict=True)]
                + [(forecasts, horizon)]
            )
            for source, forecasts in future.items()
        },
    )


def _join(parts: list[tuple[Forecasts, int]]) -> Forecasts:
    return Forecasts(
        np.concatenate([part.mean[:, :steps] for part, steps in parts], axis=1),
        np.concatenate([part.quantiles[:, :steps] for part, steps in parts], axis=1),
    )
