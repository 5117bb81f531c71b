"""What an administrator does with publications, begun as jobs and watched to their end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import streamlit as st

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import (
    CandidateChanged,
    ContentError,
    NothingPublished,
    ObjectMissing,
    PortalError,
    StoreError,
)
from datalayer.portal import (
    Activated,
    AlreadyCurrent,
    Identity,
    Judged,
    Publication,
    RefreshJob,
    ReportProgress,
    StoreState,
    ValidationFailed,
)
from datalayer.runtime import portal
from pages.components import access, captions, publication_report, refresh_job
from pages.components.language import _, error_text, moment, ngettext, number

_JOB: Final = "refresh_job"
_ENDED: Final = "refresh_ended"
_CANDIDATE: Final = "refresh_candidate"
_STORE: Final = "store_state"
_ANSWER_LASTS: Final = timedelta(seconds=30)

Work = Callable[[Identity, ReportProgress], object]


def active() -> Publication | None:
    """Return the active publication, whatever the address pins; None if there is none to read.

    One that can't be used is no reason to keep back the button that replaces it: what is wrong
    with it is among the findings.
    """
    try:
        return portal().open(identity=access.identity())
    except (NothingPublished, ContentError):
        return None


def store_state() -> StoreState:
    """Return what the store said of its latest publication, asking it where that is old.

    An unreachable store is asked again on demand only: it may let every asker wait its time-out.
    """
    known: StoreState | None = st.session_state.get(_STORE)
    if known is not None:
        old = datetime.now(UTC) - known.asked_at > _ANSWER_LASTS
        if not (old and known.reachable):
            return known
    with st.spinner(_("Asking the store")):
        # Kept within the block: whatever is drawn after may end a run that was interrupted.
        answer = st.session_state[_STORE] = portal().store_state()
    return answer


def look_again_button() -> None:
    """Draw the button that asks the store anew."""
    st.button(
        _("Look again"), icon=":material/refresh:", key="look_again", on_click=_forget_store_state
    )


def watch() -> None:
    """Follow what is under way until it ends, then draw the page anew; else say how it ended.

    That may have been begun on this page, on another administrator's, or by a script.
    """
    job: RefreshJob | None = st.session_state.get(_JOB) or portal().jobs.running()
    if job is None:
        if ended := st.session_state.get(_ENDED):
            _show_outcome(*ended)
        return
    # Remembered before it is watched: whoever presses a button meanwhile comes back to watch.
    st.session_state[_JOB] = job
    refresh_job.watch(job)
    del st.session_state[_JOB]
    try:
        outcome = job.outcome()
    except PortalError as error:
        outcome = error
    if isinstance(outcome, StoreError | ObjectMissing | CandidateChanged):
        _forget_store_state()
    if isinstance(outcome, Judged):
        remember(outcome)
    st.session_state[_ENDED] = (outcome, datetime.now(UTC))
    _call_out(outcome)
    # Title, sidebar and every number above were drawn of the publication before.
    st.rerun()


def remember(judged: Judged) -> None:
    """Keep what checking a publication found for this session, in the place of the last one."""
    st.session_state[_CANDIDATE] = judged


def check_result(manifest: Manifest) -> Judged | None:
    """Return what checking this very publication found in this session, or None."""
    found: Judged | None = st.session_state.get(_CANDIDATE)
    return found if found is not None and found.candidate.manifest == manifest else None


def prune_button() -> None:
    """Draw the button that removes the snapshots beyond what the settings keep."""
    button(
        _("Remove those beyond the limit"),
        "prune",
        portal().prune,
        icon=":material/delete_sweep:",
        key="prune",
    )


def button(
    text: str,
    action: str,
    work: Work,
    *,
    icon: str,
    key: str,
    disabled: bool = False,
    primary: bool = False,
) -> None:
    """Draw a button that begins *work*, called *action* in the audit log."""
    st.button(
        text,
        icon=icon,
        key=key,
        disabled=disabled,
        type="primary" if primary else "secondary",
        on_click=start,
        args=(action, work),
    )


def start(action: str, work: Work) -> None:
    """Begin *work* for whoever is signed in; nothing but a roll-back begins beside another."""
    if _JOB in st.session_state and action != "roll_back":
        return
    st.session_state.pop(_ENDED, None)
    # Asked anew: since the button was drawn, its session may have been ended elsewhere.
    who = access.identity()
    try:
        st.session_state[_JOB] = portal().jobs.start(action, who, partial(work, who))
    except PortalError as error:
        st.session_state[_ENDED] = (error, datetime.now(UTC))


def _forget_store_state() -> None:
    st.session_state.pop(_STORE, None)


def _call_out(outcome: object) -> None:
    """Tell in passing how something ended: the page is long, and its head may be out of view."""
    match outcome:
        case PortalError():
            text = _("Nothing was switched. Why stands at the head of the page.")
            st.toast(text, icon=":material/error:", duration="long")
        case Activated():
            text = _("Done. Everybody sees {id} now.").format(id=outcome.publication_id)
            st.toast(captions.literal(text), icon=":material/check_circle:", duration="long")


def _show_outcome(outcome: object, at: datetime) -> None:
    """Draw how something ended, and when, since it stays until the next thing is begun."""
    match outcome:
        case ValidationFailed():
            publication_report.faults(outcome.report.faults)
        case PortalError():
            st.error(captions.literal(error_text(outcome)), icon=":material/error:")
        case Activated():
            _success(_("Publication {id} is active since {moment}."), outcome.publication_id, at)
        case AlreadyCurrent():
            _success(_("Publication {id} was active already."), outcome.publication_id, at)
        case tuple():
            st.success(
                ngettext(
                    "{count} snapshot was removed.", "{count} snapshots were removed.", len(outcome)
                ).format(count=number(len(outcome), 0)),
                icon=":material/delete_sweep:",
            )


def _success(template: str, publication_id: str, at: datetime) -> None:
    st.success(
        captions.literal(template.format(id=publication_id, moment=moment(at))),
        icon=":material/check_circle:",
    )
