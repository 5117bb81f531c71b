"""Questions about the list of actions: what there is to do, in pages, and what it comes to.

Of each part and place the list has one action, the first that planners have not put aside: the
leading one, or, once that is put aside, the next by rank. So nothing that is left to do is hidden
by what was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import to_json

from datalayer.kernel.contract.registry import Column, ColumnType, Registry
from datalayer.reading.database import Parameter
from datalayer.reading.filters import (
    NO_CONDITIONS,
    Conditions,
    after_position,
    conditions,
    filters_of,
    given_more_than_once,
    unpublished_column,
)
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.questions.data_sets import data_set_named
from datalayer.reading.views import (
    count_matches,
    count_values,
    question_sql,
    select_matches,
    with_query,
)

WINDOW: Final = ("late", "this_week")
"""Tiers whose orders are this week's work."""
ITEM_FILTERS: Final = ("category", "abc_class", "demand_class", "criticality", "supplier")
FILTERS: Final = (
    "tier",
    *ITEM_FILTERS,
    "check_first",
    "has_check",
    "is_new",
    "is_changed",
    "state",
)
"""Columns that rows of the list are filtered by, beside ``action``, ``location`` and
``put_aside``."""
USED_PERIODS: Final = 26
AHEAD_PERIODS: Final = 13

MADE: Final = (
    unpublished_column(
        "has_check", ColumnType.BOOLEAN, described="Whether the row says what to check first."
    ),
    unpublished_column(
        "others",
        ColumnType.INTEGER,
        described="Further actions of the part and place that nobody put aside.",
    ),
    unpublished_column(
        "is_new",
        ColumnType.BOOLEAN,
        described="Whether the list before had it not; false where none before is known.",
    ),
    unpublished_column(
        "is_changed",
        ColumnType.BOOLEAN,
        described="Whether the list before had it in another tier or with another quantity; false "
        "where the publication before isn't kept.",
    ),
    unpublished_column(
        "state",
        ColumnType.TEXT,
        ("open", "put_aside", "came_back"),
        described="What the marks of planners make of the row.",
    ),
)
"""What the list says of a row beside what is published."""

_PLACE = unpublished_column(
    "location",
    ColumnType.TEXT,
    described="Places, none of which lies in another; all that none lies below if left out.",
)
_ASIDE = unpublished_column(
    "put_aside",
    ColumnType.BOOLEAN,
    described="What planners put aside, every action of it, instead of what is left.",
)
_PROVENANCE = ("dataset_id", "model_version", "generated_at")
_DATA_SETS = ("fact_action", "dim_item", "dim_location")
_COLUMNS = (
    *("rank", "item_id", "location_id", "action", "ref", "tier", "value", "check_first"),
    *("has_check", "state", "others", "is_new", "is_changed", *ITEM_FILTERS),
)
_KEY = ("item_id", "location_id", "action", "ref")
_SAID = (
    *("state", "kind", "marked_by", "marked_at", "until", "because", "comment", "comments"),
    "number",
)


@dataclass(frozen=True, eq=False)
class Listing:
    """Which actions are wanted, and what is known of them beside their publication.

    Attributes:
        standing: The marked rows, as ``PlannerMarks.standing`` has them.
        new: Ranks of the rows that are new, as ``PlannerMarks.novelty`` has them.
        changed: Ranks of the rows that decide something else than the list before.
        location_ids: Places, none of which lies in another; empty for all that none lies below;
            None for all there are.
        actions: Kinds of actions; empty for all. The first of these that is left is wanted of each
            part and place, leading or not.
        put_aside: Whether what planners put aside is wanted, every action of it, instead of what
            is left.
        filters: What rows must meet, by the column of ``FILTERS`` concerned.
    """

    standing: pa.Table
    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    location_ids: tuple[str, ...] | None = ()
    actions: tuple[str, ...] = ()
    put_aside: bool = False
    filters: Mapping[str, Conditions] = field(default_factory=dict)

    def conditions(self, but: str = "") -> Conditions:
        """Return what rows must meet, *but* for what is said of one column."""
        met = (each for name, each in self.filters.items() if name != but)
        return sum(met, NO_CONDITIONS)

    def parameters(self, *, by_action: bool = False) -> dict[str, Parameter]:
        """Return the parameters of ``listed_actions.sql``, without those of the filters."""
        places = self.location_ids
        return {
            "locations": None if places is None else _json(places),
            "actions": _json(self.actions),
            "by_action": by_action,
            "standing": _rows_json(self.standing, (*_KEY, "state")),
            "put_aside": self.put_aside,
            "new": _json(self.new),
            "changed": _json(self.changed),
        }


def filter_columns(registry: Registry) -> dict[str, Column]:
    """Return the columns that a list is filtered by, by name; ``location`` as in files of orders.

    Raises:
        UnknownDataSet: The publication is from before there were actions.
    """
    published = {
        column.name: column
        for name in ("dim_item", "fact_action")
        for column in data_set_named(registry, name).columns
    }
    named = {**published, **{column.name: column for column in (*MADE, _PLACE, _ASIDE)}}
    return {name: named[name] for name in (*FILTERS, "action", "location", "put_aside")}


def told_columns(registry: Registry) -> tuple[Column, ...]:
    """Return all columns that a row of the list can have.

    Raises:
        UnknownDataSet: The publication is from before there were actions.
    """
    part = data_set_named(registry, "dim_item")
    action = data_set_named(registry, "fact_action")
    return (
        *(column for column in action.columns if column.name not in _PROVENANCE),
        *(part.column(name) for name in ("name", *ITEM_FILTERS)),
        *MADE,
    )


def listing(
    registry: Registry,
    asked: Iterable[tuple[str, str]],
    *,
    standing: pa.Table,
    new: Sequence[int] = (),
    changed: Sequence[int] = (),
) -> Listing:
    """Return the listing that *asked*, pairs of a filter's name and a value as text, means.

    Several values of one column are alternatives; different filters must all be met. Names that
    are no filters are left alone. Whether there is a place of that name, the caller finds out.

    Raises:
        InvalidSelection: A value can't be one of its column.
        UnknownDataSet: The publication is from before there were actions.
    """
    known = filter_columns(registry)
    pairs = [(name, text) for name, text in asked if name in known]
    by_name = {
        name: conditions(filters_of([column]), (pair for pair in pairs if pair[0] == name))
        for name, column in known.items()
    }
    if sum(name == "put_aside" for name, _ in pairs) > 1:
        raise given_more_than_once("put_aside")
    values = {name: [text for each, text in pairs if each == name] for name in known}
    return Listing(
        standing,
        tuple(new),
        tuple(changed),
        tuple(dict.fromkeys(values["location"])),
        tuple(dict.fromkeys(values["action"])),
        put_aside=values["put_aside"] == ["true"],
        filters={name: by_name[name] for name in FILTERS if by_name[name].predicates},
    )


def listed(
    registry: Registry,
    wanted: Listing,
    *,
    limit: int,
    after: Position | None = None,
    columns: Sequence[str] = _COLUMNS,
) -> Question:
    """Return the question of the actions *wanted*, the most urgent first, with their number.

    Args:
        registry: That of the publication.
        wanted: Which.
        limit: Most rows of one page.
        after: The rank behind which the page begins; None for the first.
        columns: Of ``told_columns``; those that ``cards`` goes on from if left out.

    Raises:
        InvalidCursor: *after* is not of these rows.
        UnknownDataSet: The publication is from before there were actions.
    """
    rank = data_set_named(registry, "fact_action").column("rank")
    here = wanted.conditions()
    met = here + after_position([rank], after)
    base = question_sql("listed_actions")
    return Question(
        name="listed_actions",
        sql=select_matches(base, columns, met.predicates, ("rank",)),
        parameters={**wanted.parameters(), **met.parameters},
        data_sets=_DATA_SETS,
        limit=limit,
        order=("rank",),
        total_sql=count_matches(f"({base})", here.predicates),
    )


def of_part(wanted: Listing, item_id: str) -> Question:
    """Return the question of a part's actions at every place, for ``cards`` to tell of them.

    The listing's filters don't count. Places that none lies below come first, and there the
    leading action. Columns: see ``sql/part_actions.sql``.
    """
    ranks = {"new": _json(wanted.new), "changed": _json(wanted.changed)}
    return sql_question("part_actions", {"item_id": item_id, **ranks}, *_DATA_SETS)


def ranks(wanted: Listing) -> Question:
    """Return the question of all actions *wanted*, the most urgent first, however many there are.

    Columns: rank, item_id, location_id, others, is_new, is_changed; slices of it are rows for
    ``cards``, and ``neighbours`` finds a part in it.
    """
    return _of_listing("action_ranks", wanted)


def cards(rows: pa.Table, standing: pa.Table) -> Question:
    """Return the question of all that cards tell of *rows*, in the order of their rank.

    Columns: see ``sql/action_cards.sql``.

    Args:
        rows: Of ``listed`` or ``ranks``.
        standing: The marked rows, as ``PlannerMarks.standing`` has them.
    """
    names = ("item_id", "location_id", "rank", "others", "is_new", "is_changed")
    parameters = {
        "rows": _rows_json(rows, names),
        "standing": _rows_json(standing, (*_KEY, *_SAID)),
    }
    read = (*_DATA_SETS, "fact_inventory", "fact_metrics", "fact_exception")
    return sql_question("action_cards", parameters, *read)


def of_ranks(ranks: Sequence[int]) -> Question:
    """Return the question of the rows with these *ranks*, for ``cards``; whatever is said of them.

    Columns: item_id, location_id, rank, others, is_new, is_changed. Ranks that no row has are left
    out.
    """
    return sql_question("actions_of_ranks", {"ranks": _json(ranks)}, "fact_action")


def periods(rows: pa.Table, *, used: int = USED_PERIODS, ahead: int = AHEAD_PERIODS) -> Question:
    """Return the question of demand by week or month of the parts in *rows*, past and to come.

    Columns: see ``sql/action_periods.sql``.

    Args:
        rows: Of ``cards``.
        used: Most periods of the past.
        ahead: Most periods to come.
    """
    named = _rows_json(rows, ("item_id", "location_id", "source"))
    parameters: dict[str, Parameter] = {"rows": named, "used": used, "ahead": ahead}
    return sql_question("action_periods", parameters, "fact_period")


def tiers(wanted: Listing) -> Question:
    """Return the question of what each tier comes to; filters of tiers are left out.

    Columns: see ``sql/action_tiers.sql``.
    """
    return _of_listing("action_tiers", wanted, but="tier")


def orders_due(registry: Registry, wanted: Listing) -> Question:
    """Return the question of what the orders come to that are due this week, or late.

    They are those that a file of orders of these tiers has. Filters of tiers and actions are left
    out. Columns: see ``sql/orders_due.sql``.

    Raises:
        UnknownDataSet: The publication is from before there were actions.
    """
    tier = filters_of([data_set_named(registry, "fact_action").column("tier")])
    due = conditions(tier, [("tier", each) for each in WINDOW])
    orders = replace(wanted, actions=("order",), filters={**wanted.filters, "tier": due})
    return _of_listing("orders_due", orders)


@dataclass(frozen=True)
class Neighbours:
    """Where a part at a place stands in a list.

    Attributes:
        position: From 1.
        previous, following: Part and place before and behind it; None at the ends.
    """

    position: int
    total: int
    previous: tuple[str, str] | None
    following: tuple[str, str] | None


def neighbours(rows: pa.Table, item_id: str, location_id: str) -> Neighbours | None:
    """Return where a part at a place stands among *rows*, of ``ranks``; None if it doesn't."""
    here = pc.and_(pc.equal(rows["item_id"], item_id), pc.equal(rows["location_id"], location_id))
    place: int = pc.index(here, value=True).as_py()
    if place < 0:
        return None
    around = rows.slice(max(0, place - 1), 3 if place else 2).to_pylist()
    keys = [(str(row["item_id"]), str(row["location_id"])) for row in around]
    at = min(1, place)
    return Neighbours(
        position=place + 1,
        total=rows.num_rows,
        previous=keys[0] if at else None,
        following=keys[at + 1] if at + 1 < len(keys) else None,
    )


def facets(wanted: Listing) -> Question:
    """Return the question of how many actions each value of each filter would leave.

    A column's own filter doesn't count for its values. Columns: filter, value (as text; null
    where there is none), rows.
    """
    return _facets(wanted, FILTERS)


def action_facet(wanted: Listing) -> Question:
    """Return the question of how many parts and places have each kind of action left."""
    return _facets(replace(wanted, actions=()), ("action",), by_action=True)


def location_facet(wanted: Listing) -> Question:
    """Return the question of how many actions each place has, those above others as well."""
    return _facets(replace(wanted, location_ids=None), ("location_id",))


def decisions() -> Question:
    """Return the question of what each row decides: its key, rank, tier and quantity."""
    return sql_question("decisions", {}, "fact_action")


def _facets(wanted: Listing, names: Sequence[str], *, by_action: bool = False) -> Question:
    counted = count_values("listed", {name: wanted.conditions(name).predicates for name in names})
    return Question(
        name="action_facets",
        sql=with_query("listed", question_sql("listed_actions"), counted),
        parameters={
            **wanted.parameters(by_action=by_action),
            **_used_by(wanted, names),
        },
        data_sets=_DATA_SETS,
    )


def _used_by(wanted: Listing, names: Sequence[str]) -> Mapping[str, Parameter]:
    """Return the parameters of the filters that count for one of *names* at least."""
    used = (wanted.conditions(name).parameters for name in names)
    return {parameter: value for each in used for parameter, value in each.items()}


def _of_listing(name: str, wanted: Listing, but: str = "") -> Question:
    """Return the question ``sql/<name>.sql``, whose ``listed`` are the actions *wanted*."""
    met = wanted.conditions(but)
    base = select_matches(question_sql("listed_actions"), _COLUMNS, met.predicates, ("rank",))
    return Question(
        name=name,
        sql=with_query("listed", base, question_sql(name)),
        parameters={**wanted.parameters(), **met.parameters},
        data_sets=_DATA_SETS,
    )


def _json(values: Sequence[object]) -> str:
    return to_json(list(values)).decode()


def _rows_json(rows: pa.Table, names: Sequence[str]) -> str:
    return to_json(rows.select(list(names)).to_pylist()).decode()
