"""What an administrator sees of publications: the two at hand, differences, faults, those kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import pyarrow as pa
import streamlit as st

from datalayer.kernel.contract.manifest import Manifest, SignedManifest
from datalayer.portal import (
    Candidate,
    Fault,
    Publication,
    RowComparison,
    Snapshot,
    StoreState,
)
from pages.components import captions, tables
from pages.components.data_sets import size_text
from pages.components.language import (
    NOTHING,
    _,
    ago,
    day,
    error_text,
    moment,
    ngettext,
    number,
    sentence_text,
)
from pages.components.words import check_text


def store(state: StoreState) -> None:
    """Draw where publications come from and whether that answered when it was asked."""
    mark, word = ("✓", _("reachable")) if state.reachable else ("✗", _("not reachable"))
    address = captions.literal(state.address)
    found = f"{mark} {word}, {ago(state.asked_at)}"
    st.markdown(_("Store {address}: {state}").format(address=address, state=found))
    if state.problem is not None:
        st.error(captions.literal(error_text(state.problem)), icon=":material/cloud_off:")


def side_by_side(
    active: Publication | None, latest: Manifest | None, snapshots: Iterable[Snapshot] = ()
) -> None:
    """Draw what the active publication and the store's latest say of themselves.

    Args:
        active: What is served; None for nothing.
        latest: What the store has; None for nothing.
        snapshots: The publications kept here, of which the latest may be one.
    """
    loaded = {each.publication_id: each.loaded_at for each in snapshots}
    shown = {
        _("Active"): _facts(active.manifest, active.loaded_at) if active else {},
        _("Latest in the store"): _facts(latest, loaded.get(latest.publication_id))
        if latest
        else {},
    }
    names = dict.fromkeys(name for facts in shown.values() for name in facts)
    rows = [
        {_("Fact"): name, **{title: facts.get(name) for title, facts in shown.items()}}
        for name in names
    ]
    if rows:
        tables.draw(pa.Table.from_pylist(rows), key="side-by-side")


def row_counts(comparisons: Iterable[RowComparison]) -> None:
    """Draw the rows of each data set beside those of the active publication."""
    rows = [
        {
            _("Data set"): each.data_set,
            _("Rows, active"): each.active_rows,
            _("Rows, candidate"): each.candidate_rows,
            _("Difference"): _difference(each),
        }
        for each in comparisons
    ]
    tables.draw(pa.Table.from_pylist(rows), key="row-counts")


def verdict(candidate: Candidate) -> None:
    """Draw whether a candidate keeps the contract, and every fault and warning found."""
    report = candidate.report
    checks = ngettext("{count} check", "{count} checks", report.checks).format(
        count=number(report.checks, 0)
    )
    if report.passed:
        st.success(
            _("The candidate keeps the contract: {checks}, no fault.").format(checks=checks),
            icon=":material/verified:",
        )
    else:
        faults(report.faults)
    if report.warnings:
        st.warning(
            ngettext("{count} warning", "{count} warnings", len(report.warnings)).format(
                count=number(len(report.warnings), 0)
            ),
            icon=":material/warning:",
        )
        _findings(report.warnings, key="warnings")


def faults(found: Sequence[Fault]) -> None:
    """Draw every fault: where it is, how often, what was found and what would be right."""
    st.error(
        ngettext(
            "The candidate breaks the contract in {count} place and can't be activated.",
            "The candidate breaks the contract in {count} places and can't be activated.",
            len(found),
        ).format(count=number(len(found), 0)),
        icon=":material/gpp_bad:",
    )
    _findings(found, key="faults")


def kept_publications(snapshots: Iterable[Snapshot], active_id: str | None) -> None:
    """Draw the publications on the local disk, in three columns, which a phone has room for."""
    active = "✓ " + _("active")
    rows = [
        {
            _("Publication"): " · ".join(
                [each.publication_id, *([active] if each.publication_id == active_id else [])]
            ),
            _("Generated"): each.manifest.generated_at,
            _("Loaded here, size"): f"{moment(each.loaded_at)} · {size_text(each.size_bytes)}",
        }
        for each in snapshots
    ]
    tables.draw(pa.Table.from_pylist(rows), key="kept")


def _facts(manifest: Manifest, loaded_at: datetime | None) -> dict[str, str]:
    generated = f"{moment(manifest.generated_at)}, {ago(manifest.generated_at)}"
    return {
        _("Publication"): manifest.publication_id,
        _("Generated"): generated,
        _("Data through"): day(manifest.data_through),
        _("Loaded here"): f"{moment(loaded_at)}, {ago(loaded_at)}" if loaded_at else NOTHING,
        _("Model version"): manifest.model_version,
        _("Data set"): manifest.dataset_id,
        _("Size"): size_text(manifest.size_bytes),
        **_signature(manifest),
    }


def _signature(manifest: Manifest) -> dict[str, str]:
    if not isinstance(manifest, SignedManifest):
        return {}
    signed = {_("Signed by"): manifest.keyid}
    if manifest.expires_at is not None:
        signed[_("Signed until")] = moment(manifest.expires_at)
    return signed


def _difference(comparison: RowComparison) -> str | None:
    if comparison.active_rows is None:
        return None
    change = comparison.candidate_rows - comparison.active_rows
    if change == 0:
        return "="
    sign = "+" if change > 0 else "\u2212"
    text = f"{sign}{number(abs(change), 0)}"
    if not comparison.active_rows:
        return text
    share = number(100 * abs(change) / comparison.active_rows, 1)
    return f"{text} ({sign}{share}%)"


def _findings(found: Iterable[Fault], *, key: str) -> None:
    rows = [
        {
            _("Data set"): fault.data_set,
            _("Column"): fault.column,
            _("Check"): check_text(fault.check),
            _("Count"): fault.count,
            _("Found"): sentence_text(fault.found),
            _("Expected"): sentence_text(fault.expected),
            _("For example"): "; ".join(fault.samples) or None,
        }
        for fault in found
    ]
    tables.draw(pa.Table.from_pylist(rows), key=key)
