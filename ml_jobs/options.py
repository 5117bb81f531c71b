"""The settings of one forecast run, all of them recorded in the publication's lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_jobs.panel import Frequency

SOURCES = ("naive", "mean", "tsb", "imapa", "arima")

DEFAULT_THRESHOLDS: Mapping[str, float] = {
    "stockout_before_delivery": 0.0,
    "below_reorder_point": 1.0,
    "overstock": 365.0,
    "biased": 0.2,
    "tracking_signal": 0.5,
    "thin_history": 10.0,
    "stale_history": 180.0,
}


@dataclass(frozen=True)
class ArimaRule:
    """Which series AutoARIMA runs on; it costs a thousand times what TSB costs.

    Attributes:
        demand_classes: Series of these classes qualify.
        abc_classes: Series of items of these ABC classes qualify too.
        max_series: At most this many; classes named in *demand_classes* come first, then the
            series with the greatest demand.
    """

    demand_classes: tuple[str, ...] = ("smooth", "erratic")
    abc_classes: tuple[str, ...] = ("A",)
    max_series: int = 16


@dataclass(frozen=True)
class ForecastOptions:
    """How to forecast; None means the default of the panel's frequency.

    Attributes:
        horizon: Periods ahead. Default: the frequency's own, or the longest lead time if longer.
        origins: Rolling origins of the backtest.
        spacing: Periods between two origins. Default: 28 days, 4 weeks or 6 months.
        min_history: Periods a series must have been observed for before it is judged.
        sources: Which models run, in this order.
        seed: Seed of everything random (the bootstrap of ``agg_metrics``).
        processes: Worker processes of the models that need them. Default: one per core.
        review_days: Days between two orders, for the order-up-to level.
        bootstrap_samples: Resamples behind the interval of the forecast value added.
        thresholds: Threshold per reason code; the registry's, where one is at hand.
    """

    horizon: int | None = None
    origins: int = 4
    spacing: int | None = None
    min_history: int | None = None
    sources: tuple[str, ...] = SOURCES
    arima: ArimaRule = field(default_factory=ArimaRule)
    seed: int = 20111209
    processes: int | None = None
    review_days: int = 28
    bootstrap_samples: int = 500
    thresholds: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_THRESHOLDS))

    def spacing_for(self, frequency: Frequency) -> int:
        """Periods between two origins."""
        return self.spacing or {"D": 28, "W": 4, "MS": 6}[frequency.value]

    def min_history_for(self, frequency: Frequency) -> int:
        """Periods of history below which a series is not judged at a cutoff."""
        return self.min_history or {"D": 56, "W": 26, "MS": 12}[frequency.value]

    def judged_horizons(self, frequency: Frequency, horizon: int) -> tuple[int, ...]:
        """Numbers of steps that metrics pool: some shorter ones, and *horizon* itself."""
        shorter = {"D": (7, 14, 28), "W": (4, 8, 13), "MS": (1, 3, 6)}[frequency.value]
        return tuple(sorted({steps for steps in shorter if steps < horizon} | {horizon}))

    @property
    def thin_below(self) -> float:
        """Demands in a history below which it is thin and borrows from the other series."""
        return self.thresholds.get("thin_history", DEFAULT_THRESHOLDS["thin_history"])
