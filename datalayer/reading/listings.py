"""Questions whose answers are long and come in pages: rows by filters, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from datalayer.kernel.contract.registry import Column, DataSet, Registry
from datalayer.kernel.errors import InvalidCursor
from datalayer.reading.filters import Conditions, behind, equal, plain_text
from datalayer.reading.queries import BEST_FIRST
from datalayer.reading.question import Position, Question, question_sql
from datalayer.reading.views import count_query, counted, filtered, whole_query

ITEM_FILTERS = ("category", "abc_class", "demand_class", "criticality", "supplier")
STOCK_FILTERS = ("status", "order_by")
STOCK_ITEM_FILTERS = ("category", "abc_class")
STOCK_ITEM_COLUMNS = ("name", "category", "abc_class")
"""What a stock position says of its part."""
EXCEPTION_FILTERS = ("reason_code", "severity", "item_id")
METRIC_FILTERS = ("group_by", "group_value", "source", "horizon")


def data_set_rows(
    data_set: DataSet,
    wanted: Conditions,
    *,
    limit: int,
    after: Position | None = None,
    with_total: bool = False,
) -> Question:
    """Return the question of the rows of *data_set* that meet *wanted*, in key order.

    The files are proved to be in key order, so nothing is sorted, and row groups before *after*
    are not read. Where the page before ended, is *after*; None for the first. With a total, all
    rows are counted, too, which reads the columns of *wanted* whole.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    met = wanted + _behind([data_set.column(name) for name in data_set.key], after)
    return Question(
        name=f"rows_{data_set.name}",
        sql=whole_query(data_set, met.predicates),
        parameters=met.parameters,
        data_sets=(data_set.name,),
        limit=limit,
        order=data_set.key,
        total_sql=count_query(data_set, wanted.predicates) if with_total else None,
    )


def items(
    registry: Registry, text: str, wanted: Conditions, *, limit: int, after: Position | None = None
) -> Question:
    """Return the question of the parts that match *text* and meet *wanted*.

    The best match comes first; without text all parts by their code.

    Raises:
        InvalidSelection: *text* can't be looked for.
        InvalidCursor: *after* is not of these rows.
    """
    data_set = registry.data_sets["dim_item"]
    if not text.strip():
        return data_set_rows(data_set, wanted, limit=limit, after=after, with_total=True)
    base = question_sql("search_items")
    columns = [column.name for column in data_set.columns]
    found = filtered(base, columns, wanted.predicates, BEST_FIRST)
    asked = {**wanted.parameters, "text": plain_text("q", text)}
    return Question(
        name="search_items",
        sql=f"{found} offset $offset",
        parameters={**asked, "offset": rows_passed(after)},
        data_sets=("dim_item",),
        limit=limit,
        total_sql=counted(base, wanted.predicates),
    )


def stock_positions(
    registry: Registry,
    location_id: str,
    wanted: Conditions,
    *,
    limit: int,
    after: Position | None = None,
) -> Question:
    """Return the question of the stock positions at a location that meet *wanted*, by part.

    Conditions may be on the columns of fact_inventory, on ``STOCK_ITEM_COLUMNS`` and on ``alert``
    (see ``sql/stock_positions.sql``).

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    data_set = registry.data_sets["fact_inventory"]
    here = wanted + equal(data_set.column("location_id"), location_id)
    met = here + _behind([data_set.column("item_id")], after)
    base = question_sql("stock_positions")
    columns = [*(column.name for column in data_set.columns), "alert", *STOCK_ITEM_COLUMNS]
    return Question(
        name="stock_positions",
        sql=filtered(base, columns, met.predicates, ("item_id",)),
        parameters=met.parameters,
        data_sets=("fact_inventory", "dim_item"),
        limit=limit,
        order=("item_id",),
        total_sql=counted(base, here.predicates),
    )


ALERTS = Conditions(('"alert"',))
"""Stock positions that ask for an order."""


def exceptions(
    registry: Registry,
    location_id: str,
    wanted: Conditions,
    *,
    limit: int,
    after: Position | None = None,
) -> Question:
    """Return the question of the exceptions at a location that meet *wanted*, by rank.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    data_set = registry.data_sets["fact_exception"]
    here = wanted + equal(data_set.column("location_id"), location_id)
    return data_set_rows(data_set, here, limit=limit, after=after, with_total=True)


def _behind(columns: Sequence[Column], after: Position | None) -> Conditions:
    return Conditions() if after is None else behind(columns, after)


def rows_passed(after: Position | None) -> int:
    """Return how many rows the pages before had, where rows are counted.

    Raises:
        InvalidCursor: *after* is no number of rows.
    """
    if after is None:
        return 0
    if (
        len(after) != 1
        or not isinstance(after[0], int)
        or isinstance(after[0], bool)
        or after[0] < 0
    ):
        raise InvalidCursor(ascii(list(after))[:80])
    return after[0]
