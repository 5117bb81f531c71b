"""What is said of the regret ledger: what following would have cost beside another rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pages.components.language import NOTHING, _, ngettext, number, percent
from pages.components.units import amount

COST: Final = "cost_more"
HOURS: Final = "down_hours_more"

Row = Mapping[str, Any]


def first_sentence(other: Row, followed: Row, currency: str) -> str:
    """Return what following would have cost and saved beside another rule, and how sure that is.

    Args:
        other: The row of all parts of a rule that isn't followed.
        followed: That of the rule which is.
        currency: ISO code; an empty string where none is published.
    """
    count = followed["n_cutoffs"]
    head = ngettext(
        "At the last {count} cutoff, beside {rule}, following would have cost a month {cost}; "
        "tower-hours lost a month: {hours}.",
        "At the last {count} cutoffs, beside {rule}, following would have cost a month {cost}; "
        "tower-hours lost a month: {hours}.",
        count,
    )
    if other["cost"] is None:
        head = ngettext(
            "At the last {count} cutoff, beside {rule}, following would have lost tower-hours a "
            "month as follows: {hours}. What that costs isn't known: no contract names a price "
            "of a tower-hour.",
            "At the last {count} cutoffs, beside {rule}, following would have lost tower-hours a "
            "month as follows: {hours}. What that costs isn't known: no contract names a price "
            "of a tower-hour.",
            count,
        )
    return head.format(
        count=number(count, 0),
        rule=rule_name(other["rule"]),
        cost=difference(other, COST, currency),
        hours=difference(other, HOURS, currency),
    )


def difference(other: Row, measure: str, currency: str) -> str:
    """Return how much less or more following came to than the *other* rule, a month.

    Args:
        other: The row of a rule that isn't followed.
        measure: `COST` or `HOURS`.
        currency: As above.
    """
    more = other[measure]
    if more is None:
        return NOTHING
    low, high = other[f"{measure}_low"], other[f"{measure}_high"]
    told = _signed(more, measure, currency)
    if low is None or high is None:
        return _("{difference}, measured too seldom to tell from chance").format(difference=told)
    if low == high == 0:
        return _("the same")
    if low < 0 < high:
        text = _("{difference}, which can't be told apart from chance (from {low} to {high})")
        return text.format(
            difference=told,
            low=_signed(low, measure, currency),
            high=_signed(high, measure, currency),
        )
    near, far = sorted((abs(low), abs(high)))
    return _("{difference} (between {low} and {high})").format(
        difference=told,
        low=_measured(near, measure, currency),
        high=_measured(far, measure, currency),
    )


def rule_name(rule: str) -> str:
    """Return what a rule is called in a sentence, after *beside*."""
    return {
        "textbook": _("the textbook's rule"),
        "order_skipped": _("leaving that order out"),
        "tower_hour_price": _("stock by the price of a tower-hour"),
        "lead_time_quantile": _("stock by service levels"),
    }.get(rule, rule)


def unpriced(followed: Row) -> str:
    """Return what share of the tower-hours no contract prices; nothing where all or none is."""
    hours, without = followed["down_hours"], followed["unpriced_hours"]
    if followed["cost"] is None or not hours or not without:
        return ""
    text = _(
        "Of the tower-hours lost with the proposals, {share} are of contracts that name no price: "
        "they are in the hours and in no cost."
    )
    return text.format(share=percent(without / hours, 0))


def _signed(more: float, measure: str, currency: str) -> str:
    """Return how much less, or more, following came to, where the other came to *more*."""
    text = _("{amount} less") if more >= 0 else _("{amount} more")
    return text.format(amount=_measured(abs(more), measure, currency))


def _measured(value: float, measure: str, currency: str) -> str:
    return amount(value, "currency" if measure == COST else "h", currency=currency)
