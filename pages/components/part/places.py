"""At which place a part is looked at: kept in the address, else where most is to be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from datalayer.portal import NETWORK, Publication, questions
from pages.components import captions
from pages.components.language import _, ngettext, number
from pages.components.part.situation import PUT_ASIDE

Row = Mapping[str, Any]

PLACE: Final = "location_id"
_CHOICE: Final = "farol.place"
LONGEST_SHOWN: Final = 80


def choose(publication: Publication, item: Row, cards: Sequence[Row]) -> Row:
    """Draw the choice of places where a part has several, and return the one that is shown.

    It is that of the address, else that of the most urgent action left, else the network. A place
    that the part hasn't got is said, and the part is shown elsewhere.

    Args:
        publication: The one that is shown.
        item: The part's row of dim_item.
        cards: What is to be done about the part, see ``situation.actions``.
    """
    found = publication.table(questions.locations.of_item(str(item["item_id"]))).table.to_pylist()
    places: dict[str, Row] = {str(place[PLACE]): place for place in found}
    places = places or {NETWORK: _nowhere()}
    asked = st.query_params.get(PLACE, "")
    here = asked if asked in places else _usual(cards, places)
    if asked and asked not in places:
        _say_unknown(asked, places[here])
    if len(places) > 1:
        _draw(places, here, cards)
        if st.session_state.get(PLACE) != here or asked != here:
            st.query_params[PLACE] = st.session_state[PLACE] = here
    return places[here]


def _usual(cards: Sequence[Row], places: Mapping[str, Row]) -> str:
    left = [card for card in cards if card["state"] != PUT_ASIDE] or cards
    urgent = [str(card[PLACE]) for card in left if card[PLACE] in places]
    return urgent[0] if urgent else next(iter(places))


def _draw(places: Mapping[str, Row], here: str, cards: Sequence[Row]) -> None:
    names = {code: _named(place, cards) for code, place in places.items()}
    if st.session_state.get(_CHOICE) != here:
        st.session_state[_CHOICE] = here
    st.selectbox(
        _("Place"),
        list(places),
        key=_CHOICE,
        format_func=names.__getitem__,
        filter_mode=None,
        label_visibility="collapsed",
        on_change=_write,
        width=420,
    )


def _named(place: Row, cards: Sequence[Row]) -> str:
    """Return a place by name, with how much is to be done there."""
    waiting = sum(card[PLACE] == place[PLACE] and card["state"] != PUT_ASIDE for card in cards)
    if not waiting:
        return str(place["name"])
    text = ngettext("{place}: {count} thing to do", "{place}: {count} things to do", waiting)
    return text.format(place=place["name"], count=number(waiting, 0))


def _write() -> None:
    st.query_params[PLACE] = st.session_state[_CHOICE]


def _say_unknown(asked: str, shown: Row) -> None:
    text = _("This part has no place {asked}; it is shown at {place}.")
    st.warning(
        text.format(
            asked=captions.literal(asked[:LONGEST_SHOWN]), place=captions.literal(shown["name"])
        ),
        icon=":material/wrong_location:",
    )


def _nowhere() -> Row:
    return {PLACE: NETWORK, "name": _("Network"), "level": NETWORK, "state": None, "below": 0}
