"""Which policy orders follow: service levels by criticality, or the price of a tower-hour."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions
from pages.components.language import _, ngettext, number

BY_PRICE: Final = "tower_hour_price"


def show(publication: Publication) -> None:
    """Say it in one line; nothing where no position is planned by any."""
    rows = publication.table(questions.inventory.policies_followed()).table.to_pylist()
    counts = {row["policy"]: int(row["positions"]) for row in rows}
    if counts:
        st.caption(captions.literal(_text(counts.pop(BY_PRICE, 0), sum(counts.values()))))


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
