"""Questions about forecasts: one part's series, and totals by source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.database import Parameter
from datalayer.reading.question import Question, sql_question
from datalayer.reading.questions.locations import NETWORK

MOST_ITEMS = 200
"""Most parts that can be named at once."""

_PERIODS = {"D": "1 day", "W": "7 days", "MS": "1 month"}


@dataclass(frozen=True)
class SeriesSelection:
    """One part at one location, by source and span.

    Attributes:
        sources: Forecast sources wanted; empty for all there are.
        start: First day wanted, inclusive; None for the beginning of the data.
        end: Last day wanted, inclusive; None for the end of the forecast.
    """

    item_id: str
    location_id: str = NETWORK
    sources: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class SummarySelection:
    """What is summed up: a place, by source and span, all parts or some.

    Attributes:
        sources, start, end: As in ``SeriesSelection``.
        category: Only parts of that category; None for all.
        item_ids: Only these parts; empty for all.
    """

    location_id: str = NETWORK
    sources: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    category: str | None = None
    item_ids: tuple[str, ...] = ()


def check_sources_and_span(
    registry: Registry, sources: tuple[str, ...], start: date | None, end: date | None
) -> None:
    """Refuse a source that *registry* doesn't know and a span that ends before it starts.

    Raises:
        InvalidSelection: Either of the two.
    """
    for source in sources:
        if source not in registry.sources:
            expected = Sentence("one of {values:s}", values=", ".join(registry.sources))
            raise InvalidSelection(parameter="source", found=ascii(source[:80]), expected=expected)
    if start and end and start > end:
        expected = Sentence("on or before the end, {end}", end=end)
        raise InvalidSelection(parameter="start", found=start, expected=expected)


def frequency(manifest: Manifest) -> str:
    """Return the length of a period that the publication announces: D, W or MS; D if none."""
    announced = str(manifest.lineage.get("frequency", "D"))
    return announced if announced in _PERIODS else "D"


def sources(registry: Registry, item_id: str, location_id: str = NETWORK) -> Question:
    """Return the question of the sources that forecast a part at a location, champion first."""
    parameters: dict[str, Parameter] = {
        "item_id": item_id,
        "location_id": location_id,
        "registry_sources": tuple(registry.sources),
    }
    data_sets = ("fact_forecast", "fact_metrics", "fact_inventory")
    return sql_question("sources", parameters, *data_sets)


def series(registry: Registry, manifest: Manifest, selection: SeriesSelection) -> Question:
    """Return the question of a part's history and forecasts.

    Columns: date, source, forecast, actual, cutoff, quantiles. Rows whose source is null are
    observed demand, zero-filled over the part's span; they come first. Then one row per date and
    source. Zero rows do not say whether there is such a part.

    Raises:
        InvalidSelection: A source is unknown or the span is empty.
    """
    check_sources_and_span(registry, selection.sources, selection.start, selection.end)
    parameters: dict[str, Parameter] = {
        **vars(selection),
        "sources": tuple(sorted(set(selection.sources))),
        "data_through": manifest.data_through,
        "period": _PERIODS[frequency(manifest)],
    }
    return sql_question("forecast_series", parameters, "fact_forecast", "fact_demand")


def measured_items() -> Question:
    """Return the question of how many parts each source was measured on: source, category, items.

    It reads a row per part and source: ask it through the cache, once per publication.
    """
    return sql_question("measured_items", {}, "fact_metrics")


def summary(registry: Registry, selection: SummarySelection, measured: pa.Table) -> Question:
    """Return the question of totals and accuracy, one row per source.

    What the sources were *measured* on is the answer to ``measured_items``.

    Raises:
        InvalidSelection: A source is unknown, the span is empty, or there are too many parts.
    """
    check_sources_and_span(registry, selection.sources, selection.start, selection.end)
    if len(selection.item_ids) > MOST_ITEMS:
        expected = Sentence(
            "given at most {count} times; ask by category, or take an extract", count=MOST_ITEMS
        )
        raise InvalidSelection(
            parameter="item_ids",
            found=Sentence("given {count} times", count=len(selection.item_ids)),
            expected=expected,
        )
    item_ids = tuple(sorted(set(selection.item_ids)))
    parameters: dict[str, Parameter] = {
        "location_id": selection.location_id,
        "category": selection.category,
        "sources": tuple(sorted(set(selection.sources))),
        "start": selection.start,
        "end": selection.end,
    }
    if item_ids:
        parameters["item_ids"] = item_ids
        data_sets = ("fact_forecast", "fact_backtest", "dim_item")
        return sql_question("forecast_summary_of_items", parameters, *data_sets)
    items = _measured_items(measured, selection) if selection.location_id == NETWORK else {}
    parameters["measured_sources"] = tuple(items)
    parameters["measured_items"] = tuple(str(count) for count in items.values())
    data_sets = ("agg_daily", "agg_metrics", "fact_metrics")
    return sql_question("forecast_summary", parameters, *data_sets)


def _measured_items(measured: pa.Table, selection: SummarySelection) -> dict[str, int]:
    items: dict[str, int] = {}
    for row in measured.to_pylist():
        if selection.category in (None, row["category"]):
            items[row["source"]] = items.get(row["source"], 0) + row["items"]
    return items
