"""The backtest measured: every source on every series, and the sums that groups are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, divide
from ml_jobs.judging import metrics
from ml_jobs.judging.backtest import Backtest
from ml_jobs.judging.verdicts import value_added_by_origin
from ml_jobs.negative_binomial import LEVELS

NAIVE = "naive"
BANDS = {"coverage_50": (0.25, 0.75), "coverage_80": (0.1, 0.9), "coverage_95": (0.025, 0.975)}
MEASURES = (
    "mape",
    "wape",
    "wql",
    "total_error",
    "mase",
    "rmsse",
    "bias",
    "tracking_signal",
    "scaled_pinball",
    *BANDS,
    "fva_vs_naive",
)
INTERVAL = ("fva_low", "fva_high")

Measures = dict[str, FloatArray]
Change = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Pairs:
    """Forecasts of one source beside what then happened.

    All arrays have the shape (S, O, H): series, origins, steps. Where a series has no forecast,
    forecast, actual and loss are NaN.

    Attributes:
        bands: Lower and upper end per name of a coverage.
        loss: Pinball loss averaged over the levels, units per period.
    """

    forecast: FloatArray
    actual: FloatArray
    bands: Mapping[str, tuple[FloatArray, FloatArray]]
    loss: FloatArray
    scale: FloatArray
    seasonal_scale: FloatArray
    squared_scale: FloatArray

    def part(self, rows: BoolArray | IntArray | slice, steps: int) -> Pairs:
        """Return the pairs of some series and the first *steps* steps, shape (s, O, steps)."""
        return self._each(lambda values: values[rows][:, :, :steps])

    def _each(self, change: Change) -> Pairs:
        return Pairs(
            change(self.forecast),
            change(self.actual),
            {name: (change(low), change(high)) for name, (low, high) in self.bands.items()},
            change(self.loss),
            change(self.scale),
            change(self.seasonal_scale),
            change(self.squared_scale),
        )

    def measures(self) -> Measures:
        """Return every measure of each series but those that compare sources, shape (S,) each."""
        flat = self._each(_by_series)
        forecast, actual = flat.forecast, flat.actual
        measured = {
            "mape": metrics.mape(forecast, actual),
            "wape": metrics.wape(forecast, actual),
            "wql": metrics.wql(flat.loss, actual),
            "total_error": metrics.total_error(self.forecast, self.actual),
            "mase": metrics.mase(forecast, actual, flat.seasonal_scale),
            "rmsse": metrics.rmsse(forecast, actual, flat.squared_scale),
            "bias": metrics.bias(forecast, actual),
            "tracking_signal": metrics.tracking_signal(forecast, actual),
            "scaled_pinball": metrics.scaled_pinball(flat.loss, flat.scale),
        }
        for name, (low, high) in flat.bands.items():
            measured[name] = metrics.coverage(low, high, actual)
        return measured

    def sums(self) -> Measures:
        """Return the sums over each series' pairs, for `pooled_measures`, shape (S,) each."""
        error = self.forecast - self.actual
        summed = {
            "n_obs": np.isfinite(self.actual).astype(np.float64),
            "zeros": (self.actual == 0).astype(np.float64),
            "actual": self.actual,
            "error": error,
            "absolute_error": np.abs(error),
            "relative_error": divide(np.abs(error), self.actual),
            "loss": self.loss,
            "total_error": np.abs(metrics.total(error)),
        }
        for name, (low, high) in self.bands.items():
            inside = (low <= self.actual) & (self.actual <= high)
            summed[name] = inside.astype(np.float64)
        return {name: np.nansum(_by_series(values), axis=1) for name, values in summed.items()}

    @property
    def n_obs(self) -> IntArray:
        """Number of pairs of each series, shape (S,)."""
        count: IntArray = np.isfinite(self.actual).sum(axis=(1, 2))
        return count

    @property
    def n_origins(self) -> IntArray:
        """Number of origins at which each series has pairs, shape (S,)."""
        count: IntArray = np.isfinite(self.actual).any(axis=2).sum(axis=1)
        return count


def _by_series(values: FloatArray) -> FloatArray:
    """*values* with one row per series."""
    return values.reshape(len(values), int(np.prod(values.shape[1:])))


def pooled_measures(sums: Measures) -> Measures:
    """Return the measures of all pairs of each of G groups together, shape (G,) each.

    *sums* are those of `Pairs.sums`, added up over the series of a group, shape (G,) each.
    """
    actual, n_obs = sums["actual"], sums["n_obs"]
    signal = divide(sums["error"], sums["absolute_error"])
    return {
        "mape": np.where(sums["zeros"] > 0, np.nan, divide(sums["relative_error"], n_obs)),
        "wape": divide(sums["absolute_error"], actual),
        "wql": divide(2.0 * sums["loss"], actual),
        "total_error": divide(sums["total_error"], actual),
        "bias": divide(sums["error"], actual),
        "tracking_signal": np.clip(signal, -1.0, 1.0),
        **{name: divide(sums[name], n_obs) for name in BANDS},
    }


@dataclass(frozen=True)
class Score:
    """How good one source was on each series over the first *horizon* steps.

    Attributes:
        measures: By name of the contract's column, ``INTERVAL`` too, shape (S,) each; NaN where not
            defined.
        n_origins: Origins measured, shape (S,).
        n_obs: Pairs measured, shape (S,); 0 where the source or the backtest leaves a series out.
        is_champion: Where the source is the one chosen for the series, shape (S,).
    """

    source: str
    horizon: int
    measures: Measures
    n_origins: IntArray
    n_obs: IntArray
    is_champion: BoolArray


def pairs_by_source(backtest: Backtest) -> dict[str, Pairs]:
    """Return the pairs of every source; empty if the backtest has no origin."""
    sources = backtest.origins[0].forecasts if backtest.origins else {}
    return {source: _pairs(backtest, source) for source in sources}


def _pairs(backtest: Backtest, source: str) -> Pairs:
    origins = backtest.origins
    forecast = np.stack([origin.forecasts[source].mean for origin in origins], axis=1)
    quantiles = np.stack([origin.forecasts[source].quantiles for origin in origins], axis=1)
    actual = np.stack([origin.actual for origin in origins], axis=1)
    actual = np.where(np.isfinite(forecast), actual, np.nan)

    def steady(scales: Sequence[FloatArray]) -> FloatArray:
        return np.broadcast_to(np.stack(scales, axis=1)[:, :, None], forecast.shape)

    return Pairs(
        forecast=np.where(np.isfinite(actual), forecast, np.nan),
        actual=actual,
        bands={
            # Copies: a view would keep all ten quantiles in memory.
            name: (
                quantiles[..., LEVELS.index(low)].copy(),
                quantiles[..., LEVELS.index(high)].copy(),
            )
            for name, (low, high) in BANDS.items()
        },
        loss=metrics.pinball(quantiles, actual, LEVELS),
        scale=steady([origin.scale for origin in origins]),
        seasonal_scale=steady([origin.seasonal_scale for origin in origins]),
        squared_scale=steady([origin.squared_scale for origin in origins]),
    )


def scores_of(
    pairs: Mapping[str, Pairs], horizons: Sequence[int], champions: TextArray
) -> list[Score]:
    """Measure every source at every one of *horizons*, steps that are measured together.

    *champions* is the source chosen for each series, shape (S,), as `Champions.of` names it.
    """
    scores = []
    for horizon in horizons:
        parts = {source: whole.part(slice(None), horizon) for source, whole in pairs.items()}
        measured = {source: part.measures() for source, part in parts.items()}
        unknown = np.full(len(champions), np.nan)
        naive_loss = measured[NAIVE]["scaled_pinball"] if NAIVE in measured else unknown
        for source, part in parts.items():
            loss, n_obs = measured[source]["scaled_pinball"], part.n_obs
            value = metrics.forecast_value_added(loss, naive_loss)
            against = parts.get(NAIVE) if source != NAIVE else None
            interval = (unknown, unknown) if against is None else _interval(part, against)
            measures = measured[source] | {"fva_vs_naive": value}
            measures |= dict(zip(INTERVAL, interval, strict=True))
            is_champion = (champions == source) & (n_obs > 0)
            scores.append(Score(source, horizon, measures, part.n_origins, n_obs, is_champion))
    return scores


def _interval(part: Pairs, naive: Pairs) -> tuple[FloatArray, FloatArray]:
    return value_added_by_origin(divide(part.loss, part.scale), divide(naive.loss, naive.scale))
