"""The settings of one forecast run, all of them recorded in the publication's lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from datalayer.kernel.contract.registry import Registry
from ml_jobs.panel import Frequency
from ml_jobs.selection import DEFAULT_RULES, CostlyRule

SOURCES = ("naive", "mean", "tsb", "imapa", "arima", "prophet", "gbm", "lstm", "ensemble")
ENSEMBLE = "ensemble"

SERVICE_LEVELS: Mapping[str, float] = {"high": 0.98, "medium": 0.95, "low": 0.90}

DEFAULT_THRESHOLDS: Mapping[str, float] = {
    "stockout_before_delivery": 0.0,
    "below_reorder_point": 1.0,
    "overstock": 365.0,
    "demand_shifted": 0.5,
    "biased": 0.2,
    "tracking_signal": 0.5,
    "outlier": 3.0,
    "thin_history": 10.0,
    "stale_history": 180.0,
    "class_changed": 1.32,
}


def thresholds_of(registry: Registry) -> dict[str, float]:
    """Return the threshold of every reason code, for `ForecastOptions.thresholds`."""
    of_contract = {name: reason.threshold for name, reason in registry.reason_codes.items()}
    return {**DEFAULT_THRESHOLDS, **of_contract}


@dataclass(frozen=True)
class ForecastOptions:
    """How to forecast; None means the default of the panel's frequency.

    Attributes:
        horizon: Periods ahead. Default: the frequency's own, or the longest lead time if longer.
        origins: Rolling origins of the backtest that are judged.
        warmups: Earlier origins that are not judged: the ensemble learns its first weights there.
        spacing: Periods between two origins. Default: 28 days, 4 weeks or 6 months.
        min_history: Periods a series must have been observed for before it is judged.
        sources: Which models run, in this order.
        rules: Which series a source runs on that is too dear to run on all.
        country: ISO 3166 code of the country whose public holidays models know.
        seed: Seed of everything random.
        review_days: Days between two orders, for the order-up-to level.
        service_levels: Service level asked by criticality, where the stock file says none.
        bootstrap_samples: Resamples behind the interval of the forecast value added.
        learn_series: Series, at most, that global models and pools learn from.
        weigh_series: Series, at most, that weights and champions are learnt from.
        partition_series: Series, at least, that are worked on at a time (items stay whole).
        thresholds: Threshold per reason code; the registry's, where one is at hand.
    """

    horizon: int | None = None
    origins: int = 4
    warmups: int = 1
    spacing: int | None = None
    min_history: int | None = None
    sources: tuple[str, ...] = SOURCES
    rules: Mapping[str, CostlyRule] = field(default_factory=lambda: dict(DEFAULT_RULES))
    country: str = "BR"
    seed: int = 20111209
    review_days: int = 28
    service_levels: Mapping[str, float] = field(default_factory=lambda: dict(SERVICE_LEVELS))
    bootstrap_samples: int = 500
    learn_series: int = 10_000
    weigh_series: int = 2_000
    partition_series: int = 128
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
    def models(self) -> tuple[str, ...]:
        """The sources that forecast by themselves; the ensemble is made of theirs."""
        return tuple(source for source in self.sources if source != ENSEMBLE)

    @property
    def thin_below(self) -> float:
        """Demands in a history below which it is thin and borrows from the other series."""
        return self.thresholds.get("thin_history", DEFAULT_THRESHOLDS["thin_history"])
