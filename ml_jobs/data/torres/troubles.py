"""Some trouble of every kind: what planners must see, and what the job has to report.

`in_stock` gives some holdings a plight that calls for a certain action; the others are as the
policy left them. The rest spoils a few rows of the files as people and programs do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ml_jobs.data.torres.catalogue import SyntheticPart
from ml_jobs.data.torres.replenishment import Holding, PlacedOrder, saleable
from ml_jobs.data.torres.usage import WEEKS_PER_YEAR

Row = dict[str, str]
Change = Callable[[Holding], Holding]

STRANGE_PART = "0199999"
STRANGE_PLACE = "CD-RJ"
LEAST_WEEKLY = 0.4  # units; below it no plight can be told from chance


def in_stock(holdings: Sequence[Holding], random: np.random.Generator) -> tuple[Holding, ...]:
    """Return *holdings*, some of them in a plight; each has one at most."""
    changed = list(holdings)
    free = [
        place
        for place, holding in enumerate(holdings)
        if holding.weekly >= LEAST_WEEKLY * holding.part.step
    ]
    for plight, count in _PLIGHTS.items():
        for _ in range(count):
            place = free.pop(int(random.integers(len(free))))
            changed[place] = plight(changed[place])
    ended = [
        place
        for place, holding in enumerate(holdings)
        if holding.part.life == "ended" and not holding.orders
    ]
    for number, place in enumerate(ended):
        changed[place] = _dead(changed[place], ordered=number % 2 == 0)
    return tuple(changed)


def _weeks(holding: Holding, weeks: float) -> float:
    """Return what *weeks* of usage come to, as a depot would have counted it."""
    step = holding.part.step
    return float(np.ceil(holding.weekly * weeks / step) * step)


def _short(holding: Holding) -> Holding:
    """Next to nothing, and nothing ordered: an order is late."""
    lead = holding.part.lead_time_days / 7
    return replace(holding, on_hand=_weeks(holding, 0.15 * lead) - holding.part.step, orders=())


def _empty(holding: Holding) -> Holding:
    """Nothing left; an order comes in two weeks."""
    return replace(holding, on_hand=0.0, orders=(holding.order(_weeks(holding, 10), 14),))


def _waiting(holding: Holding) -> Holding:
    """A week left, and what was ordered comes after five: expedite."""
    orders = (holding.order(_weeks(holding, 9), 36),)
    return replace(holding, on_hand=_weeks(holding, 1), orders=orders)


def _overdue(holding: Holding) -> Holding:
    """Half of an order has come, the rest is three weeks late."""
    whole = saleable(_weeks(holding, 8), holding.part)
    received = float(np.floor(whole / 2 / holding.part.step) * holding.part.step)
    orders = (holding.order(whole, -21, received),)
    return replace(holding, on_hand=_weeks(holding, 3), orders=orders)


def _early(holding: Holding) -> Holding:
    """Half a year on the shelf, and more comes next week: defer."""
    weeks = max(26.0, 2.5 * holding.part.lead_time_days / 7)
    orders = (holding.order(_weeks(holding, 5), 9),)
    return replace(holding, on_hand=_weeks(holding, weeks), orders=orders)


def _unwanted(holding: Holding) -> Holding:
    """Three years on the shelf, and more was ordered: cancel."""
    orders = (holding.order(_weeks(holding, 12), 25),)
    return replace(holding, on_hand=_weeks(holding, 3 * WEEKS_PER_YEAR), orders=orders)


def _surplus(holding: Holding) -> Holding:
    """Two and a half years on the shelf."""
    return replace(holding, on_hand=_weeks(holding, 2.5 * WEEKS_PER_YEAR), orders=())


def _undated(holding: Holding) -> Holding:
    """Ordered, and nobody wrote down when it comes."""
    return replace(holding, orders=(holding.order(_weeks(holding, 6), None),))


def _dead(holding: Holding, *, ordered: bool) -> Holding:
    """Stock of a part that nobody asks for any more, of some even an order."""
    orders = (holding.order(holding.part.step * 4, 30),) if ordered else ()
    return replace(holding, on_hand=max(holding.on_hand, 12 * holding.part.step), orders=orders)


_PLIGHTS: Mapping[Change, int] = {
    _short: 9,
    _empty: 4,
    _waiting: 7,
    _overdue: 6,
    _early: 7,
    _unwanted: 5,
    _surplus: 9,
    _undated: 4,
}


def in_orders(holdings: Sequence[Holding]) -> tuple[PlacedOrder, ...]:
    """Return order lines that no depot has or that have no sense."""
    known = next(holding for holding in holdings if holding.orders)
    order = known.orders[0]
    bare = known.part.item_id.lstrip("0")
    return (
        replace(order, item_id=STRANGE_PART, received=0.0, due=22),
        replace(order, item_id=bare, received=0.0, due=24),
        replace(order, location_id=STRANGE_PLACE, received=0.0, due=17),
        replace(order, received=order.quantity + 2 * known.part.step, due=-9),
        replace(order, received=order.quantity, due=-30),
    )


def in_items(rows: Sequence[Row], parts: Sequence[SyntheticPart]) -> Iterator[Row]:
    """Leave out a cost of two parts, a lead time of two, and the criticality of one."""
    steady = [place for place, part in enumerate(parts) if part.life == "steady"]
    without = {
        steady[40]: ("unit_cost", "abc_class"),
        steady[210]: ("unit_cost", "abc_class"),
        steady[90]: ("lead_time_days", "lead_time_sd_days"),
        steady[150]: ("lead_time_days", "lead_time_sd_days"),
        steady[120]: ("criticality",),
    }
    for place, row in enumerate(rows):
        yield {**row, **dict.fromkeys(without.get(place, ()), "")}


def in_stock_rows(rows: Sequence[Row]) -> Iterator[Row]:
    """Split a row into two lots, make one negative, and take zeros from the code of one."""
    split, negative = len(rows) // 5, len(rows) // 2
    lines = Counter(row["item_id"] for row in rows)
    alone = [place for place, row in enumerate(rows) if lines[row["item_id"]] == 1]
    bare = alone[len(alone) // 8]
    for place, row in enumerate(rows):
        if place == split:
            yield row
            yield {**row, "current_stock": "3", "on_order": "0", "in_repair": ""}
        elif place == negative:
            yield {**row, "current_stock": "-4"}
        elif place == bare:
            yield {**row, "item_id": row["item_id"].lstrip("0")}
        else:
            yield row


def in_demand(rows: Sequence[Row], random: np.random.Generator) -> Iterator[Row]:
    """Bring back some of what was issued, and spoil four rows.

    A return stands in the row after the issue that it belongs to, as of the same week; one comes
    back before the part was ever issued.
    """
    returned = set(random.choice(len(rows), len(rows) // 700, replace=False).tolist())
    spoilt = {
        len(rows) // 9: {"quantity": "1O"},
        len(rows) // 4: {"date": "31/02/2025"},
        len(rows) // 3: {"item_id": ""},
        len(rows) // 2: {"date": "12/05/2062"},
    }
    first = {row["item_id"]: row for row in reversed(rows)}
    newest = next(row for row in reversed(rows) if row is first[row["item_id"]])
    yield {**newest, "date": rows[0]["date"], "quantity": "-2"}
    for place, row in enumerate(rows):
        yield {**row, **spoilt.get(place, {})}
        if place in returned and place not in spoilt:
            whole = float(row["quantity"].replace(",", "."))
            yield {**row, "quantity": f"-{max(whole // 3, 1.0):g}"}
