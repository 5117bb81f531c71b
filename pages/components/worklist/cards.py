"""Ten rows of the list as cards: a tick, what to do, a link to the part, why, and a way to mark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions, frame
from pages.components.language import _
from pages.components.worklist import action_words, card_html, list_address, mark_dialog, ticks
from pages.components.worklist.action_words import Card
from pages.components.worklist.card_html import CardSetting
from pages.components.worklist.list_query import AskedList

_DECIDED: Final = "farol.decide"


def show(
    publication: Publication, rows: pa.Table, asked: AskedList, ticked: Collection[int]
) -> None:
    """Draw the cards of *rows*, each with a tick; what was put aside has none.

    Args:
        publication: The one that they are of.
        rows: Some of ``questions.actions.ranks``.
        asked: What the address asks for.
        ticked: Ranks of the rows that are ticked.
    """
    told = publication.table(questions.actions.cards(rows, asked.wanted.standing)).table
    by_place = periods(publication, told)
    same = setting(publication)
    for card in told.to_pylist():
        with st.container(key=f"farol-card-{card['rank']}", gap=None):
            if not asked.put_aside:
                _tick(publication.id, card, same, ticked)
            _draw(publication, card, by_place.get(place(card), []), same)


def say_gone(publication: Publication, shown: pa.Table, standing: pa.Table) -> None:
    """Say so where a row was to be decided on that somebody took off the list meanwhile.

    Args:
        publication: The one that the rows are of.
        shown: Rows of this page of the list.
        standing: The marked rows.
    """
    rank = st.session_state.pop(_DECIDED, None)
    if rank is None or rank in shown["rank"].to_pylist():
        return
    rows = publication.table(questions.actions.of_ranks([rank])).table
    for card in publication.table(questions.actions.cards(rows, standing)).table.to_pylist():
        said = card_html.marked(card) or _("It is no longer on this list.")
        text = f"{card['item_id']}: {said}"
        st.warning(captions.literal(text), icon=":material/group:")


def periods(publication: Publication, told: pa.Table) -> dict[tuple[str, str], list[Any]]:
    """Return the weeks or months of demand of each ``place`` in *told*, rows of cards."""
    rows = publication.table(questions.actions.periods(told)).table.to_pylist()
    return {key: list(each) for key, each in groupby(rows, key=place)}


def place(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return part and place of a row."""
    return row["item_id"], row["location_id"]


def setting(publication: Publication) -> CardSetting:
    """Return what is the same for all cards of *publication*."""
    lineage = publication.manifest.lineage
    return CardSetting(
        publication.registry,
        frequency=str(lineage.get("frequency", "D")),
        currency=str(lineage.get("currency", "")),
        several_places=publication.table(questions.orders.location_tree()).table.num_rows > 1,
    )


def _draw(
    publication: Publication,
    card: Card,
    rows: Sequence[Mapping[str, Any]],
    same: CardSetting,
) -> None:
    st.markdown(card_html.head(card), unsafe_allow_html=True, anchors=False)
    frame.link(
        "forecast.py",
        captions.literal(card_html.part(card, same)),
        item=card["item_id"],
        location_id=card["location_id"],
        **list_address.carried(st.query_params),
    )
    body = card_html.body(card, rows, same)
    st.markdown(body, unsafe_allow_html=True, anchors=False)
    # The part is heard, not seen: each button is called otherwise.
    named = _("Decide")
    part = captions.literal(card["item_id"])
    key = f"farol-mark-{card['rank']}"
    if st.button(f"{named} **{part}**", key=key, on_click=_decide, args=(int(card["rank"]),)):
        title = captions.literal(action_words.headline(card))
        detail = captions.literal(card_html.part(card, same))
        mark_dialog.open_for(publication, [card], title, detail)


def _decide(rank: int) -> None:
    st.session_state[_DECIDED] = rank


def _tick(publication_id: str, card: Card, same: CardSetting, ticked: Collection[int]) -> None:
    rank = int(card["rank"])
    key = f"farol-tick-{rank}"
    if st.session_state.get(key) != (rank in ticked):
        st.session_state[key] = rank in ticked
    st.checkbox(
        # The name is read as it stands here, while what is hidden of it is read as Markdown.
        _row_name(card, same).replace("[", "(").replace("]", ")"),
        key=key,
        on_change=_ticked,
        args=(publication_id, rank, key),
        label_visibility="collapsed",
    )


def _ticked(publication_id: str, rank: int, key: str) -> None:
    ticks.change(publication_id, [rank], on=st.session_state[key])


def _row_name(card: Card, same: CardSetting) -> str:
    return f"{action_words.headline(card)} · {card_html.part(card, same)}"
