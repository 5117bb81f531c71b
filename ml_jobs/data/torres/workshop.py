"""Parts that are repaired: what is at the workshop, and the less that a depot holds for that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ml_jobs.arrays import FloatArray
from ml_jobs.data.torres.catalogue import SyntheticPart
from ml_jobs.data.torres.depots import DEPOTS
from ml_jobs.data.torres.replenishment import REVIEW_WEEKS, Holding
from ml_jobs.data.torres.usage import Usage


def with_repairs(
    holdings: Sequence[Holding], parts: Sequence[SyntheticPart], usage: Usage
) -> tuple[Holding, ...]:
    """Return *holdings*, those of repaired parts with what failed in the last repair time away.

    Whoever held them knew that they come back: of what would be there and on order for parts that
    are bought new, a depot has the share of the time that one is missed.
    """
    rows = {part.item_id: row for row, part in enumerate(parts)}
    places = {depot.location_id: place for place, depot in enumerate(DEPOTS)}
    return tuple(
        _away(each, usage.units[rows[each.part.item_id], places[each.location_id]])
        if each.part.repair_days
        else each
        for each in holdings
    )


def _away(holding: Holding, used: FloatArray) -> Holding:
    part = holding.part
    lost = part.condemned
    in_repair = float(used[-math.ceil(part.repair_days / 7) :].sum())
    lead = part.lead_time_days + 7 * REVIEW_WEEKS
    share = (1.0 - lost) * part.repair_days / lead + lost
    orders = tuple(
        replace(order, quantity=max(float(np.rint(lost * order.outstanding)), 1.0), received=0.0)
        for order in holding.orders
    )
    kept = np.rint(share * (holding.on_hand + holding.on_order))
    coming = np.floor((1.0 - lost) * in_repair + 0.5) + sum(order.quantity for order in orders)
    shelf = float(max(kept - coming, 0.0))
    return replace(holding, on_hand=shelf, orders=orders, in_repair=in_repair)
