"""Questions about the list of actions: what there is to do, in pages, and what it comes to.

Of each part and place the list has one action, the first that planners have not put aside: the
leading one, or, once that is put aside, the next by rank. So nothing that is left to do is hidden
by what was done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Registry
from datalayer.reading.database import Parameter
from datalayer.reading.filters import after_position, conditions, filters_of
from datalayer.reading.question import Position, Question, json_list, json_rows, sql_question
from datalayer.reading.questions.data_sets import data_set_named
from datalayer.reading.questions.listings import FILTERS, ITEM_FILTERS, ROW_KEY, Listing
from datalayer.reading.views import (
    count_matches,
    count_values,
    question_sql,
    select_matches,
    with_query,
)

WINDOW: Final = ("late", "this_week")
"""Tiers whose orders are this week's work."""
USED_PERIODS: Final = 26
AHEAD_PERIODS: Final = 13
_DATA_SETS = ("fact_action", "dim_item", "dim_location")
_COLUMNS = (
    *("rank", "item_id", "location_id", "action", "ref", "tier", "value", "check_first"),
    *("has_check", "state", "others", "moves", "is_new", "is_changed", *ITEM_FILTERS),
)
_SAID = (
    *("state", "kind", "marked_by", "marked_at", "until", "because", "comment", "comments"),
    "number",
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
    ranks = {"new": json_list(wanted.new), "changed": json_list(wanted.changed)}
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
        "rows": json_rows(rows, names),
        "standing": json_rows(standing, (*ROW_KEY, *_SAID)),
    }
    stock = ("fact_inventory", "fact_repair", "fact_transfer")
    read = (*_DATA_SETS, *stock, "fact_metrics", "fact_exception")
    return sql_question("action_cards", parameters, *read)


def of_ranks(ranks: Sequence[int]) -> Question:
    """Return the question of the rows with these *ranks*, for ``cards``; whatever is said of them.

    Columns: item_id, location_id, rank, others, is_new, is_changed. Ranks that no row has are left
    out.
    """
    return sql_question("actions_of_ranks", {"ranks": json_list(ranks)}, "fact_action")


def periods(rows: pa.Table, *, used: int = USED_PERIODS, ahead: int = AHEAD_PERIODS) -> Question:
    """Return the question of demand by week or month of the parts in *rows*, past and to come.

    Columns: see ``sql/action_periods.sql``.

    Args:
        rows: Of ``cards``.
        used: Most periods of the past.
        ahead: Most periods to come.
    """
    named = json_rows(rows, ("item_id", "location_id", "source"))
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
