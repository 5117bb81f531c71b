"""What is said of a budget and of a row of the buy list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pages.components.charts.availability_words import money
from pages.components.language import NOTHING, _, ngettext, number, percent, quantity
from pages.components.stock import stock_words
from pages.components.worklist.action_words import units

Row = Mapping[str, Any]

_MANY: Final = 20
_CHEAP: Final = 0.005
"""Share of what all that is bought costs, up to which a row of it is cheap."""
_HARDLY: Final = 0.001
_LITTLE: Final = 100


def budget_sentence(
    effect: Row, budget: float | None, currency: str, *, is_cut: bool = False
) -> str:
    """Return what a budget avoids, and what as much again would avoid.

    Args:
        effect: The row of ``questions.buy_list.budget_effect``.
        budget: What there is to spend; None where nobody says.
        currency: ISO code; empty where none is published.
        is_cut: Whether the list ends with the budgets of classes.
    """
    if not effect["all_steps"] and is_cut:
        return _("Nothing of the list for this place and contract is within the budgets by class.")
    if not effect["all_steps"]:
        return _("Nothing of the list is for this place and contract.")
    if budget is None:
        return _whole(effect, currency)
    if not effect["steps"]:
        return f"{_nothing(budget, currency)} {_whole(effect, currency)}"
    text = _(
        "{budget} buy {share} of what this list avoids: {hours} of towers standing still a month, "
        "for {cost}."
    ).format(
        budget=budget_text(budget, currency),
        share=share(effect["share"]),
        hours=hours(effect["down_hours_avoided"]),
        cost=cost(effect["cost"], currency),
    )
    return f"{text} {_next(effect, budget, currency)}".strip()


def budget_text(budget: float, currency: str) -> str:
    """Return a budget, to a hundredth where it isn't whole: it is beside what steps cost."""
    is_whole = budget.is_integer()
    return (money if is_whole else stock_words.money)(budget, currency)


def _nothing(budget: float, currency: str) -> str:
    """Return that a budget buys nothing; one of 0 doesn't even buy what costs nothing."""
    text = (
        _("{budget} are less than the first step of this list costs.")
        if budget
        else _("With {budget} nothing is bought.")
    )
    return text.format(budget=budget_text(budget, currency))


def _whole(effect: Row, currency: str) -> str:
    text = _("All of this list costs {cost} and avoids {hours} of towers standing still a month.")
    return text.format(
        cost=cost(effect["all_cost"], currency), hours=hours(effect["all_down_hours_avoided"])
    )


def _next(effect: Row, budget: float, currency: str) -> str:
    if effect["steps"] == effect["all_steps"]:
        return _("That is all of it.")
    text = _("The next {budget} avoid {share}.")
    return text.format(budget=budget_text(budget, currency), share=share(effect["next_share"]))


def cost(value: float, currency: str) -> str:
    """Return what something costs: to a hundredth where that is little."""
    return money(value, currency) if value >= _LITTLE else stock_words.money(value, currency)


def share(value: float | None) -> str:
    """Return a share of hours; never 0 or 100% for what is neither."""
    if value is None:
        return NOTHING
    if 0 < value < _HARDLY:
        return _("under 0.1%")
    if 1 - _HARDLY < value < 1:
        return _("over 99.9%")
    return percent(value, 0 if 0.1 <= value <= 0.9 or value in {0.0, 1.0} else 1)


def hours(value: float | None) -> str:
    """Return hours with as many decimals as their number deserves."""
    return NOTHING if value is None else f"{quantity(_rounded(value))} h"


def _rounded(value: float) -> float:
    """Return hours without a decimal that nobody reads."""
    return round(value, 2) + 0.0


def bought(row: Row) -> str:
    """Return how many to buy."""
    return _("buy {quantity}").format(quantity=units(row))


def on_top_of(row: Row) -> str:
    """Return what is there and on order before it."""
    there = units({"quantity": row["from_quantity"], "unit": row["unit"]})
    return _("on top of {quantity}").format(quantity=there)


def per_1000(row: Row, currency: str) -> str:
    """Return what a thousand of the currency avoid here."""
    if not row["cost"]:
        return _("costs nothing")
    avoided = hours(1000 * row["down_hours_avoided"] / row["cost"])
    return _("{money} avoid {hours}").format(money=money(1000, currency), hours=avoided)


def why_so_many(row: Row, effect: Row, currency: str) -> str:
    """Return why a quantity that looks absurd is proposed; an empty text for any other.

    It looks so where far more is bought than there is, for a small part of the money.
    """
    whole = effect["cost"] or effect["all_cost"]
    is_many = row["quantity"] >= max(_MANY, 2 * row["from_quantity"])
    if not (is_many and row["cost"] and row["cost"] <= _CHEAP * whole):
        return ""
    each = stock_words.money(row["cost"] / row["quantity"], currency)
    text = _("Many units, because each costs only {each} and a tower waits for it.")
    return text.format(each=each)


def rows_told(count: int, first: int, last: int) -> str:
    """Return which rows of the list are shown."""
    return ngettext(
        "{first} to {last} of {total} part and place",
        "{first} to {last} of {total} parts and places",
        count,
    ).format(first=number(first, 0), last=number(last, 0), total=number(count, 0))
