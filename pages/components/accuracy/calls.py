"""Calls of the API for what the page of accuracy draws, or for the rows that it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pages.components.accuracy.asked_accuracy import AskedAccuracy
from pages.components.charts import ApiCall

_TEXTS: Final = ("item_id", "location_id", "source")
_GROUPS: Final = ("group_by", "group_value", "source")

Row = Mapping[str, Any]


def of_measures(asked: AskedAccuracy, rows: Sequence[Row], grouping: str) -> ApiCall:
    """Return the call of a group's measures where they are published, else of those of its parts.

    Args:
        asked: What is judged.
        rows: Those of ``questions.accuracy.value_added``.
        grouping: Which of its groupings is drawn.
    """
    drawn = [row for row in rows if row["grouping"] == grouping]
    parts, horizon = asked.parts, max((row["horizon"] for row in drawn), default=None)
    if grouping == "source" and drawn and all(row["is_published"] for row in drawn):
        group = [
            (name, value)
            for name, value in (("category", parts.category), ("demand_class", parts.demand_class))
            if value
        ] or [("all", "all")]
        (by, value), *_more = group
        found = (("group_by", by), ("group_value", value), ("horizon", str(horizon)))
        return ApiCall("metrics", found, _GROUPS)
    ahead = () if grouping == "horizon" or horizon is None else (("horizon", str(horizon)),)
    place = ("location", parts.location_id)
    return ApiCall("extracts/fact_metrics.csv", (place, *ahead), _TEXTS, is_base=True)


def of_pairs(asked: AskedAccuracy) -> ApiCall:
    """Return the call of the pairs of forecast and actual of the backtest."""
    return _of_sources("fact_backtest", asked)


def of_periods(asked: AskedAccuracy) -> ApiCall:
    """Return the call of the weeks or months of the parts."""
    return _of_sources("fact_period", asked)


def of_policies() -> ApiCall:
    """Return the call of service and stock of each policy."""
    texts = ("group_by", "group_value", "policy", "source")
    return ApiCall("extracts/agg_policy.csv", (), texts)


def of_nearer(asked: AskedAccuracy, sort: str) -> list[tuple[str, str]]:
    """Return what the file of the parts for which repeating the past was nearer is asked with."""
    parts = asked.parts
    chosen = {
        "location": parts.location_id,
        "source": parts.source,
        "category": parts.category,
        "demand_class": parts.demand_class,
        "sort": sort,
        "p": asked.publication.id,
    }
    return [(name, value) for name, value in chosen.items() if value]


def _of_sources(data_set: str, asked: AskedAccuracy) -> ApiCall:
    source = asked.parts.source
    of_source = (("source", source),) if source else ()
    place = ("location", asked.parts.location_id)
    return ApiCall(f"extracts/{data_set}.csv", (place, *of_source), _TEXTS, is_base=True)
