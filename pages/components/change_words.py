"""The words of what changed between two publications, in the user's language."""

from __future__ import annotations

from datalayer.portal import changed_orders, changes
from pages.components.language import _

Cause = changes.OrderCause


def cause_text(cause: str) -> str:
    """Return what a part of the change of a proposed order comes from."""
    return {
        Cause.STOCK_USED: _("stock was used"),
        Cause.STOCK_ADDED: _("stock arrived or was ordered"),
        Cause.STOCK: _("stock and open orders changed"),
        Cause.MOVES: _("other moves are proposed"),
        Cause.REPAIR: _("repair changed"),
        Cause.STOCKED: _("whether the part is held in stock changed"),
        Cause.EXPECTED_DEMAND: _("expected demand changed"),
        Cause.UNCERTAINTY: _("demand is more or less certain"),
        Cause.SERVICE_LEVEL: _("the service level changed"),
        Cause.LEAD_TIME: _("the lead time changed"),
        Cause.LEVELS: _("the reorder point changed"),
        Cause.ROUNDING: _("minimum, multiple and rounding"),
        Cause.NEW: _("the part is new"),
        Cause.GONE: _("the part is gone"),
        Cause.KNOWN: _("the stock was not known at one of the times"),
        Cause.TOGETHER: _("what can't be told apart"),
        changed_orders.UNIT_COST: _("the cost of a unit changed"),
        changed_orders.OTHER_UNIT: _("it is counted in another unit"),
    }[cause]


def moved_text(cause: str, *, up: bool) -> str:
    """Return the same with its direction, where more or less of it is ordered for it."""
    more = {
        Cause.STOCK_ADDED: _("stock or open orders became less"),
        Cause.MOVES: _("moves bring less or take more away"),
        Cause.REPAIR: _("less comes back from repair, or later"),
        Cause.STOCKED: _("the part is held in stock again"),
        Cause.EXPECTED_DEMAND: _("expected demand rose"),
        Cause.UNCERTAINTY: _("demand is less certain"),
        Cause.SERVICE_LEVEL: _("the service level rose"),
        Cause.LEAD_TIME: _("the lead time is longer or less certain"),
        Cause.LEVELS: _("the reorder point rose"),
        Cause.STOCK: _("stock and open orders became less"),
        changed_orders.UNIT_COST: _("a unit costs more"),
    }
    less = {
        Cause.STOCK_USED: _("stock that was used is there again"),
        Cause.MOVES: _("moves bring more or take less away"),
        Cause.REPAIR: _("more comes back from repair, or sooner"),
        Cause.STOCKED: _("the part is no longer held in stock"),
        Cause.EXPECTED_DEMAND: _("expected demand fell"),
        Cause.UNCERTAINTY: _("demand is more certain"),
        Cause.SERVICE_LEVEL: _("the service level fell"),
        Cause.LEAD_TIME: _("the lead time is shorter or more certain"),
        Cause.LEVELS: _("the reorder point fell"),
        Cause.STOCK: _("stock and open orders became more"),
        changed_orders.UNIT_COST: _("a unit costs less"),
    }
    return (more if up else less).get(cause) or cause_text(cause)
