"""The proof on the administration page: the last one, check by check, and how another is made."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import streamlit as st

from datalayer.kernel.errors import PortalError
from datalayer.portal import CheckResult, ProofReport, RunningProof
from datalayer.runtime import portal
from pages.components import access, captions, tables
from pages.components.language import _, ago, error_text, moment, number, sentence_text

_LOOK_EVERY_S: Final = 0.2
_STARTED: Final = "proof"
_MARKS: Final = {"passed": "✓", "failed": "✗", "not applicable": "–"}
_MOST_TOLD: Final = 5


def show() -> None:
    """Draw the newest report, its files, and the button that makes another."""
    proofs = portal().proofs(access.identity())
    try:
        report, files = proofs.latest(), proofs.latest_files()
    except PortalError as error:
        st.error(captions.literal(error_text(error)), icon=":material/error:")
        report, files = None, {}
    if report is None:
        st.markdown(_("No proof of this deployment was made here yet."))
    else:
        _verdict(report)
        with st.expander(_("Every check"), icon=":material/fact_check:"):
            _table(report.results)
    with st.container(horizontal=True):
        st.button(
            _("Make the proof"), icon=":material/verified_user:", key="prove", on_click=_start
        )
        for name, content in files.items():
            is_page = name.endswith(".html")
            st.download_button(
                _("Download the report (page)") if is_page else _("Download the report (JSON)"),
                content,
                file_name=f"farol_{name}",
                mime="text/html" if is_page else "application/json",
                icon=":material/download:",
                on_click="ignore",
            )


def watch() -> None:
    """Follow the proof under way until it ends, then draw the page anew; nothing without one."""
    proofs = portal().proofs(access.identity())
    running: RunningProof | None = st.session_state.get(_STARTED) or proofs.running()
    if running is None:
        return
    # Remembered before it is watched: whoever presses a button meanwhile comes back to watch.
    st.session_state[_STARTED] = running
    if not running.wait(0):
        _follow(running)
        st.rerun()
    if running.problem:
        st.error(captions.literal(error_text(running.problem)), icon=":material/error:")
    del st.session_state[_STARTED]


def _follow(running: RunningProof) -> None:
    with st.status(_("Making the proof"), expanded=True):
        bar, ended = st.empty(), False
        while not ended:
            ended = running.wait(_LOOK_EVERY_S)
            results = running.results
            text = _("{done} of {total} checks").format(
                done=number(len(results), 0), total=number(running.total, 0)
            )
            latest = _(results[-1].promise) if results else _("Beginning")
            bar.progress(min(1.0, len(results) / running.total), f"{text} · {latest}")


def _start() -> None:
    # Asked anew: since the button was drawn, its session may have been ended elsewhere.
    st.session_state[_STARTED] = portal().proofs(access.identity()).start()


def _verdict(report: ProofReport) -> None:
    counts = _("{passed} checks passed, {failed} failed, {skipped} are not applicable here").format(
        passed=number(report.count("passed"), 0),
        failed=number(report.count("failed"), 0),
        skipped=number(report.count("not applicable"), 0),
    )
    at = f"{moment(report.checked_at)}, {ago(report.checked_at)}"
    draw, icon = (st.success, "verified_user") if report.passed else (st.error, "gpp_bad")
    draw(f"{counts}: {at}", icon=f":material/{icon}:")


def _table(results: tuple[CheckResult, ...]) -> None:
    rows = [
        {
            _("Outcome"): _MARKS[each.outcome],
            _("Promise"): _(each.promise),
            _("Looked at"): "; ".join(
                map(sentence_text, [each.looked_at, *each.findings[:_MOST_TOLD]])
            ),
        }
        for each in results
    ]
    tables.draw(pa.Table.from_pylist(rows), key="proof-checks")
