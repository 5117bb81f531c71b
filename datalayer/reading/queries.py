"""The questions of the pages and the API, typed; each one's SQL stands in ``sql/``."""

from __future__ import annotations

import pyarrow as pa

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import DataSet, Registry
from datalayer.kernel.errors import UnknownDataSet, UnknownItem
from datalayer.reading.database import Parameter
from datalayer.reading.question import Question, question_sql
from datalayer.reading.reader import Reader, sources_in
from datalayer.reading.results import Result
from datalayer.reading.selections import NETWORK, SeriesSelection, SummarySelection, within
from datalayer.reading.views import filtered, page_query

MOST_ROWS = 10_000
"""Most rows of one answer; whole data sets are for the extracts."""

BEST_FIRST = ("match_rank", "item_id")
"""What orders the parts that a search found."""

_SUGGESTIONS = 5
_LONGEST_TEXT = 200
_SUMMARY = ("item_id", "sku", "name", "category", "abc_class", "demand_class")
_PERIODS = {"D": "1 day", "W": "7 days", "MS": "1 month"}


def frequency(manifest: Manifest) -> str:
    """Return the length of a period that the publication announces: D, W or MS; D if none."""
    announced = str(manifest.lineage.get("frequency", "D"))
    return announced if announced in _PERIODS else "D"


def search_items(reader: Reader, text: str, limit: int) -> Result:
    """Return the parts that match *text*, best match first."""
    limit = within("limit", limit, least=1, most=MOST_ROWS)
    ranked = filtered(question_sql("search_items"), _SUMMARY, (), BEST_FIRST)
    table = reader.ask_sql(
        "search_items", f"{ranked} limit $limit", text=text[:_LONGEST_TEXT], limit=limit
    )
    return reader.result(table, "dim_item")


def item(reader: Reader, item_id: str) -> Result:
    """Return the row of a part.

    Raises:
        UnknownItem: There is none; carries the nearest codes.
    """
    found = reader.answer(item_question(item_id))
    if not found.table.num_rows:
        near = reader.query_question("item_suggestions", item_id=item_id, limit=_SUGGESTIONS)
        raise UnknownItem(item_id, near.column("item_id").to_pylist())
    return found


def sources(reader: Reader, item_id: str, location_id: str) -> tuple[str, ...]:
    """Return the sources that forecast a part at a location, champion first."""
    table = reader.ask(
        "sources",
        item_id=item_id,
        location_id=location_id,
        registry_sources=tuple(reader.registry.sources),
    )
    return tuple(table.column("source").to_pylist())


def forecast_series(reader: Reader, selection: SeriesSelection) -> Result:
    """Return history and forecasts of a part at a location.

    Raises:
        InvalidSelection: A source is unknown or the span is empty.
        UnknownItem: There is no such part.
    """
    question = series_question(reader.registry, reader.manifest, selection)
    item(reader, selection.item_id)
    return reader.answer(question)


def series_question(registry: Registry, manifest: Manifest, selection: SeriesSelection) -> Question:
    """Return the question of ``forecast_series``, which doesn't say whether there is such a part.

    Raises:
        InvalidSelection: A source is unknown or the span is empty.
    """
    selection.check(registry)
    return Question(
        name="forecast_series",
        sql=question_sql("forecast_series"),
        parameters={
            "item_id": selection.item_id,
            "location_id": selection.location_id,
            "sources": tuple(sorted(set(selection.sources))),
            "start": selection.start,
            "end": selection.end,
            "data_through": manifest.data_through,
            "period": _PERIODS[frequency(manifest)],
        },
        data_sets=("fact_forecast", "fact_demand"),
    )


def measured_items_question() -> Question:
    """Return the question of how many parts each source was measured on: source, category, items.

    It reads a row per part and source: ask it through the cache, once per publication.
    """
    return Question("measured_items", question_sql("measured_items"), {}, ("fact_metrics",))


def summary_question(
    registry: Registry, selection: SummarySelection, measured: pa.Table
) -> Question:
    """Return the question of totals and accuracy, one row per source.

    What the sources were *measured* on is the answer to ``measured_items_question``.

    Raises:
        InvalidSelection: A source is unknown, the span is empty, or there are too many parts.
    """
    selection.check(registry)
    parameters: dict[str, Parameter] = {
        "location_id": selection.location_id,
        "category": selection.category,
        "sources": tuple(sorted(set(selection.sources))),
        "start": selection.start,
        "end": selection.end,
    }
    if selection.item_ids:
        name = "forecast_summary_of_items"
        parameters["item_ids"] = tuple(sorted(set(selection.item_ids)))
        return Question(
            name, question_sql(name), parameters, ("fact_forecast", "fact_backtest", "dim_item")
        )
    items = _measured_items(measured, selection) if selection.location_id == NETWORK else {}
    parameters["measured_sources"] = tuple(items)
    parameters["measured_items"] = tuple(str(count) for count in items.values())
    name = "forecast_summary"
    return Question(
        name, question_sql(name), parameters, ("agg_daily", "agg_metrics", "fact_metrics")
    )


def _measured_items(measured: pa.Table, selection: SummarySelection) -> dict[str, int]:
    items: dict[str, int] = {}
    for row in measured.to_pylist():
        if selection.category in (None, row["category"]):
            items[row["source"]] = items.get(row["source"], 0) + row["items"]
    return items


def item_question(item_id: str) -> Question:
    """Return the question of the row of a part: one row, or none."""
    return Question("item", question_sql("item"), {"item_id": item_id}, ("dim_item",))


def items_named_question(item_ids: tuple[str, ...]) -> Question:
    """Return the question of which of *item_ids* there are."""
    parameters = {"item_ids": tuple(sorted(set(item_ids)))}
    return Question("items_named", question_sql("items_named"), parameters, ("dim_item",))


def location_question(location_id: str) -> Question:
    """Return the question of the row of a location: one row, or none."""
    parameters = {"location_id": location_id}
    return Question("location", question_sql("location"), parameters, ("dim_location",))


def inventory_question(item_id: str, location_id: str) -> Question:
    """Return the question of the stock position of a part: one row, or none."""
    parameters = {"item_id": item_id, "location_id": location_id}
    return Question(
        "item_inventory", question_sql("item_inventory"), parameters, ("fact_inventory",)
    )


def item_metrics(reader: Reader, item_id: str, location_id: str) -> Result:
    """Return the accuracy of every source on a part, champion first."""
    table = reader.ask("item_metrics", item_id=item_id, location_id=location_id)
    return reader.result(table, "fact_metrics", sources=sources_in(table))


def item_inventory(reader: Reader, item_id: str, location_id: str) -> Result:
    """Return the stock position of a part: one row, or none."""
    return reader.answer(inventory_question(item_id, location_id))


def exceptions(reader: Reader, limit: int, location_id: str = NETWORK) -> Result:
    """Return the first exceptions of a location by rank."""
    within_limit = within("limit", limit, least=1, most=MOST_ROWS)
    table = reader.ask("exceptions", location_id=location_id, limit=within_limit)
    return reader.result(table, "fact_exception", "dim_item", sources=sources_in(table))


def rows(reader: Reader, name: str, limit: int, offset: int) -> Result:
    """Return rows of a data set in key order.

    Raises:
        UnknownDataSet: The registry has none called *name*.
        InvalidSelection: *limit* or *offset* is out of bounds.
    """
    data_set = data_set_named(reader.registry, name)
    limit = within("limit", limit, least=1, most=MOST_ROWS)
    offset = within("offset", offset, least=0, most=2**40)
    table = reader.ask_sql(f"rows_{name}", page_query(data_set), limit=limit, offset=offset)
    return reader.result(table, name)


def data_set_named(registry: Registry, name: str) -> DataSet:
    """Return the data set called *name*.

    Raises:
        UnknownDataSet: The registry has none.
    """
    data_set = registry.data_sets.get(name)
    if data_set is None:
        raise UnknownDataSet(name, tuple(registry.data_sets))
    return data_set
