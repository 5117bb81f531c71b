"""The words of what changed between two publications, in the user's language."""

from __future__ import annotations

from datalayer.reading.order_causes import OrderCause
from pages.components.language import _


def cause_text(cause: OrderCause) -> str:
    """Return what a part of the change of a proposed order comes from."""
    return {
        OrderCause.STOCK_USED: _("stock was used"),
        OrderCause.STOCK_ADDED: _("stock arrived or was ordered"),
        OrderCause.STOCK: _("stock and open orders changed"),
        OrderCause.EXPECTED_DEMAND: _("expected demand changed"),
        OrderCause.UNCERTAINTY: _("demand is more or less certain"),
        OrderCause.SERVICE_LEVEL: _("the service level changed"),
        OrderCause.LEAD_TIME: _("the lead time changed"),
        OrderCause.LEVELS: _("the reorder point changed"),
        OrderCause.ROUNDING: _("minimum, multiple and rounding"),
        OrderCause.NEW: _("the part is new"),
        OrderCause.GONE: _("the part is gone"),
        OrderCause.KNOWN: _("the stock was not known at one of the times"),
        OrderCause.TOGETHER: _("what can't be told apart"),
    }[cause]


def tier_text(tier: str | None) -> str:
    """Return a tier of the list; where a part is in none of them, that there is nothing to do."""
    return {
        "late": _("late"),
        "this_week": _("order this week"),
        "will_run_out": _("will run out"),
        "check_forecast": _("check the forecast"),
        "surplus": _("surplus"),
        "check_data": _("check the data"),
    }.get(tier or "", _("nothing to do"))
