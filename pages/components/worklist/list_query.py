"""What an address asks of the list: filters, and the page of ten; what is wrong with it is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection, PortalError
from datalayer.kernel.sentences import Sentence
from datalayer.portal import Publication, questions
from datalayer.runtime import portal
from pages.components.worklist import list_address
from pages.components.worklist.list_address import PAGE, Pairs

ON_A_PAGE: Final = 10
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, eq=False)
class AskedList:
    """What is wanted of the list.

    Attributes:
        wanted: Which actions.
        asked: The filters that it came from.
        problems: What of the address can't be used, and is left out.
    """

    wanted: questions.listings.Listing
    asked: Pairs
    problems: tuple[PortalError, ...] = ()

    @property
    def put_aside(self) -> bool:
        """Whether it is the view of what was put aside."""
        return self.wanted.put_aside

    def values(self, name: str) -> list[str]:
        """Return the values that one filter has."""
        return [value for each, value in self.asked if each == name]


def of_address(publication: Publication) -> AskedList:
    """Return what the address asks for, as far as it can be understood.

    Raises:
        NothingToMark: *publication* has no list of actions.
        PortalError: Marks or rows can't be read.
    """
    asked = list_address.asked(st.query_params)
    try:
        return AskedList(portal().listing(publication, asked), asked)
    except InvalidSelection:
        return _as_far_as_understood(publication, asked)


def page_of_address(pages: int) -> tuple[int, InvalidSelection | None]:
    """Return which of so many *pages* the address asks for, and what is wrong with it if it isn't.

    A page behind the last is the last: what is put aside makes a list shorter.
    """
    text = st.query_params.get(PAGE, "1")
    if _NUMBER.fullmatch(text):
        return min(int(text), max(1, pages)), None
    problem = InvalidSelection(
        parameter=PAGE, found=ascii(text[:40]), expected=Sentence("the number of a page, such as 2")
    )
    return 1, problem


def write_page(page: int) -> None:
    """Write a page into the address; the first is not written."""
    if page > 1:
        st.query_params[PAGE] = str(page)
    else:
        st.query_params.pop(PAGE, None)


def write_filters(asked: Pairs) -> None:
    """Write filters into the address, and begin with their first page."""
    parameters = list_address.parameters_of(asked)
    for name in list_address.FILTERS:
        if name in parameters:
            st.query_params[name] = parameters[name]
        else:
            st.query_params.pop(name, None)
    write_page(1)


def _as_far_as_understood(publication: Publication, asked: Pairs) -> AskedList:
    kept: Pairs = ()
    problems = []
    for name in dict.fromkeys(name for name, _value in asked):
        tried = (*kept, *(pair for pair in asked if pair[0] == name))
        try:
            portal().listing(publication, tried)
        except InvalidSelection as problem:
            problems.append(problem)
        else:
            kept = tried
    return AskedList(portal().listing(publication, kept), kept, tuple(problems))
