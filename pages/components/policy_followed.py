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
        text = ngettext(
            "{count} position isn't to be held in stock: nothing of it is ordered.",
            "{count} positions aren't to be held in stock: nothing of them is ordered.",
            not_stocked,
        )
        told.append(text.format(count=number(not_stocked, 0)))
    if told:
        st.caption(captions.literal(" ".join(told)))


def not_stocked_text() -> str:
    """Return what is said of a part that isn't to be held in stock."""
    return _("This part isn't to be held in stock: nothing of it is ordered, bought or moved here.")


def _text(by_price: int, by_service: int) -> str:
    if not by_price:
        return _("Orders follow service levels by criticality.")
    said = [
        _(
            "Orders follow the price of a tower-hour: each part is ordered up to what is worth its "
            "cost."
        )
    ]
    if by_service:
        text = ngettext(
            "{count} position that can't be weighed follows its service level.",
            "{count} positions that can't be weighed follow their service levels.",
            by_service,
        )
        said.append(text.format(count=number(by_service, 0)))
    return " ".join(said)
