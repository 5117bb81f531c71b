"""The buy list taken along: its steps as rows, and what a budget buys of them as orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st

from datalayer.portal import Publication
from pages.components import list_file
from pages.components.availability.asked_availability import AskedAvailability
from pages.components.language import _, current

_TEXTS: Final = ("item_id", "location_id", "contract_id", "source")


def show(publication: Publication, asked: AskedAvailability, effect: Mapping[str, Any]) -> None:
    """Draw the files of what is listed; nothing where nothing is.

    Args:
        publication: The one shown.
        asked: What is wanted.
        effect: The row of ``questions.buy_list.budget_effect``.
    """
    steps = effect["all_steps"] if asked.budget is None else effect["steps"]
    if not steps:
        return
    st.caption(
        _("The file has the list step by step, each with the sums so far.")
        if asked.budget is None
        else _("The file has the list step by step up to the budget, each with the sums so far.")
    )
    call = [*asked.pairs(is_within=True), ("p", publication.id)]
    list_file.show("availability/buy-list.csv", call, steps, texts=_TEXTS, key="farol-buys-call")
    if asked.budget is not None and "fact_action" in publication.registry.data_sets:
        st.link_button(
            _("What the budget buys, as orders (CSV)"),
            orders_address(call),
            icon=":material/shopping_cart:",
        )
        st.caption(_("One order for each part and place; what planners put aside is left out."))


def orders_address(call: list[tuple[str, str]]) -> str:
    """Return the address of the list as orders, in the form that this language's users open."""
    is_brazilian = current() == "pt_BR"
    form = {
        "profile": "generic" if is_brazilian else "plain",
        "language": "pt-BR" if is_brazilian else "en",
    }
    return f"api/v1/availability/buy-list/orders.csv?{urlencode([*form.items(), *call])}"
