"""Which source runs on which series, by the rules of the settings; recorded in the lineage."""

from __future__ import annotations

import numpy as np

from ml_jobs.arrays import BoolArray
from ml_jobs.facts import texts_of
from ml_jobs.options import ArimaRule, ForecastOptions
from ml_jobs.panel import Items, Panel

ARIMA = "arima"


def selection_of(panel: Panel, items: Items, options: ForecastOptions) -> dict[str, BoolArray]:
    """Return which series each source of the options runs on, shape (S,) each."""
    everything = np.ones(len(panel.item_ids), dtype=bool)
    chosen = dict.fromkeys(options.sources, everything)
    if ARIMA in chosen:
        chosen[ARIMA] = arima_series(panel, items, options.arima)
    return chosen


def arima_series(panel: Panel, items: Items, rule: ArimaRule) -> BoolArray:
    """Return the series that *rule* gives to AutoARIMA, shape (S,)."""
    of_class = np.isin(texts_of(items.table, "demand_class", otherwise=""), rule.demand_classes)
    of_value = np.isin(texts_of(items.table, "abc_class", otherwise=""), rule.abc_classes)
    demand = np.nansum(panel.demand, axis=1)
    # lexsort: the last key counts most; series are in byte order of their codes already.
    order = np.lexsort((-demand, ~of_class))
    qualified = order[(of_class | of_value)[order]]
    chosen = np.zeros(len(demand), dtype=bool)
    chosen[qualified[: rule.max_series]] = True
    return chosen


def rule_in_words(source: str, options: ForecastOptions) -> str:
    """Say which series *source* runs on."""
    if source != ARIMA:
        return "all series"
    rule = options.arima
    return (
        f"at most {rule.max_series} series: demand class {' or '.join(rule.demand_classes)} first, "
        f"then ABC class {' or '.join(rule.abc_classes)}, the greatest demand first"
    )
