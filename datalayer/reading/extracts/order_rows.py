"""Which orders are asked for, and whether they may be ordered together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import pyarrow as pa

from datalayer.kernel.contract.registry import Bilingual
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.order_lines import MOST_TIMES, OrderLine
from datalayer.reading.publication import Publication
from datalayer.reading.question import MOST_ROWS
from datalayer.reading.questions import orders
from datalayer.reading.questions.data_sets import data_set_named


@dataclass(frozen=True)
class OrderWords:
    """What a file says of an order that the list of actions doesn't explain.

    Attributes:
        policy: By which rule it is ordered; stands in the place of its tier.
        reason: Why.
    """

    policy: Bilingual
    reason: Bilingual


@dataclass(frozen=True)
class OrderRow:
    """What is ordered: units of a part for a place.

    Attributes:
        said: What is told of it; None where the list of actions does.
    """

    item_id: str
    location_id: str
    quantity: float
    said: OrderWords | None = None


@dataclass(frozen=True)
class OrdersOfTiers:
    """Which of the published orders are wanted.

    Attributes:
        tiers: At least one of the contract's.
        location_ids: Places, none of which lies in another; empty for all that none lies below.
        standing: What planners marked, as ``PlannerMarks.standing`` has it: what they put aside is
            left out.
    """

    tiers: tuple[str, ...]
    location_ids: tuple[str, ...]
    standing: pa.Table


def rows_of_tiers(publication: Publication, wanted: OrdersOfTiers) -> list[OrderRow]:
    """Return the orders that *publication* proposes in some tiers.

    Raises:
        UnknownDataSet: The publication is from before there were actions.
        InvalidSelection: A tier or place is not known, there are too many orders, or a part is
            ordered for a place and for one in it.
    """
    known = data_set_named(publication.registry, "fact_action").column("tier").allowed
    if not wanted.tiers or not set(wanted.tiers) <= set(known):
        found = ", ".join(wanted.tiers)[:80] or Sentence("not given")
        expected = Sentence("one or more of {values:s}", values=tuple(known))
        raise InvalidSelection(parameter="tier", found=found, expected=expected)
    require_places(publication, wanted.location_ids)
    page = publication.table_page(
        orders.of_tiers(publication.registry, wanted.tiers, wanted.location_ids, wanted.standing)
    )
    if page.more:
        raise too_many_orders(f"more than {MOST_ROWS}")
    rows = [OrderRow(**row) for row in page.rows.to_pylist()]
    refuse_nested(publication, [(row.item_id, row.location_id) for row in rows])
    return rows


def rows_of_ranks(
    publication: Publication, quantities: Mapping[int, float | None]
) -> list[OrderRow]:
    """Return the orders at some ranks of the list, with the units each is given.

    Args:
        publication: Whose list it is.
        quantities: Units by rank, in the order of the file; None for what is proposed.

    Raises:
        UnknownDataSet: The publication is from before there were actions.
        InvalidSelection: There is no such order or there are too many, a quantity is not above 0
            or doesn't keep minimum and multiple, or a part is ordered for a place and for one in
            it.
    """
    data_set_named(publication.registry, "fact_action")
    if len(quantities) > MOST_ROWS:
        raise too_many_orders(str(len(quantities)))
    rows = _rows_given(publication, quantities)
    refuse_nested(publication, [(row.item_id, row.location_id) for row in rows])
    return rows


def require_places(publication: Publication, location_ids: Sequence[str]) -> None:
    """Find out whether there are these places, and none lies in another.

    Raises:
        InvalidSelection: There is no such place, or the same demand would count twice.
    """
    for location_id in location_ids:
        publication.require_location(location_id)
    if len(location_ids) > 1:
        refuse_nested(publication, [("", place) for place in location_ids])


def too_many_orders(found: str) -> InvalidSelection:
    """Return the refusal of more orders than a file has."""
    expected = Sentence("at most {count}; ask for fewer tiers or locations", count=str(MOST_ROWS))
    return InvalidSelection(parameter="orders", found=found, expected=expected)


def _rows_given(publication: Publication, quantities: Mapping[int, float | None]) -> list[OrderRow]:
    found = publication.table(orders.of_ranks(list(quantities))).table.to_pylist()
    proposed = {row["rank"]: row for row in found if row["action"] == "order"}
    rows = []
    for rank, quantity in quantities.items():
        if rank not in proposed:
            expected = Sentence(
                "places of orders in the list of publication {id}", id=publication.id
            )
            raise InvalidSelection(parameter="rows", found=rank, expected=expected)
        row = proposed[rank]
        line = OrderLine(row, row["quantity"] if quantity is None else quantity)
        if not line.is_orderable:
            raise _not_orderable(line)
        rows.append(OrderRow(row["item_id"], row["location_id"], line.quantity))
    return rows


def _not_orderable(line: OrderLine) -> InvalidSelection:
    if not 0 < line.quantity < inf:
        expected = Sentence("above 0")
    elif line.is_excess:
        expected = Sentence(
            "at most {units}, {times} times what is proposed or expected in a year",
            units=f"{line.most:g}",
            times=MOST_TIMES,
        )
    else:
        expected = Sentence("{units:g}, which keeps minimum and multiple", units=line.orderable)
    found = Sentence(
        "{value} of {item_id}", value=f"{line.quantity:g}", item_id=line.card["item_id"]
    )
    return InvalidSelection(parameter="quantity", found=found, expected=expected)


def refuse_nested(publication: Publication, ordered: Sequence[tuple[str, str]]) -> None:
    """Refuse what is ordered twice: for a place, or for one and another that it lies in."""
    tree = publication.table(orders.location_tree()).table.to_pylist()
    above = {row["location_id"]: row["parent_location_id"] for row in tree}
    places: defaultdict[str, set[str]] = defaultdict(set)
    for item_id, place in ordered:
        if place in places[item_id]:
            found = Sentence("{place} twice", place=_place_of(place, item_id))
            expected = Sentence("given once")
            raise InvalidSelection(parameter="location", found=found, expected=expected)
        places[item_id].add(place)
    for item_id, place in ordered:
        outer = above.get(place)
        while outer is not None and outer not in places[item_id]:
            outer = above.get(outer)
        if outer is not None:
            found = Sentence("{one} and {other}", one=place, other=_place_of(outer, item_id))
            expected = Sentence(
                "places of which none lies in another, or the same demand is ordered twice"
            )
            raise InvalidSelection(parameter="location", found=found, expected=expected)


def _place_of(place: str, item_id: str) -> str:
    return Sentence("{value} of {item_id}", value=place, item_id=item_id) if item_id else place
