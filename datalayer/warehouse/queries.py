"""The questions of the pages and the API, typed; each one's SQL stands in ``sql/``."""

from __future__ import annotations

from datalayer.contract.registry import DataSet, Registry
from datalayer.errors import UnknownDataSet, UnknownItem
from datalayer.warehouse.reader import Reader, sources_in
from datalayer.warehouse.results import Result
from datalayer.warehouse.selections import NETWORK, SeriesSelection, within
from datalayer.warehouse.views import page_query

MOST_ROWS = 10_000
"""Most rows of one answer; whole data sets are for the extracts."""

_SUGGESTIONS = 5
_LONGEST_TEXT = 200
_PERIODS = {"D": "1 day", "W": "7 days", "MS": "1 month"}


def frequency(reader: Reader) -> str:
    """Return the length of a period that the publication announces: D, W or MS; D if none."""
    announced = str(reader.manifest.lineage.get("frequency", "D"))
    return announced if announced in _PERIODS else "D"


def search_items(reader: Reader, text: str, limit: int) -> Result:
    """Return the parts that match *text*, best match first."""
    limit = within("limit", limit, least=1, most=MOST_ROWS)
    text = text[:_LONGEST_TEXT]
    return reader.result(reader.ask("search_items", text=text, limit=limit), "dim_item")


def item(reader: Reader, item_id: str) -> Result:
    """Return the row of a part.

    Raises:
        UnknownItem: There is none; carries the nearest codes.
    """
    table = reader.ask("item", item_id=item_id)
    if not table.num_rows:
        near = reader.query_question("item_suggestions", item_id=item_id, limit=_SUGGESTIONS)
        raise UnknownItem(item_id, near.column("item_id").to_pylist())
    return reader.result(table, "dim_item")


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
    selection.check(reader.registry)
    item(reader, selection.item_id)
    table = reader.ask(
        "forecast_series",
        item_id=selection.item_id,
        location_id=selection.location_id,
        sources=tuple(sorted(set(selection.sources))),
        start=selection.start,
        end=selection.end,
        data_through=reader.manifest.data_through,
        period=_PERIODS[frequency(reader)],
    )
    return reader.result(table, "fact_forecast", "fact_demand", sources=sources_in(table))


def item_metrics(reader: Reader, item_id: str, location_id: str) -> Result:
    """Return the accuracy of every source on a part, champion first."""
    table = reader.ask("item_metrics", item_id=item_id, location_id=location_id)
    return reader.result(table, "fact_metrics", sources=sources_in(table))


def item_inventory(reader: Reader, item_id: str, location_id: str) -> Result:
    """Return the stock position of a part: one row, or none."""
    table = reader.ask("item_inventory", item_id=item_id, location_id=location_id)
    return reader.result(table, "fact_inventory", sources=sources_in(table))


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
