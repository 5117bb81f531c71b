"""The words of what changed between two publications, in the user's language."""

from __future__ import annotations

from datalayer.portal import changes
from pages.components.language import _


def cause_text(cause: changes.OrderCause) -> str:
    """Return what a part of the change of a proposed order comes from."""
    return {
        changes.OrderCause.STOCK_USED: _("stock was used"),
        changes.OrderCause.STOCK_ADDED: _("stock arrived or was ordered"),
        changes.OrderCause.STOCK: _("stock and open orders changed"),
        changes.OrderCause.EXPECTED_DEMAND: _("expected demand changed"),
        changes.OrderCause.UNCERTAINTY: _("demand is more or less certain"),
        changes.OrderCause.SERVICE_LEVEL: _("the service level changed"),
        changes.OrderCause.LEAD_TIME: _("the lead time changed"),
        changes.OrderCause.LEVELS: _("the reorder point changed"),
        changes.OrderCause.ROUNDING: _("minimum, multiple and rounding"),
        changes.OrderCause.NEW: _("the part is new"),
        changes.OrderCause.GONE: _("the part is gone"),
        changes.OrderCause.KNOWN: _("the stock was not known at one of the times"),
        changes.OrderCause.TOGETHER: _("what can't be told apart"),
    }[cause]
