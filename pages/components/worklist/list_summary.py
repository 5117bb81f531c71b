"""The one line above the list: what is to be ordered, what is late, what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from datalayer.portal import Novelty
from pages.components.language import _, day, ngettext, number, weekday
from pages.components.units import amount
from pages.components.worklist import move_words


def summary_line(
    due: Mapping[str, Any],
    tiers: Sequence[Mapping[str, Any]],
    *,
    novelty: Novelty,
    data_through: date,
    currency: str = "",
) -> str:
    """Return what the list comes to: ``58 orders until Fri 11 Dec, 61,000; 28 of these ...``.

    What is to be moved is told before what is to be ordered.

    Args:
        due: The row of ``questions.actions.orders_due``.
        tiers: The rows of ``questions.actions.tiers``.
        novelty: Tells whether it is known what is new, and what changed.
        data_through: The last day of demand.
        currency: ISO code; an empty string where none is published.
    """
    moves = sum(int(tier["moves"]) for tier in tiers)
    said = [
        *([move_words.counted(moves)] if moves else []),
        *_orders(due, near=data_through, currency=currency),
        *_news(tiers, novelty),
        _("data through {day}").format(day=day(data_through)),
    ]
    return "; ".join(said)


def _orders(due: Mapping[str, Any], *, near: date, currency: str) -> list[str]:
    count, late, unknown = int(due["orders"]), int(due["late"]), int(due["without_value"])
    if not count:
        return [_("nothing to order this week")]
    text = ngettext("{count} order until {day}", "{count} orders until {day}", count)
    orders = text.format(count=number(count, 0), day=weekday(due["last_due"], near))
    if due["value"] is not None:
        orders = f"{orders}, {amount(due['value'], 'currency', currency=currency).strip()}"
    said = [orders]
    if unknown and due["value"] is not None:
        text = ngettext(
            "the cost of {count} is not known", "the cost of {count} is not known", unknown
        )
        said.append(text.format(count=number(unknown, 0)))
    if late:
        said.append(
            ngettext(
                "{count} of these orders is late", "{count} of these orders are late", late
            ).format(count=number(late, 0))
        )
    return said


def _news(tiers: Sequence[Mapping[str, Any]], novelty: Novelty) -> list[str]:
    said = []
    if novelty.new is not None:
        new = sum(int(tier["new"]) for tier in tiers)
        text = ngettext(
            "{count} is new since the last publication",
            "{count} are new since the last publication",
            new,
        )
        said.append(text.format(count=number(new, 0)))
    if novelty.changed is not None:
        changed = sum(int(tier["changed"]) for tier in tiers)
        text = ngettext("{count} changed", "{count} changed", changed)
        said.append(text.format(count=number(changed, 0)))
    return said
