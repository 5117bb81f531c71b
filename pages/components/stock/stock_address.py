"""What an address asks of the inventory: place, text, filters, order, page and the chosen part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import NETWORK, Publication, questions
from pages.components.stock import stock_words
from pages.components.worklist import list_address
from pages.components.worklist.list_address import Pairs

FILTERS: Final = questions.inventory.FACETS
ON_A_PAGE: Final = 50
USUAL_ORDER: Final = "order_by"
"""The last day to order first: what is most urgent."""
SORTED: Final = (
    *("item_id", "name", "status", "current_stock", "on_order", "days_of_cover", "stockout_date"),
    *("order_by", "order_quantity", "reorder_point", "order_up_to", "stock_value"),
    *("service_level", "abc_class", "demand_class", "category"),
)
"""The columns of the list, each of which it can be sorted by."""

PLACE: Final = "location"
TEXT: Final = "q"
ORDER: Final = "order"
PAGE: Final = "page"
ITEM: Final = "item"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_STAYS: Final = ("lang", "p")
_SHOWN: Final = 80


@dataclass(frozen=True, eq=False)
class AskedStock:
    """What is wanted of the inventory.

    Attributes:
        wanted: Which positions.
        pairs: The filters that it came from, each with one value.
        order: A column of ``SORTED``, with a minus before it where the greatest comes first.
        page: From 1; one behind the last is the last.
        item_id: The chosen part; empty for none.
        places: Rows of ``questions.inventory.places``.
        problems: What of the address can't be used, and is left out.
    """

    wanted: questions.inventory.StockSelection
    pairs: Pairs
    order: str
    page: int
    item_id: str
    places: Sequence[dict[str, Any]]
    problems: tuple[InvalidSelection, ...] = ()

    @property
    def place_name(self) -> str:
        """What the place is called; its code where no stock is planned at it."""
        here = self.wanted.location_id
        names = {str(row["location_id"]): row["name"] for row in self.places}
        return stock_words.place_name({"location_id": here, "name": names.get(here)})

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter or a text leaves positions out."""
        return bool(self.pairs or self.wanted.text)

    def values(self, name: str) -> list[str]:
        """Return the values that one filter has."""
        return [value for each, value in self.pairs if each == name]

    def parameters(self) -> dict[str, str]:
        """Return place, text and filters as parameters of an address, those that are set."""
        place = self.wanted.location_id
        return {
            **({PLACE: place} if place != NETWORK else {}),
            **({TEXT: self.wanted.text} if self.wanted.text else {}),
            **list_address.parameters_of(self.pairs),
        }

    def call(self) -> list[tuple[str, str]]:
        """Return the parameters of a read of the API that answers with the same rows."""
        place = (PLACE, self.wanted.location_id)
        text = [(TEXT, self.wanted.text)] if self.wanted.text else []
        return [place, *text, *self.pairs, (ORDER, self.order)]


def of_address(publication: Publication) -> AskedStock:
    """Return what the address asks for, as far as it can be understood."""
    problems: list[InvalidSelection] = []
    places = publication.table(questions.inventory.places()).table.to_pylist()
    place = _place(places, problems)
    text = _text(publication.registry, problems)
    asked = list_address.values_of(st.query_params, FILTERS)
    pairs = _understood(publication.registry, asked, problems)
    return AskedStock(
        wanted=questions.inventory.selection(
            publication.registry, pairs, location_id=place, text=text
        ),
        pairs=pairs,
        order=_order(problems),
        page=_page(problems),
        item_id=st.query_params.get(ITEM, ""),
        places=places,
        problems=tuple(problems),
    )


def link(asked: AskedStock, pairs: Pairs | None = None, **changed: str) -> str:
    """Return the address of this page as it is, with other filters or other parameters.

    It begins with its first page, and an empty text takes a parameter away.
    """
    kept = {name: st.query_params[name] for name in _STAYS if name in st.query_params}
    here = asked.parameters()
    if pairs is not None:
        here = {name: value for name, value in here.items() if name not in FILTERS}
        here |= list_address.parameters_of(pairs)
    if asked.order != USUAL_ORDER:
        here[ORDER] = asked.order
    if asked.item_id:
        here[ITEM] = asked.item_id
    return f"inventory?{urlencode({k: v for k, v in {**kept, **here, **changed}.items() if v})}"


def write(**changed: str) -> None:
    """Write parameters into the address, and begin with the first page; empty ones go."""
    for name, value in {**changed, PAGE: ""}.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def write_filters(pairs: Pairs) -> None:
    """Write filters into the address in place of those there are."""
    write(**(dict.fromkeys(FILTERS, "") | list_address.parameters_of(pairs)))


def write_page(page: int) -> None:
    """Write a page into the address; the first is not written."""
    write()
    if page > 1:
        st.query_params[PAGE] = str(page)


def _place(places: Sequence[dict[str, Any]], problems: list[InvalidSelection]) -> str:
    asked = st.query_params.get(PLACE, NETWORK)
    known = [str(place["location_id"]) for place in places]
    if asked in known or asked == NETWORK:
        return asked
    shown = ", ".join(known[:4]) or NETWORK
    expected = Sentence("a place that stock is planned at, such as {known}", known=shown)
    problems.append(_problem(PLACE, asked, expected))
    return NETWORK


def _text(registry: Registry, problems: list[InvalidSelection]) -> str:
    text = st.query_params.get(TEXT, "")
    try:
        questions.inventory.selection(registry, (), location_id=NETWORK, text=text)
    except InvalidSelection as problem:
        problems.append(problem)
        return ""
    return text


def _understood(registry: Registry, asked: Pairs, problems: list[InvalidSelection]) -> Pairs:
    """Return those of the filters that can be used."""
    kept: Pairs = ()
    for name in dict.fromkeys(name for name, _value in asked):
        mine = tuple(dict.fromkeys(pair for pair in asked if pair[0] == name))
        try:
            questions.inventory.selection(registry, mine, location_id=NETWORK)
        except InvalidSelection as problem:
            problems.append(problem)
        else:
            kept = (*kept, *mine)
    return kept


def _order(problems: list[InvalidSelection]) -> str:
    text = st.query_params.get(ORDER, USUAL_ORDER)
    if text.removeprefix("-") in SORTED:
        return text
    expected = Sentence(
        "a column of the list, such as {names}, with a minus for the greatest first",
        names="order_by, stock_value",
    )
    problems.append(_problem(ORDER, text, expected))
    return USUAL_ORDER


def _page(problems: list[InvalidSelection]) -> int:
    text = st.query_params.get(PAGE, "1")
    if _NUMBER.fullmatch(text):
        return int(text)
    problems.append(_problem(PAGE, text, Sentence("the number of a page, such as 2")))
    return 1


def _problem(name: str, text: str, expected: str) -> InvalidSelection:
    return InvalidSelection(parameter=name, found=ascii(text[:_SHOWN]), expected=expected)
