"""Finding a part: the box, what it finds as links, parts looked at before, and what is near."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import streamlit as st

from datalayer.kernel.errors import UnknownItem
from datalayer.portal import Publication, questions
from pages.components import captions, frame
from pages.components.language import _, ngettext, number

SHOWN: Final = 10
RECENT: Final = 5
LONGEST_SHOWN: Final = 80
NEAR: Final = "near"
_TEXT: Final = "q"
_RECENT: Final = "farol.recent"
_DRAWN: Final = "farol.item"

Row = Mapping[str, Any]


def part(publication: Publication) -> str:
    """Draw the search and return the code of the part in the address.

    It is returned as it stands there: whether there is such a part, the first read of it tells.
    """
    asked = st.query_params.get("item", "")
    if asked and st.session_state.get(_DRAWN) != asked:
        # A link from a page to itself leaves the browser's address as it was.
        st.query_params["item"] = st.session_state[_DRAWN] = asked
    if _TEXT not in st.query_params:
        # What was typed led here and has done its work.
        st.session_state[_TEXT] = ""
    recent = (asked, *(code for code in st.session_state.get(_RECENT, ()) if code != asked))
    there = publication.table(questions.items.among(recent)).table
    names = dict(zip(there["item_id"].to_pylist(), there["name"].to_pylist(), strict=True))
    st.session_state[_RECENT] = [code for code in recent if code in names][: RECENT + 1]
    box({code: names[code] for code in st.session_state[_RECENT] if code != asked})
    return asked


def box(recent: Mapping[str, str], *, shows_label: bool = True) -> None:
    """Draw the box to find a part in, and what it finds as links.

    Args:
        recent: Names of the parts, by code, that are offered while nothing is typed.
        shows_label: Whether its name is seen; heard it is in any case.
    """
    with st.container(key="farol-find", gap="xsmall"):
        _search(recent, shows_label=shows_label)


@contextmanager
def suggesting() -> Iterator[None]:
    """Turn a part that there is not into links to those that were probably meant."""
    try:
        yield
    except UnknownItem as error:
        _unknown(error)


@st.fragment
def _search(recent: Mapping[str, str], *, shows_label: bool) -> None:
    """Draw the box and what it finds; typing runs nothing else of the page."""
    with frame.guard("search"):
        typed = _typed(shows_label=shows_label).strip()
        if not typed:
            _recent(recent)
            return
        publication = frame.publication()
        publication.prepare_search()
        _found(publication.table(questions.search.parts(typed, SHOWN)).table.to_pylist(), typed)


def _typed(*, shows_label: bool) -> str:
    return (
        st.text_input(
            _("Find a part"),
            key=_TEXT,
            type="search",
            live=True,
            bind="query-params",
            placeholder=_("Code, name, category or supplier")
            if shows_label
            else _("Find a part by half of its name"),
            label_visibility="visible" if shows_label else "collapsed",
        )
        or ""
    )


def _found(rows: Sequence[Row], typed: str) -> None:
    if not rows:
        st.info(_nothing(typed), icon=":material/search_off:")
        return
    st.markdown(_number(rows))
    asked = questions.search.words(typed)
    for place, row in enumerate(rows):
        if row["match"] == NEAR and (place == 0 or rows[place - 1]["match"] != NEAR):
            st.markdown(_("Similar: one sign more, less, wrong or swapped."))
        _link(row, asked)


def _nothing(typed: str) -> str:
    if not questions.search.words(typed):
        return _("Type letters or digits of a code, a name, a category or a supplier.")
    return _(
        "No part is found by “{text}”. Try half of a word, the beginning of the code, or the "
        "supplier."
    ).format(text=captions.literal(typed[:LONGEST_SHOWN]))


def _number(rows: Sequence[Row]) -> str:
    count = rows[0]["matches"]
    if count > len(rows):
        return _(
            "{count} parts found, the best {shown} are shown. Type more to narrow the search."
        ).format(count=number(count, 0), shown=number(len(rows), 0))
    return ngettext("{count} part found.", "{count} parts found.", count).format(
        count=number(count, 0)
    )


def _link(row: Row, asked: tuple[str, ...] = ()) -> None:
    """Draw a link to a part: code, name, category and supplier, what was met in bold."""
    texts = (row["item_id"], row["sku"], row["name"], row["category"], row["supplier"])
    told = dict.fromkeys(str(text) for text in texts if text)
    label = " · ".join(_marked(text, asked) for text in told)
    frame.link("forecast.py", label, item=str(row["item_id"]))


def _marked(text: str, asked: tuple[str, ...]) -> str:
    if not asked:
        return captions.literal(text)
    return " ".join(
        f"**{captions.literal(word)}**"
        if questions.search.meets(word, asked)
        else captions.literal(word)
        for word in text.split()
    )


def _recent(recent: Mapping[str, str]) -> None:
    if not recent:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(_("Seen before:"), width="content")
        for code, name in recent.items():
            _named_link(code, name)


def _unknown(error: UnknownItem) -> None:
    code = captions.literal(_seen(error.item_id[:LONGEST_SHOWN]))
    st.warning(
        _("There is no part {item_id} in this publication.").format(item_id=code),
        icon=":material/search_off:",
    )
    if not error.suggestions:
        return
    there = frame.publication().table(questions.items.among(tuple(error.suggestions))).table
    names = dict(zip(there["item_id"].to_pylist(), there["name"].to_pylist(), strict=True))
    st.markdown(_("Did you mean one of these?"))
    for suggested in error.suggestions:
        _named_link(suggested, names[suggested])


def _seen(code: str) -> str:
    """Return a code as it is, or as Python writes it if not all of it would be seen."""
    return code if code.isprintable() and code.strip() else ascii(code)


def _named_link(code: str, name: str) -> None:
    frame.link("forecast.py", captions.literal(f"{code} · {name}"), item=code)
