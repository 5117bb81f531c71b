"""Ways back: undo an activation for ten minutes, and roll back to any publication kept here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import streamlit as st

from datalayer.kernel.errors import PortalError
from datalayer.portal import Activated, Identity, ReportProgress, Snapshot, Undo
from datalayer.runtime import portal
from pages.components import captions, publication_admin
from pages.components.language import _, error_text, local, moment

_OPEN: Final = "going_back_open"
_CHOSEN: Final = "going_back_chosen"
_WIDGET: Final = "going_back_to"
_ASKED: Final = "going_back_asked"


def undo() -> None:
    """Draw the button that undoes the last activation, for ten minutes after it."""
    try:
        found = portal().ways_back.undoable()
    except PortalError as error:
        st.warning(captions.literal(error_text(error)), icon=":material/warning:")
        return
    if found is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo-activation"):
        text = _(
            "{id} is active now. Until {time} that can be undone: {before} is active again then."
        )
        st.markdown(
            captions.literal(
                text.format(
                    id=found.publication_id,
                    before=found.back_to,
                    time=f"{local(found.until):%H:%M}",
                )
            ),
            width="stretch",
        )
        publication_admin.button(
            _("Undo"), "roll_back", partial(_undo, found), icon=":material/undo:", key="undo"
        )


def button(snapshots: Sequence[Snapshot], active_id: str | None) -> None:
    """Draw the button that opens the choice of a publication to go back to."""
    others = any(each.publication_id != active_id for each in snapshots)
    st.button(
        _("Roll back"),
        icon=":material/undo:",
        key="going_back",
        disabled=not others or bool(st.session_state.get(_OPEN)),
        on_click=_open,
    )


def choice(snapshots: Sequence[Snapshot], active_id: str | None) -> None:
    """Draw the choice, if it is open; it closes once it is pressed."""
    others = {each.publication_id: each for each in snapshots if each.publication_id != active_id}
    if not (st.session_state.get(_OPEN) and others):
        return
    with st.container(border=True, key="going-back"):
        _choice(others)
        st.markdown(_("Everybody sees it at once. The publication left stays kept."))
        with st.container(horizontal=True):
            st.button(
                _("Roll back now"),
                icon=":material/undo:",
                key="roll_back",
                type="primary",
                on_click=_go,
            )
            st.button(_("Cancel"), key="stay", on_click=_close)


def _choice(others: dict[str, Snapshot]) -> None:
    """Draw the choice; what was chosen stays so while jobs begin and end around it."""
    texts = {name: _kept_text(each) for name, each in others.items()}
    chosen = st.session_state.get(_CHOSEN)
    st.session_state[_WIDGET] = chosen if chosen in others else None
    st.selectbox(
        _("Go back to"),
        list(others),
        key=_WIDGET,
        index=None,
        format_func=texts.__getitem__,
        placeholder=_("Choose a publication"),
        on_change=_remember,
    )
    if st.session_state.get(_ASKED):
        st.warning(_("Choose first which publication to go back to."), icon=":material/warning:")


def _kept_text(snapshot: Snapshot) -> str:
    return _("{id}, generated {moment}").format(
        id=snapshot.publication_id, moment=moment(snapshot.manifest.generated_at)
    )


def _open() -> None:
    st.session_state[_OPEN] = True
    st.session_state.pop(_ASKED, None)
    try:
        st.session_state[_CHOSEN] = portal().ways_back.likely_target()
    except PortalError:
        st.session_state[_CHOSEN] = None


def _close() -> None:
    for name in (_OPEN, _CHOSEN, _ASKED):
        st.session_state.pop(name, None)


def _remember() -> None:
    st.session_state[_CHOSEN] = st.session_state.get(_WIDGET)
    st.session_state.pop(_ASKED, None)


def _go() -> None:
    """Go back to what is chosen at the press; without a choice, ask for one."""
    chosen = st.session_state.get(_CHOSEN)
    if chosen is None:
        st.session_state[_ASKED] = True
        return
    _close()
    publication_admin.start("roll_back", partial(_roll_back, chosen))


def _roll_back(publication_id: str, who: Identity, report: ReportProgress) -> Activated:
    return portal().roll_back(who, publication_id, report)


def _undo(found: Undo, who: Identity, report: ReportProgress) -> Activated:
    return portal().undo(who, found.publication_id, report)
