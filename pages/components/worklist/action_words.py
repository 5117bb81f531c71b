"""What a row of the list says: what to do by when, why, and what to check before.

Every number is a published one; whole units are counted in whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from datalayer.kernel.contract.registry import ReasonCode, Registry
from datalayer.kernel.contract.spoken import PIECES, counted_in
from datalayer.portal import order_reasons
from pages.components.language import (
    _,
    current,
    number,
    percent,
    quantity,
    weekday,
)
from pages.components.worklist import plan_words

Card = Mapping[str, Any]
"""A row of ``questions.actions.cards``."""


def headline(card: Card) -> str:
    """Return verb, quantity and date: ``Order 307 by Thu 10 Dec``."""
    words = {
        "order": _order,
        "expedite": _expedite,
        "defer": _defer,
        "cancel": _cancel,
        "move": _move,
        "check": _check,
    }
    return words[card["action"]](card)


def why(card: Card, registry: Registry, *, frequency: str = "D", chance_told: bool = False) -> str:
    """Return why a row is on the list, and what goes with it at its place.

    Args:
        card: The row.
        registry: Has the sentences of reasons.
        frequency: D, W or MS: the period of demand.
        chance_told: Whether the chance of a shortage is told beside it, and so not in it.
    """
    words = {
        "order": _why_order,
        "expedite": _why_expedite,
        "defer": _why_defer,
        "cancel": _why_cancel,
        "move": _why_move,
    }
    if card["action"] in words:
        told = {**card, "stockout_probability": None} if chance_told else card
        return " ".join(filter(None, (words[card["action"]](told), plan_words.beside(card))))
    return " ".join(filter(None, (_why_check(card, registry, frequency), plan_words.since(card))))


def check_first(card: Card, registry: Registry, *, frequency: str = "D") -> str:
    """Return what to check before acting, with its numbers; an empty string if nothing."""
    return order_reasons.check_first(card, registry, current(), frequency=frequency)


def chance(probability: float | None) -> str:
    """Return a chance in words: ``9 in 10``, ``2 in 100``; a dash for none."""
    return order_reasons.chance(probability, current())


def trust(verdict: str | None) -> str:
    """Return how the forecast did beside one that repeats what was."""
    return {
        "better": _("Forecast better than repeating the past"),
        "alike": _("Forecast like repeating the past"),
        "worse": _("Forecast worse than repeating the past"),
    }.get(verdict or "", _("Forecast not compared with repeating the past"))


def tier(name: str) -> str:
    """Return what the rows of a tier are."""
    return {
        "late": _("Late"),
        "this_week": _("This week"),
        "will_run_out": _("Will run out"),
        "check_forecast": _("Check the forecast"),
        "surplus": _("Surplus"),
        "check_data": _("Check the data"),
    }[name]


def units(card: Card) -> str:
    """Return the quantity of a row with its unit, which is not told where parts are counted."""
    value, unit = card["quantity"], str(card["unit"] or "")
    whole = value is not None and abs(value) < 1e15 and value == int(value)
    text = number(value, 0) if whole else quantity(value)
    return text if counted_in(unit) == PIECES else f"{text} {unit}"


def _order(card: Card) -> str:
    if card["tier"] == "late":
        return _("Order {quantity} now: it was due {day}").format(
            quantity=units(card), day=_day(card, "due")
        )
    if _is_due(card):
        return _("Order {quantity} now").format(quantity=units(card))
    return _("Order {quantity} by {day}").format(quantity=units(card), day=_day(card, "due"))


def _expedite(card: Card) -> str:
    if card["tier"] == "late":
        text = _("Expedite order {ref} ({quantity}) to {arrives}: now, it was due {day}")
    elif _is_due(card):
        text = _("Expedite order {ref} ({quantity}) to {arrives}: now")
    else:
        text = _("Expedite order {ref} ({quantity}) to {arrives}, by {day}")
    return text.format(**_of_open_order(card))


def _defer(card: Card) -> str:
    return _("Defer order {ref} ({quantity}) from {promised} to {arrives}").format(
        **_of_open_order(card)
    )


def _cancel(card: Card) -> str:
    return _("Cancel order {ref} ({quantity}), which comes {promised}").format(
        **_of_open_order(card)
    )


def _move(card: Card) -> str:
    now = card["tier"] == "late" or _is_due(card)
    text = (
        _("Move {quantity} from {giver} to {taker} now")
        if now
        else _("Move {quantity} from {giver} to {taker} by {day}")
    )
    return text.format(
        quantity=units(card),
        giver=card["from_place"] or card["from_location_id"],
        taker=card["place"],
        day=_day(card, "due"),
    )


def _check(card: Card) -> str:
    return {
        "check_forecast": _("Check the forecast"),
        "surplus": _("Check the surplus"),
        "check_data": plan_words.check_data(card),
    }.get(card["tier"], _("Check the figures"))


def _why_order(card: Card) -> str:
    runs_out, arrives, as_of = card["runs_out"], card["arrives"], card["as_of"]
    if runs_out is not None and as_of is not None and runs_out <= as_of:
        text = _("It has run out and a delivery takes until {arrives}")
    elif runs_out is not None and arrives is not None and runs_out < arrives:
        text = _("It runs out {runs_out} and a delivery takes until {arrives}")
    elif card["tier"] == "will_run_out":
        text = (
            _("It falls to the reorder point {due} and runs out {runs_out}")
            if runs_out
            else _("It falls to the reorder point {due}")
        )
    else:
        text = (
            _("It is down to the reorder point and runs out {runs_out}")
            if runs_out
            else _("It is down to the reorder point")
        )
    return _with_chance(text, card)


def _why_expedite(card: Card) -> str:
    promised, as_of = card["promised"], card["as_of"]
    if promised is not None and as_of is not None and promised < as_of:
        return _with_chance(_("It was promised for {promised} and has not come"), card)
    return _with_chance(_("It is promised for {promised} and needed by {arrives}"), card)


def _why_defer(card: Card) -> str:
    return _("It is not needed before {arrives}.").format(**_dates(card))


def _why_cancel(_card: Card) -> str:
    return _("Stock and what else is on order are enough without it.")


def _why_move(card: Card) -> str:
    runs_out, as_of = card["runs_out"], card["as_of"]
    if runs_out is None:
        text = _("It is worth more here than where it lies")
    elif as_of is not None and runs_out <= as_of:
        text = _("It has run out here")
    else:
        text = _("It runs out {runs_out} here without moves")
    return _with_chance(text, card)


def _with_chance(text: str, card: Card) -> str:
    """Return *text* with its dates, and how likely it is to run out until a delivery comes."""
    why_so = text.format(**_dates(card))
    probability = card["stockout_probability"]
    if probability is None:
        return f"{why_so}."
    return _("{reason}; the chance of a shortage before a delivery comes is {chance}.").format(
        reason=why_so, chance=chance(probability)
    )


def _why_check(card: Card, registry: Registry, frequency: str) -> str:
    reason = registry.reason_codes.get(str(card["reason_code"]))
    if reason is None:
        return plan_words.why_lacking(card)
    observed = card["reason_observed"]
    if reason.name == "biased" and observed is not None:
        text = (
            _("In the tests the forecast was {share} too high.")
            if observed > 0
            else _("In the tests the forecast was {share} too low.")
        )
        return text.format(share=percent(abs(observed), 0))
    if reason.name == "tracking_signal" and observed is not None:
        return (
            _("The forecast was too high again and again.")
            if observed > 0
            else _("The forecast was too low again and again.")
        )
    return _reason_text(card, reason, "reason_", frequency)


def _reason_text(card: Card, reason: ReasonCode, prefix: str, frequency: str) -> str:
    threshold = card.get(f"{prefix}threshold")
    numbers = (
        card[f"{prefix}observed"],
        card[f"{prefix}expected"],
        reason.threshold if threshold is None else threshold,
    )
    return order_reasons.first_sentence(reason, numbers, current(), frequency=frequency)


def _is_due(card: Card) -> bool:
    """Return whether the day is that of the data, which is over when the list is read."""
    due, as_of = card["due"], card["as_of"]
    return due is not None and as_of is not None and due <= as_of


def _of_open_order(card: Card) -> dict[str, str]:
    return {"ref": card["ref"], "quantity": units(card), "day": _day(card, "due"), **_dates(card)}


def _dates(card: Card) -> dict[str, str]:
    return {name: _day(card, name) for name in ("due", "arrives", "promised", "runs_out")}


def _day(card: Card, name: str) -> str:
    value: date | None = card[name]
    return weekday(value, card["as_of"])
