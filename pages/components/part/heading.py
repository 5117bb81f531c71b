"""The head of a part's page: its code and name, and its classes in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.components import captions
from pages.components.language import _
from pages.components.value_words import value_word

Row = Mapping[str, Any]


def subject(item: Row) -> str:
    """Return the part as a text alternative names it."""
    return _("Part {item_id} ({name})").format(item_id=item["item_id"], name=item["name"])


def show(item: Row) -> None:
    """Draw code and name of a part as a heading, and under it its classes."""
    with st.container(key="part-heading", gap="xxsmall"):
        st.header(captions.literal(f"{item['item_id']} · {item['name']}"), anchor=False)
        st.caption(captions.literal(classes(item)))


def classes(item: Row) -> str:
    """Return code, category, classes and supplier of a part, those that are known.

    Of one that isn't to be held in stock it says so.
    """
    sku = item["sku"] if item["sku"] != item["item_id"] else None
    found = {
        _("code {value}"): sku,
        "{value}": item["category"],
        _("class {value}"): item["abc_class"],
        _("{value} demand"): _word("demand_class", item["demand_class"]),
        _("{value} criticality"): _word("criticality", item["criticality"]),
        _("from {value}"): item["supplier"],
        _("not held in stock"): item["stocked"] is False,
    }
    return " · ".join(text.format(value=value) for text, value in found.items() if value)


def _word(column: str, value: str | None) -> str:
    return value_word("dim_item", column, value) if value else ""
