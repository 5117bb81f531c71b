"""Which policy orders follow: service levels by criticality, or the price of a tower-hour.

Parts that aren't to be held in stock follow none.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions
from pages.components.language import _, ngettext, number

BY_PRICE: Final = "tower_hour_price"
NOT_STOCKED: Final = "not_stocked"


def show(publication: Publication) -> None:
    """Say it in one line; nothing where no position is planned by any."""
    rows = publication.table(questions.inventory.policies_followed()).table.to_pylist()
    counts = {row["policy"]: int(row["positions"]) for row in rows}
    not_stocked, by_price = (counts.pop(policy, 0) for policy in (NOT_STOCKED, BY_PRICE))
    told = [_text(by_price, sum(counts.values()))] if by_price or counts else []
    if not_stocked:
        told.append(_not_stocked(not_stocked))
    if told:
        st.caption(captions.literal(" ".join(told)))


def not_stocked_text() -> str:
    """Return what is said of a part that isn't to be held in stock."""
    return _("This part isn't to be held in stock: nothing of it is ordered, bought or moved here.")


def _not_stocked(count: int) -> str:
    return ngettext(
        "{count} position isn't to be held in stock: nothing of it is ordered.",
        "{count} positions aren't to be held in stock: nothing of them is ordered.",
        count,
    ).format(count=number(count, 0))


def _text(by_price: int, by_service: int) -> str:
    if not by_price:
        return _("Orders follow service levels by criticality.")
    text = _(
        "Orders follow the price of a tower-hour: each part is ordered up to what is worth its "
        "cost."
    )
    return f"{text} {_unweighed(by_service)}".strip()


def _unweighed(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "{count} position that can't be weighed follows its service level.",
        "{count} positions that can't be weighed follow their service levels.",
        count,
    ).format(count=number(count, 0))
