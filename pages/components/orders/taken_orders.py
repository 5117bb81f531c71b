"""What was taken along: the file just made, and orders that were taken before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import streamlit as st

from datalayer.portal import Publication
from pages.components import captions, tables
from pages.components.language import _, moment, ngettext, number
from pages.components.orders import order_words, planned_orders, taking
from pages.components.orders.asked_orders import AskedOrders
from pages.components.orders.taking import TakenFile

MOST_NAMED: Final = 5
"""Most orders that are named with the reason why they were not taken."""


def show_file(publication: Publication) -> None:
    """Draw what came of taking orders along: how many, what was refused, and the file."""
    taken = taking.taken_file(publication.id)
    if taken is None:
        return
    if taken.is_taken_back:
        _taken_back(taken)
        return
    if taken.refused:
        _refused(taken)
    if taken.problem:
        _problem(taken)
    if taken.content is None:
        return
    text = ngettext("{count} order taken along.", "{count} orders taken along.", taken.marked)
    st.success(text.format(count=number(taken.marked, 0)), icon=":material/check:")
    with st.container(horizontal=True, vertical_alignment="center"):
        # What was refused is read before there is a file: then nothing saves itself.
        saving = "asked" if taken.refused else "now"
        with st.container(key=f"farol-save-{saving}-{taken.key}", width="content"):
            st.download_button(
                _("Save the file") if taken.refused else _("Save the file again"),
                taken.content,
                file_name=taken.file_name,
                mime=taken.media_type,
                icon=":material/download:",
                key=f"order-file-{taken.key}",
                on_click="ignore",
                type="primary" if taken.refused else "secondary",
            )
        st.button(
            _("Undo"),
            icon=":material/undo:",
            key=f"order-undo-{taken.key}",
            on_click=taking.take_back,
            args=(publication,),
        )
        st.caption(captions.literal(taken.file_name))


def _taken_back(taken: TakenFile) -> None:
    text = ngettext(
        "{count} order is on the list again. Don't use the file that it was in.",
        "{count} orders are on the list again. Don't use the file that they were in.",
        taken.marked,
    )
    if taken.marked:
        st.success(text.format(count=number(taken.marked, 0)), icon=":material/undo:")
    for part, why in taken.refused:
        st.warning(captions.literal(f"{part}: {why}"), icon=":material/error:")


def show_earlier(publication: Publication, asked: AskedOrders) -> None:
    """Draw the orders that were taken before, by whom and when, and the choice to do so again."""
    if not asked.taken:
        return
    planned = planned_orders.of_session(publication.id)
    ranks = {card["rank"] for card in asked.taken}
    count = len(asked.taken)
    text = ngettext(
        "{count} order already taken along", "{count} orders already taken along", count
    )
    label = text.format(count=number(count, 0))
    with st.expander(label, icon=":material/task_alt:", key="farol-earlier"):
        # Above the table, which comes a moment later and would move it from under the pointer.
        st.checkbox(
            _("Take them along again: they would be ordered twice"),
            key=f"orders-again-{publication.id}",
            value=ranks <= planned.again,
            on_change=_again,
            args=(publication.id, ranks),
        )
        rows = [
            {
                _("Part"): order_words.part(card),
                _("Place"): card["place"],
                _("Quantity proposed"): card["quantity"],
                _("By"): card["marked_by"],
                _("At"): moment(card["marked_at"]),
                _("Comment"): card["comment"],
            }
            for card in asked.taken
        ]
        tables.draw(pa.Table.from_pylist(rows), key="orders-taken")


def _again(publication_id: str, ranks: set[int]) -> None:
    planned = planned_orders.of_session(publication_id)
    if st.session_state[f"orders-again-{publication_id}"]:
        planned.again |= ranks
    else:
        planned.again -= ranks


def _refused(taken: TakenFile) -> None:
    count = len(taken.refused)
    text = (
        ngettext("{count} order was not taken:", "{count} orders were not taken:", count)
        if taken.marked
        else ngettext(
            "{count} order was not taken, and there is no file:",
            "{count} orders were not taken, and there is no file:",
            count,
        )
    )
    parts: dict[str, list[str]] = {}
    for part, why in taken.refused:
        parts.setdefault(why, []).append(part)
    shown = [f"- {captions.literal(_named(why, of_it))}" for why, of_it in parts.items()]
    st.warning(
        "\n".join([text.format(count=number(count, 0)), "", *shown]), icon=":material/group:"
    )


def _named(why: str, parts: Sequence[str]) -> str:
    more = len(parts) - MOST_NAMED
    rest = f" + {number(more, 0)}" if more > 0 else ""
    return f"{why} ({'; '.join(parts[:MOST_NAMED])}{rest})"


def _problem(taken: TakenFile) -> None:
    text = (
        _("Nothing was taken along: {problem}")
        if not taken.marked
        else _(
            "The orders are marked as taken, but the file could not be made: {problem}. Take "
            "them along again below."
        )
    )
    st.error(captions.literal(text.format(problem=taken.problem)), icon=":material/error:")
