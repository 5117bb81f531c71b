"""Upload new insights: a publication as a zip, checked, and then activated or removed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from datalayer.kernel.errors import KeptAlready, PortalError, RefreshInProgress
from datalayer.portal import (
    Activated,
    AlreadyCurrent,
    Identity,
    Judged,
    RefreshJob,
    ReportProgress,
    Upload,
    UploadedPublication,
)
from datalayer.runtime import portal
from pages.components import (
    access,
    captions,
    publication_admin,
    publication_report,
    refresh_job,
)
from pages.components.administration import candidate
from pages.components.data_sets import size_text
from pages.components.language import _, error_text, moment

_JOB: Final = "upload.job"
_ENDED: Final = "upload.ended"
_ROUND: Final = "upload.round"
_MEBIBYTE: Final = 1024 * 1024

Work = Callable[[Identity, ReportProgress], object]


def show() -> None:
    """Draw where a zip is put, what became of the last one, and the one that waits."""
    st.header(_("Upload new insights"), anchor=False)
    limit_bytes = portal().upload_max_bytes
    if limit_bytes:
        _explain()
        _choose_file(limit_bytes)
    else:
        st.caption(_("This portal takes no uploads (FAROL_UPLOAD_MAX_BYTES is 0)."))
    _watch()
    if _ENDED in st.session_state:
        _show_outcome(*st.session_state[_ENDED])
    if waiting := portal().uploaded():
        _show_waiting(waiting)


def _explain() -> None:
    st.write(
        _(
            "For a publication that the store does not have: the zip of its folder, with "
            "`metadata.json` and the Parquet files. It is checked as one from the store is; of one "
            "that is refused nothing is kept, and nobody sees it before it is activated."
        )
    )
    if portal().follows_others:
        st.warning(
            _(
                "Other replicas take publications from the store. They can serve an uploaded one "
                "only if they share this replica's state folder, or if it is uploaded there too."
            ),
            icon=":material/hub:",
        )


def _choose_file(limit_bytes: int) -> None:
    chosen = st.file_uploader(
        _("Publication as a zip"),
        type="zip",
        # Another one after each: so the last file is let go.
        key=f"upload.file.{st.session_state.get(_ROUND, 0)}",
        max_upload_size=-(-limit_bytes // _MEBIBYTE),
    )
    work = partial(_receive, Upload(chosen, chosen.name)) if chosen else None
    st.button(
        _("Check the upload"),
        icon=":material/upload_file:",
        key="upload_check",
        disabled=work is None,
        on_click=_begin,
        args=("upload", work),
    )


def _receive(upload: Upload, who: Identity, report: ReportProgress) -> object:
    return portal().receive(who, upload, report)


def _begin(action: str, work: Work) -> None:
    st.session_state.pop(_ENDED, None)
    # Asked anew: since the button was drawn, its session may have been ended elsewhere.
    who = access.identity()
    try:
        st.session_state[_JOB] = portal().jobs.start(action, who, partial(work, who))
    except PortalError as error:
        _end(action, error)


def _end(action: str, outcome: object) -> None:
    st.session_state[_ENDED] = (action, outcome)
    # Of a file that nobody has looked at nothing is known: it stays to be checked.
    if action == "upload" and not isinstance(outcome, RefreshInProgress):
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _watch() -> None:
    """Follow what was begun here until it ends, then draw the page anew."""
    job: RefreshJob | None = st.session_state.get(_JOB)
    if job is None:
        return
    refresh_job.watch(job)
    del st.session_state[_JOB]
    try:
        outcome = job.outcome()
    except PortalError as error:
        outcome = error
    if isinstance(outcome, Judged):
        publication_admin.remember(outcome)
    _end(job.action, outcome)
    st.rerun()


def _show_outcome(action: str, outcome: object) -> None:
    match outcome:
        case Judged():
            # Unless another one has been checked since: its verdict has the page.
            if publication_admin.check_result(outcome.candidate.manifest):
                publication_report.verdict(outcome.candidate)
        case PortalError():
            st.error(captions.literal(error_text(outcome)), icon=":material/error:")
        case Activated() | AlreadyCurrent():
            text = _("Publication {id} is active.").format(id=outcome.publication_id)
            st.success(captions.literal(text), icon=":material/check_circle:")
    if action == "upload" and (then := _what_then(outcome)):
        st.write(then)


def _what_then(outcome: object) -> str:
    """Return what became of the file that was sent, unless its outcome has said so."""
    match outcome:
        case RefreshInProgress():
            return _("The file you chose is still here: check it when that has ended.")
        case KeptAlready():
            return ""
        case Judged() if outcome.candidate.report.passed:
            return ""
        case _other:
            return _("Nothing of it was kept; what is served goes on.")


def _show_waiting(waiting: UploadedPublication) -> None:
    """Draw the uploaded publication, and what can be done with it."""
    publication_id = waiting.manifest.publication_id
    st.subheader(_("Waits to be activated"), anchor=False)
    st.markdown(captions.literal(_waiting_text(waiting)))
    judged = publication_admin.check_result(waiting.manifest)
    with st.container(horizontal=True):
        st.button(
            _("Check it again"),
            icon=":material/fact_check:",
            key="upload_recheck",
            on_click=_begin,
            args=("inspect", partial(_judge, publication_id)),
        )
        st.button(
            _("Remove it"),
            icon=":material/delete:",
            key="upload_discard",
            on_click=_begin,
            args=("discard_upload", portal().discard_upload),
        )
    if judged is None:
        st.info(
            _("Check it again first: that tells what activating it would change."),
            icon=":material/info:",
        )
    elif judged.candidate.report.passed:
        candidate.effect(judged, _begin, publication_id)


def _judge(publication_id: str, who: Identity, report: ReportProgress) -> object:
    return portal().judge(who, report, publication_id)


def _waiting_text(waiting: UploadedPublication) -> str:
    generated = moment(waiting.manifest.generated_at)
    if waiting.received is None or waiting.at is None:
        return _("Publication {id}, generated {generated}.").format(
            id=waiting.manifest.publication_id, generated=generated
        )
    return _(
        "Publication {id}, generated {generated}. {by} uploaded it on {at} as {file} ({size}, "
        "SHA-256 {digest})."
    ).format(
        id=waiting.manifest.publication_id,
        generated=generated,
        by=waiting.by,
        at=moment(waiting.at),
        file=waiting.received.name,
        size=size_text(waiting.received.size_bytes),
        digest=waiting.received.sha256[:12],
    )
