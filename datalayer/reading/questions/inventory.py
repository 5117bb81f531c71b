"""Questions about stock positions: what there is, by class, and what to order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from datalayer.kernel.contract.registry import Column, ColumnType, Registry
from datalayer.reading.arrangement import arranged, arrangement_of
from datalayer.reading.database import Parameter
from datalayer.reading.filters import (
    NO_CONDITIONS,
    Conditions,
    Filter,
    after_position,
    conditions,
    equal,
    filters_of,
    plain_text,
    unpublished_column,
)
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.questions import search
from datalayer.reading.questions.locations import NETWORK
from datalayer.reading.views import (
    count_matches,
    count_values,
    of_found_parts,
    question_sql,
    select_matches,
    with_query,
)

UNCLASSIFIED: Final = "unclassified"
"""Stands for an unknown class where classes are counted or filtered by."""
CLASSES: Final = {"abc_class": "abc_group", "demand_class": "demand_group"}
"""Classes of parts, and the column in which the unknown one has a name."""
FACETS: Final = (*CLASSES, "status", "category", "supplier")
"""Columns whose values a list is narrowed to one by one."""
ALERTS: Final = Conditions(('"alert"',))
"""Stock positions that ask for an order."""

_FILTERS: Final = ("item_id", "status", "order_by", "days_of_cover", "stockout_date")
_ITEM_FILTERS: Final = ("category", "supplier")
_ITEM_COLUMNS: Final = (
    *("name", "category", "abc_class", "demand_class", "supplier", "unit", "unit_cost"),
)
_VALUES: Final = tuple(
    unpublished_column(name, ColumnType.DOUBLE, described=text, unit="currency")
    for name, text in (
        ("stock_value", "Current stock times unit cost; null where either is unknown."),
        ("order_value", "Order quantity times unit cost; null where either is unknown."),
    )
)
_ALERT: Final = unpublished_column(
    "alert",
    ColumnType.BOOLEAN,
    described="Asks for an order, or is at or below the reorder point.",
)
_KEY: Final = ("item_id",)
_READ: Final = ("fact_inventory", "dim_item")


@dataclass(frozen=True, eq=False)
class StockSelection:
    """Which stock positions are wanted; what is left out restricts nothing.

    Attributes:
        location_id: The place that they are at.
        text: What the parts must match, as in a search.
        filters: What positions must meet, by the filter's name; see ``filters``.
    """

    location_id: str = NETWORK
    text: str = ""
    filters: Mapping[str, Conditions] = field(default_factory=dict)

    def conditions(self, *but: str) -> Conditions:
        """Return what positions must meet, *but* for what some filters say."""
        met = (each for name, each in self.filters.items() if name not in but)
        return sum(met, NO_CONDITIONS)


def of_item(item_id: str, location_id: str = NETWORK) -> Question:
    """Return the question of the stock position of a part: one row, or none."""
    parameters = {"item_id": item_id, "location_id": location_id}
    return sql_question("item_inventory", parameters, "fact_inventory")


def known() -> Question:
    """Return the question of how many stock positions there are, and of how many stock is known.

    Columns: see ``sql/stock_known.sql``.
    """
    return sql_question("stock_known", {}, "fact_inventory")


def policies_followed() -> Question:
    """Return the question of how many stock positions are planned by each policy.

    Columns: see ``sql/policies_followed.sql``.
    """
    return sql_question("policies_followed", {}, "fact_inventory")


def coverage(location_id: str) -> Question:
    """Return the question of how many parts have a position at a place; one row.

    Columns: see ``sql/stock_coverage.sql``.
    """
    return sql_question("stock_coverage", {"location_id": location_id}, *_READ)


def places(item_id: str | None = None) -> Question:
    """Return the question of the places that stock positions are at, of all parts or of one.

    Columns: see ``sql/stocked_places.sql``.
    """
    return sql_question("stocked_places", {"item_id": item_id}, "fact_inventory", "dim_location")


def repaired(item_ids: Iterable[str], location_id: str) -> Question:
    """Return the question of how parts are repaired at a place; no row of one that isn't.

    Columns: see ``sql/repaired_parts.sql``.
    """
    wanted: dict[str, Parameter] = {
        "item_ids": tuple(sorted(set(item_ids))),
        "location_id": location_id,
    }
    return sql_question("repaired_parts", wanted, "fact_repair")


def columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of a stock position, in the order of an answer."""
    stock, catalogue = (registry.data_sets[name] for name in _READ)
    of_part = (catalogue.column(name) for name in _ITEM_COLUMNS)
    return (*stock.columns, _ALERT, *of_part, *_VALUES)


def filters(registry: Registry) -> dict[str, Filter]:
    """Return what positions can be filtered by, by name; a class may be ``UNCLASSIFIED``."""
    stock, catalogue = (registry.data_sets[name] for name in _READ)
    found = filters_of(
        [
            *(column for column in stock.columns if column.name in _FILTERS),
            *(catalogue.column(name) for name in _ITEM_FILTERS),
        ]
    )
    return found | {
        name: Filter(name, _class_column(catalogue.column(name), group), "=")
        for name, group in CLASSES.items()
    }


def selection(
    registry: Registry, asked: Iterable[tuple[str, str]], *, location_id: str, text: str = ""
) -> StockSelection:
    """Return the selection that *asked*, pairs of a filter's name and a value as text, means.

    Whether there is a place of that name, the caller finds out.

    Raises:
        InvalidSelection: A value can't be one of its column, or *text* can't be looked for.
    """
    pairs = list(asked)
    found = {
        name: conditions({name: each}, pairs)
        for name, each in filters(registry).items()
        if any(name == given for given, _ in pairs)
    }
    return StockSelection(location_id, plain_text("q", text).strip(), found)


def positions(
    registry: Registry,
    wanted: StockSelection,
    met: Conditions = NO_CONDITIONS,
    *,
    limit: int | None = None,
    after: Position | None = None,
) -> Question:
    """Return the question of the stock positions *wanted*, by part.

    Args:
        registry: Has the columns.
        wanted: Which.
        met: Further conditions on their columns.
        limit: Most rows of a page; None for all.
        after: Where the page before ended; None for the first.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    item_id = registry.data_sets["fact_inventory"].column("item_id")
    here = _conditions(registry, wanted) + met
    later = here + after_position([item_id], after)
    base, found = _base(wanted)
    names = [column.name for column in columns(registry)]
    return Question(
        name="stock_positions",
        sql=select_matches(base, names, later.predicates, _KEY),
        parameters={**found, **later.parameters},
        data_sets=_READ,
        limit=limit,
        order=_KEY,
        total_sql=count_matches(f"({base})", here.predicates),
        file_name="inventory",
    )


def sorted_positions(
    registry: Registry,
    wanted: StockSelection,
    order: str,
    shown: Sequence[str] = (),
    *,
    limit: int,
    offset: int = 0,
) -> Question:
    """Return the question of one page of the positions *wanted*, in an order of their own.

    Args:
        registry: Has the columns.
        wanted: Which.
        order: Names of columns with commas between, a minus before one that begins with its
            greatest value; nulls come last, equal positions by part.
        shown: The columns that are read, which makes a long list faster; empty for all.
        limit: Rows of a page.
        offset: Rows of the pages before.

    Raises:
        InvalidSelection: *order* names what is no column.
    """
    names = [column.name for column in columns(registry)]
    arrangement = arrangement_of(names, ",".join(shown) or None, order)
    return arranged(positions(registry, wanted, limit=limit), arrangement, _KEY, offset)


def classes(registry: Registry, wanted: StockSelection) -> Question:
    """Return the question of the positions *wanted*, whatever their classes, by both classes.

    Columns: see ``sql/stock_classes.sql``.
    """
    met = _conditions(registry, wanted, *CLASSES)
    base, found = _base(wanted)
    names = [*CLASSES.values(), "current_stock", "order_quantity", "stock_value", "order_value"]
    stock = select_matches(base, [*_KEY, *names], met.predicates, _KEY)
    return Question(
        name="stock_classes",
        sql=with_query("stock", stock, question_sql("stock_classes")),
        parameters={**found, **met.parameters},
        data_sets=_READ,
    )


def facets(registry: Registry, wanted: StockSelection) -> Question:
    """Return the question of how many positions each value of each of ``FACETS`` would leave.

    Columns: filter (of a class the column of ``CLASSES``), value (as text, null for unknown), rows.
    """
    met_by = {CLASSES.get(name, name): _conditions(registry, wanted, name) for name in FACETS}
    base, found = _base(wanted)
    counted = count_values("stock", {name: each.predicates for name, each in met_by.items()})
    used: dict[str, Parameter] = {**found}
    for each in met_by.values():
        used |= each.parameters
    return Question(
        name="stock_facets",
        sql=with_query("stock", base, counted),
        parameters=used,
        data_sets=_READ,
    )


def _base(wanted: StockSelection) -> tuple[str, Mapping[str, Parameter]]:
    """Return the SQL of all positions whose parts match the text, and its parameters."""
    base = question_sql("stock_positions")
    if not wanted.text:
        return base, {}
    found = of_found_parts(base, question_sql("search_items"))
    return found, search.parameters(wanted.text)


def _conditions(registry: Registry, wanted: StockSelection, *but: str) -> Conditions:
    place = registry.data_sets["fact_inventory"].column("location_id")
    return wanted.conditions(*but) + equal(place, wanted.location_id)


def _class_column(column: Column, group: str) -> Column:
    known_as = partial(unpublished_column, group, column.type, described=column.description.en)
    return known_as((*column.allowed, UNCLASSIFIED))
