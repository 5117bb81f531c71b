"""What a row says beside its own figures: what the data lacks, and what goes together with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pages.components.language import _, number, quantity, weekday

Card = Mapping[str, Any]
"""A row of ``questions.actions.cards``."""

_NEEDED: Final = ("current_stock", "lead_time_days", "service_level")


def lacking(card: Card) -> str:
    """Return what must be known to propose an order and isn't; an empty string if nothing."""
    words = {
        "current_stock": _("stock"),
        "lead_time_days": _("lead time"),
        "service_level": _("service level"),
    }
    # Rows that are taken from elsewhere don't tell.
    return ", ".join(words[name] for name in _NEEDED if card.get(name, 0) is None)


def check_data(card: Card) -> str:
    """Return what is to be checked of the data: ``Check the data: no lead time``."""
    if not card["reason_code"] and (names := lacking(card)):
        return _("Check the data: no {names}").format(names=names)
    short = {
        "thin_history": _("Check the data: short history"),
        "stale_history": _("Check the data: no recent use"),
    }
    return short.get(str(card["reason_code"]), _("Check the data"))


def why_lacking(card: Card) -> str:
    """Return why a row is on the list of which nothing but the lack of data is told."""
    names = lacking(card)
    if not names:
        return _("Stock, lead time or service level is not known of a part that was used.")
    if card["as_of"] is None:
        text = _("It was used, but the data has no {names}: without it no order is proposed.")
        return text.format(names=names)
    text = _("It was used, but the data of {day} has no {names}: without it no order is proposed.")
    return text.format(names=names, day=weekday(card["as_of"], card["as_of"]))


def since(card: Card) -> str:
    """Return since when the reason of a check holds; an empty string if not before its day."""
    day = card.get("reason_since")
    if day is None or day == card["as_of"]:
        return ""
    return _("Since {day}.").format(day=weekday(day, card["as_of"]))


def beside(card: Card) -> str:
    """Return how an order and an open order to be deferred go together at one place.

    An empty string where there is only one of them.
    """
    day = card.get("beside_day")
    if day is None:
        return ""
    if card["action"] == "defer":
        text = _("After it {quantity} more are to be ordered by {day}.")
    elif card["arrives"] is not None and card["arrives"] >= day:
        text = _(
            "It is for later than order {ref} ({quantity}), which is on its way and not needed "
            "before {day}."
        )
    else:
        return ""
    return text.format(
        ref=card["beside_ref"],
        quantity=_count(card["beside_quantity"]),
        day=weekday(day, card["as_of"]),
    )


def _count(value: float) -> str:
    return number(value, 0) if value == int(value) else quantity(value)
