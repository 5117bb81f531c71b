"""Which source runs on which series, by the rules of the settings; recorded in the lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic.dataclasses import dataclass as checked_dataclass

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.option_kinds import CountFromZero, Help, several


@checked_dataclass(frozen=True)
class CostlyRule:
    """Which series a source runs on that costs a thousand times what the others do.

    Only series of the whole network qualify: they are the aggregates, where such models pay.

    Attributes:
        demand_classes: Series of these classes qualify.
        abc_classes: Series of items of these ABC classes qualify too.
        max_series: At most this many; classes named in *demand_classes* come first, then the
            series with the greatest demand.
    """

    demand_classes: Annotated[
        tuple[str, ...],
        several(("smooth", "erratic", "intermittent", "lumpy"), "CLASS", least=0),
        Help("rules", "series of these classes come first"),
    ] = ("smooth", "erratic")
    abc_classes: Annotated[
        tuple[str, ...],
        several(("A", "B", "C"), "CLASS", least=0),
        Help("rules", "then items of these ABC classes"),
    ] = ("A",)
    max_series: Annotated[CountFromZero, Help("rules", "on so many series at most")] = 16


# Per series and cutoff AutoARIMA takes about four times the processor time that Prophet takes.
DEFAULT_RULES: Mapping[str, CostlyRule] = {
    "arima": CostlyRule(max_series=16),
    "prophet": CostlyRule(max_series=40),
}


@dataclass(frozen=True)
class SeriesFacts:
    """What rules look at, of all series of a run; shape (S,) each.

    Attributes:
        demand_class: As published.
        abc_class: Of the series' item.
        demand: Total of the history, units.
        is_network: Whether the series is an item's demand of the whole network.
    """

    demand_class: TextArray
    abc_class: TextArray
    demand: FloatArray
    is_network: BoolArray


def chosen_series(rule: CostlyRule | None, facts: SeriesFacts) -> BoolArray:
    """Return the series that *rule* picks, shape (S,); all of them without a rule."""
    if rule is None:
        return np.ones(len(facts.demand), dtype=bool)
    of_class = np.isin(facts.demand_class, rule.demand_classes)
    of_value = np.isin(facts.abc_class, rule.abc_classes)
    # lexsort: the last key counts most; equal ones stay in the order of their codes.
    order = np.lexsort((-facts.demand, ~of_class))
    qualified = order[((of_class | of_value) & facts.is_network)[order]]
    chosen = np.zeros(len(facts.demand), dtype=bool)
    chosen[qualified[: rule.max_series]] = True
    return chosen


def rule_in_words(rule: CostlyRule | None) -> str:
    """Return a sentence: which series a source with this *rule* runs on."""
    if rule is None:
        return "all series"
    return (
        f"at most {rule.max_series} series of the whole network: demand class "
        f"{' or '.join(rule.demand_classes)} first, then ABC class "
        f"{' or '.join(rule.abc_classes)}, the greatest demand first"
    )
