"""Taking orders along: every row is marked as ordered, then the file is handed out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from datalayer.kernel.contract.registry import OrderProfile
from datalayer.kernel.errors import PortalError, SignInRequired
from datalayer.portal import (
    ANYONE,
    Extract,
    Identity,
    Mark,
    OrderLine,
    Publication,
    Statement,
    Taking,
)
from datalayer.runtime import portal
from pages.components import access, captions, frame, language, marking
from pages.components.language import _, error_text, label, ngettext, number
from pages.components.orders import order_words
from pages.components.orders.planned_orders import PlannedOrders

TAKEN: Final = "farol.orders.taken"
_PROFILE: Final = "order-profile"


@dataclass(frozen=True)
class TakenFile:
    """What came of taking orders along.

    Attributes:
        marked: How many orders were marked.
        refused: The others, and why.
        content: The file; None where nothing is handed out.
        problem: Why there is no file, in the user's language.
        key: Tells this file from others of the session.
        marks: What was marked, for whoever takes it back.
        is_taken_back: Whether *marked* orders were put back on the list instead.
    """

    publication_id: str
    marked: int
    refused: tuple[tuple[str, str], ...]
    file_name: str = ""
    media_type: str = ""
    content: bytes | None = None
    problem: str = ""
    key: str = ""
    marks: tuple[Mark, ...] = ()
    is_taken_back: bool = False


def show(publication: Publication, planned: PlannedOrders, wanted: Sequence[OrderLine]) -> None:
    """Draw what the file will be, who takes it, and the button that takes it.

    Raises:
        SignInRequired: Who looks at a portal for members was signed out meanwhile.
    """
    if frame.must_sign_in():
        raise SignInRequired
    broken = [line for line in wanted if not line.is_orderable]
    if broken:
        _broken(broken, planned)
    with st.container(horizontal=True, vertical_alignment="bottom", key="farol-take", border=True):
        profile = _choose_profile(publication)
        with st.container(width=220):
            name = marking.name_field()
        text = ngettext("Take {count} order along", "Take {count} orders along", len(wanted))
        asked = st.button(
            text.format(count=number(len(wanted), 0)),
            type="primary",
            icon=":material/download:",
            disabled=not wanted or bool(broken),
            key="order-take",
        )
        st.caption(_file_text(profile, wanted))
    if not asked:
        return
    if not name.strip() and access.identity() == ANYONE:
        st.error(_("Who takes them along? Enter your name."), icon=":material/person:")
        return
    # What comes of it is shown with this publication, whichever is active by then.
    frame.pin(publication.id)
    kept: dict[str, TakenFile] = st.session_state.setdefault(TAKEN, {})
    with st.spinner(_("Marking the orders and making the file")):
        # Reading or writing the session here would let the planner's next click end this run:
        # the orders would be marked, and their file lost.
        kept[publication.id] = take(publication, profile, wanted, name.strip())
        planned.again.difference_update(line.rank for line in wanted)
    st.rerun()


def taken_file(publication_id: str) -> TakenFile | None:
    """Return what came of taking orders of a publication along last; None if nothing was."""
    kept: dict[str, TakenFile] = st.session_state.get(TAKEN, {})
    return kept.get(publication_id)


def take(
    publication: Publication, profile: OrderProfile, wanted: Sequence[OrderLine], by: str
) -> TakenFile:
    """Mark *wanted* as ordered, and return the file of those that were marked.

    What another planner marked meanwhile is not taken, and told before the file is handed out.
    *by* is the name of who takes them; whoever signed in has one.
    """
    identity = access.identity()
    taking = Taking(by or identity.name, language.local(datetime.now(UTC)))
    try:
        # What makes no file marks nothing.
        _file(publication, profile, wanted, taking, identity)
    except PortalError as error:
        return TakenFile(publication.id, 0, (), problem=error_text(error))
    done, marks, refused = _mark(publication, wanted)
    told = tuple(
        (order_words.subject(line.card), refused[line.rank])
        for line in wanted
        if line.rank in refused
    )
    if not done:
        return TakenFile(publication.id, 0, told)
    try:
        made = _file(publication, profile, done, taking, identity)
        content = b"".join(made.chunks)
    except PortalError as error:
        problem = error_text(error)
        return TakenFile(publication.id, len(done), told, problem=problem, marks=marks)
    return TakenFile(
        publication.id,
        len(done),
        told,
        made.file_name,
        made.media_type,
        content,
        key=secrets.token_hex(4),
        marks=marks,
    )


def take_back(publication: Publication) -> None:
    """Put what was taken along last back on the list; what can't be put back is told."""
    kept: dict[str, TakenFile] = st.session_state.get(TAKEN, {})
    taken = kept.get(publication.id)
    if taken is None:
        return
    rows = [marking.row_of(each) for each in taken.marks]
    names = {marking.row_key(row): str(row["item_id"]) for row in rows}
    # Reading or writing the session between two marks would let the next click end this run.
    outcome = marking.undo(publication, rows)
    refused = tuple((names[each.key], marking.refusal(each.problem)) for each in outcome.refused)
    kept[publication.id] = TakenFile(
        publication.id, len(outcome.marks), refused, is_taken_back=True
    )


def _file(
    publication: Publication,
    profile: OrderProfile,
    lines: Sequence[OrderLine],
    taking: Taking,
    identity: Identity,
) -> Extract:
    return portal().order_files.of_ranks(
        publication,
        profile.name,
        {line.rank: line.quantity for line in lines},
        identity,
        language=language.current(),
        taking=taking,
    )


def _mark(
    publication: Publication, wanted: Sequence[OrderLine]
) -> tuple[list[OrderLine], tuple[Mark, ...], Mapping[int, str]]:
    """Mark *wanted* as ordered; return those that were, their marks, and why others weren't."""
    said = [(line.card, Statement("ordered", comment=_comment(line))) for line in wanted]
    outcome = marking.mark_each(publication, said)
    problems = {each.key: marking.refusal(each.problem) for each in outcome.refused}
    keys = {line.rank: marking.row_key(line.card) for line in wanted}
    refused = {rank: problems[key] for rank, key in keys.items() if key in problems}
    return [line for line in wanted if line.rank not in refused], outcome.marks, refused


def _comment(line: OrderLine) -> str:
    """Return what the mark remembers of a changed quantity."""
    if not line.is_changed:
        return ""
    text = _("{quantity} ordered, {proposed} proposed")
    return text.format(
        quantity=order_words.units(line.quantity), proposed=order_words.units(line.proposed)
    )


def _broken(broken: Sequence[OrderLine], planned: PlannedOrders) -> None:
    text = ngettext(
        "{count} quantity can't be ordered: {parts}.",
        "{count} quantities can't be ordered: {parts}.",
        len(broken),
    )
    named = ", ".join(order_words.subject(line.card) for line in broken[:3])
    rounded = [line for line in broken if not line.is_excess]
    with st.container(horizontal=True, vertical_alignment="center"):
        parts = named + ("…" if len(broken) > 3 else "")
        said = captions.literal(text.format(count=number(len(broken), 0), parts=parts))
        st.markdown(f":material/error: **{said}**", width="content")
        if rounded:
            st.button(
                _("Round them up"),
                key="order-round-all",
                on_click=planned.round_up,
                args=(rounded,),
            )


def _choose_profile(publication: Publication) -> OrderProfile:
    profiles = publication.registry.order_profiles
    usual = "generic" if language.current() == "pt_BR" else "plain"
    names = sorted(profiles, key=lambda name: name != usual)
    labels = {name: label(profiles[name].label) for name in names}
    chosen = st.selectbox(
        _("File"),
        names,
        key=_PROFILE,
        format_func=labels.__getitem__,
        persist_state="session",
        width=260,
    )
    return profiles[chosen]


def _file_text(profile: OrderProfile, wanted: Sequence[OrderLine]) -> str:
    """Return what the file will have."""
    places = len({line.card["location_id"] for line in wanted})
    rows = ngettext("{count} row", "{count} rows", len(wanted)).format(count=number(len(wanted), 0))
    if not profile.file_per_location or places < 2:
        return _("One file with {rows}, all that are not left out.").format(rows=rows)
    return _("A zip of {files} files, one for each place, with {rows} together.").format(
        files=number(places, 0), rows=rows
    )
