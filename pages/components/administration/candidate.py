"""The store's latest publication: checked first, its effect shown, and only then activated."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Activated, AlreadyCurrent, Identity, Judged, ReportProgress
from datalayer.runtime import portal
from pages.components import captions, publication_admin, publication_report
from pages.components.administration import effect_card
from pages.components.language import _, error_text, sentence_text

Start = Callable[[str, publication_admin.Work], None]


def show() -> None:
    """Show the store's latest publication against the active one, and what can be done."""
    active = publication_admin.active()
    state = publication_admin.store_state()
    publication_report.store(state)
    publication_report.side_by_side(active, state.latest, portal().snapshots.all())
    if state.latest is None:
        publication_admin.look_again_button()
        return
    judged = publication_admin.check_result(state.latest)
    is_active = active is not None and active.manifest == state.latest
    if is_active and judged is not None and judged.active_id != state.latest.publication_id:
        judged = None  # activated since: it is a candidate no more
    _buttons(is_primary=judged is None and not is_active)
    if judged is not None:
        publication_report.verdict(judged.candidate)
    if is_active:
        return
    if judged is None:
        st.info(
            _(
                "Check it first: that tells what activating it would change. Nothing of it is "
                "served."
            ),
            icon=":material/info:",
        )
    elif judged.candidate.report.passed and not _waits_as_upload(judged):
        effect(judged, publication_admin.start)


def _waits_as_upload(judged: Judged) -> bool:
    """Return whether it was uploaded too: its effect is told there, once."""
    waiting = portal().uploaded()
    return waiting is not None and waiting.manifest == judged.candidate.manifest


def _buttons(*, is_primary: bool) -> None:
    with st.container(horizontal=True):
        publication_admin.look_again_button()
        publication_admin.button(
            _("Check it"),
            "inspect",
            portal().judge,
            icon=":material/fact_check:",
            key="check",
            primary=is_primary,
        )


def effect(judged: Judged, start: Start, publication_id: str | None = None) -> None:
    """Draw what activating it changes, what to confirm, and the button that has *start* do it.

    What is activated is the store's latest, unless *publication_id* names another.
    """
    st.header(_("What activating it changes"), anchor=False)
    if portal().active_id() != judged.active_id:
        st.warning(
            _("Another publication became active since this one was checked: check it again."),
            icon=":material/warning:",
        )
        return
    if judged.effect is not None:
        effect_card.sentence(judged.effect)
    elif judged.problem is not None:
        text = _("What it changes could not be computed: {problem}")
        problem = error_text(judged.problem)
        st.warning(captions.literal(text.format(problem=problem)), icon=":material/warning:")
    elif judged.active_id is None:
        st.markdown(_("Nothing is active yet, so there is nothing to compare it with."))
    _activate(judged, start, publication_id, confirmed=_confirmation(judged))
    if judged.effect is not None:
        effect_card.details(judged.effect)


def _activate(judged: Judged, start: Start, publication_id: str | None, *, confirmed: bool) -> None:
    manifest = judged.candidate.manifest
    st.markdown(
        captions.literal(
            _("Everybody sees {id} at once. It can be undone for ten minutes.").format(
                id=manifest.publication_id
            )
        )
    )
    st.button(
        _("Activate"),
        icon=":material/publish:",
        key="upload_activate" if publication_id else "activate",
        type="primary",
        disabled=not confirmed,
        on_click=start,
        args=("activate", partial(_do_activate, judged, confirmed, publication_id)),
    )


def _do_activate(
    judged: Judged,
    confirmed: bool,
    publication_id: str | None,
    who: Identity,
    report: ReportProgress,
) -> Activated | AlreadyCurrent:
    return portal().activate(who, publication_id, report, confirmed=confirmed, judged=judged)


def _confirmation(judged: Judged) -> bool:
    """Draw what stands out and ask to confirm it; return whether it may be activated."""
    manifest = judged.candidate.manifest
    warnings = _warnings(judged, manifest)
    if not warnings:
        return True
    lines = (f"- {captions.literal(text)}" for text in warnings)
    st.warning(
        "\n".join([_("Look at this first, although the contract is kept:"), "", *lines]),
        icon=":material/warning:",
    )
    return st.checkbox(
        _("I have looked at that, and it is right"), key=f"confirm-{manifest.publication_id}"
    )


def _warnings(judged: Judged, manifest: Manifest) -> list[str]:
    if judged.effect is None:
        losses = portal().losses(manifest)
        texts = [error_text(loss) for loss in losses]
        return texts if texts or judged.problem is None else [_("Its effect isn't known.")]
    return [sentence_text(each) for each in judged.effect.warnings]
