"""How a run forecasts: its options, all of them recorded in the publication's lineage.

Every option of the job is declared once, by a field here, in `CostlyRule`, `ReadingOptions`,
`RowRules` or `JobRequest`: its type and bounds, default, section and explanation. Flags, job file
and help are made from that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from datalayer.kernel.contract.registry import Registry
from ml_jobs.option_kinds import (
    Count,
    CountFromZero,
    CountryCode,
    Help,
    Kind,
    Money,
    one_of,
    several,
)
from ml_jobs.panel import Frequency
from ml_jobs.selection import DEFAULT_RULES, CostlyRule

SOURCES = ("naive", "mean", "tsb", "imapa", "arima", "prophet", "gbm", "lstm", "ensemble")
ENSEMBLE = "ensemble"

SERVICE, MONEY = POLICIES = ("service", "money")
"""What orders follow: the service asked by criticality, or the price of a tower-hour."""

SERVICE_LEVELS: Mapping[str, float] = {"high": 0.98, "medium": 0.95, "low": 0.90}

DEFAULT_THRESHOLDS: Mapping[str, float] = {
    "stockout_before_delivery": 0.0,
    "below_reorder_point": 1.0,
    "overstock": 365.0,
    "large_minimum_order": 1825.0,
    "order_above_history": 1.0,
    "demand_shifted": 0.5,
    "biased": 0.2,
    "tracking_signal": 0.5,
    "outlier": 3.0,
    "thin_history": 10.0,
    "stale_history": 180.0,
    "class_changed": 1.32,
}

DEFAULT_CHECKS: Mapping[str, float] = {
    "above_a_year": 1.0,
    "lasts_long": 365.0,
    "one_burst": 0.5,
    "short_history": 10.0,
    "naive_better": 0.0,
    "forecast_too_high": 0.2,
    "forecast_too_low": 0.2,
    "assumed_input": 0.0,
}

DEFAULT_SETTINGS: Mapping[str, float] = {
    "this_week": 7.0,
    "criticality_high": 0.5,
    "criticality_medium": 0.1,
    "criticality_low": 0.01,
    "defer_from": 14.0,
    "holding_rate": 0.2,
    "lost_cost_share": 1.0,
}


def _with_default_levels(found: object) -> object:
    if isinstance(found, Mapping) and found and set(found) <= set(SERVICE_LEVELS):
        return {**SERVICE_LEVELS, **found}
    raise ValueError


def _parse_levels(text: str) -> object:
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name.strip(): float(value) for name, _, value in pairs}


_Chance = Annotated[float, Field(strict=True, ge=0.5, le=0.9999, allow_inf_nan=False)]
_SERVICE_LEVELS = Kind(
    f"a fraction of 0.5 to 0.9999 for any of {', '.join(SERVICE_LEVELS)}, such as high=0.98",
    "NAME=FRACTION,...",
    _with_default_levels,
    _parse_levels,
)


@dataclass(frozen=True)
class ForecastOptions:
    """How to forecast; None means the default of the panel's frequency.

    Attributes:
        rules: Which series a source runs on that is too dear to run on all.
        thresholds: Threshold per reason, for an exception or to check an action; the registry's,
            where one is at hand.
        settings: What decides which actions are listed, and their order; likewise.
    """

    horizon: Annotated[
        Count | None,
        Help(
            "forecast", "periods ahead; else 28 days, 13 weeks, 6 months or the longest lead time"
        ),
    ] = None
    origins: Annotated[
        CountFromZero, Help("forecast", "past cutoffs at which every source is judged")
    ] = 4
    warmups: Annotated[
        CountFromZero,
        Help("forecast", "earlier cutoffs, not judged, that the weights are learnt from"),
    ] = 1
    spacing: Annotated[
        Count | None,
        Help("forecast", "periods from cutoff to cutoff; else 28 days, 4 weeks, 6 months"),
    ] = None
    min_history: Annotated[
        Count | None,
        Help(
            "forecast",
            "periods observed before a series is judged; else 56 days, 26 weeks, 12 months",
        ),
    ] = None
    sources: Annotated[
        tuple[str, ...], several(SOURCES, "SOURCE"), Help("forecast", "models that run")
    ] = SOURCES
    country: Annotated[
        CountryCode, Help("forecast", "the country whose public holidays the models know")
    ] = "BR"
    seed: Annotated[CountFromZero, Help("forecast", "of everything random")] = 20111209
    learn_series: Annotated[Count, Help("forecast", "series, at most, that models learn from")] = (
        10_000
    )
    weigh_series: Annotated[
        Count, Help("forecast", "series, at most, that weights are learnt from")
    ] = 2_000
    bootstrap_samples: Annotated[
        Count, Help("forecast", "resamples behind the interval of the value added")
    ] = 500
    rules: Mapping[str, CostlyRule] = field(default_factory=lambda: dict(DEFAULT_RULES))
    review_days: Annotated[Count, Help("inventory", "days between two orders")] = 28
    service_levels: Annotated[
        Mapping[str, _Chance],
        _SERVICE_LEVELS,
        Help(
            "inventory",
            "by criticality, the chance asked for that stock lasts until an order arrives; "
            "the stock file's go first",
        ),
    ] = field(default_factory=lambda: dict(SERVICE_LEVELS))
    policy: Annotated[
        str,
        one_of(POLICIES, "POLICY"),
        Help(
            "inventory",
            "what orders follow: service levels by criticality, or what a tower-hour costs the "
            "contracts (what can't be weighed follows service levels)",
        ),
    ] = SERVICE
    budget: Annotated[
        Money | None,
        Help("inventory", "money there is for the buy list, where its line is drawn; else none"),
    ] = None
    partition_series: Annotated[
        Count,
        Help("engine", "series worked on at a time; memory grows with it", key="partition_size"),
    ] = 128
    thresholds: Mapping[str, float] = field(
        default_factory=lambda: {**DEFAULT_THRESHOLDS, **DEFAULT_CHECKS}
    )
    settings: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SETTINGS))

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


def thresholds_of(registry: Registry) -> dict[str, float]:
    """Return the threshold of every reason, for `ForecastOptions.thresholds`."""
    of_contract = {**registry.reason_codes, **registry.check_reasons}
    thresholds = {name: reason.threshold for name, reason in of_contract.items()}
    return {**DEFAULT_THRESHOLDS, **DEFAULT_CHECKS, **thresholds}


def settings_of(registry: Registry) -> dict[str, float]:
    """Return the value of every setting, for `ForecastOptions.settings`."""
    return {**DEFAULT_SETTINGS, **{name: each.value for name, each in registry.settings.items()}}
