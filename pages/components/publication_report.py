"""What an administrator sees of publications: the two at hand, differences, faults, the log."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import pyarrow as pa
import streamlit as st

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import MachineLearningFound
from datalayer.portal import (
    AuditEntry,
    Candidate,
    Fault,
    Health,
    Publication,
    RowComparison,
    Snapshot,
    StoreState,
)
from pages.components import captions, tables
from pages.components.data_sets import size_text
from pages.components.language import NOTHING, _, ago, day, error_text, moment, ngettext, number
from pages.components.words import action_text, check_text, outcome_text

LONGEST_DETAIL: Final = 160


def store(state: StoreState) -> None:
    """Draw where publications come from and whether that answered when it was asked."""
    mark, word = ("✓", _("reachable")) if state.reachable else ("✗", _("not reachable"))
    address = captions.literal(state.address)
    found = f"{mark} {word}, {ago(state.asked_at)}"
    st.markdown(_("Store {address}: {state}").format(address=address, state=found))
    if state.problem is not None:
        st.error(captions.literal(error_text(state.problem)), icon=":material/cloud_off:")


def side_by_side(active: Publication | None, latest: Manifest | None) -> None:
    """Draw what the active publication and the store's latest say of themselves."""
    shown = {
        _("Active"): _facts(active.manifest, active.loaded_at) if active else {},
        _("Latest in the store"): _facts(latest, None) if latest else {},
    }
    names = dict.fromkeys(name for facts in shown.values() for name in facts)
    rows = [
        {"fact": name, **{title: facts.get(name) for title, facts in shown.items()}}
        for name in names
    ]
    if rows:
        _table(rows, {"fact": "", **{title: title for title in shown}}, key="side-by-side")


def row_counts(comparisons: Iterable[RowComparison]) -> None:
    """Draw the rows of each data set beside those of the active publication."""
    rows = [
        {
            "data_set": each.data_set,
            "active": each.active_rows,
            "candidate": each.candidate_rows,
            "difference": _difference(each),
        }
        for each in comparisons
    ]
    headings = {
        "data_set": _("Data set"),
        "active": _("Rows, active"),
        "candidate": _("Rows, candidate"),
        "difference": _("Difference"),
    }
    _table(rows, headings, key="row-counts", whole=("active", "candidate"))


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
                count=len(report.warnings)
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
        ).format(count=len(found)),
        icon=":material/gpp_bad:",
    )
    _findings(found, key="faults")


def kept_publications(snapshots: Iterable[Snapshot], active_id: str | None) -> None:
    """Draw the publications on the local disk."""
    rows = [
        {
            "publication": each.publication_id,
            "active": _("yes") if each.publication_id == active_id else None,
            "generated": each.manifest.generated_at,
            "loaded": each.loaded_at,
            "size": size_text(each.size_bytes),
        }
        for each in snapshots
    ]
    headings = {
        "publication": _("Publication"),
        "active": _("Active"),
        "generated": _("Generated"),
        "loaded": _("Loaded here"),
        "size": _("Size"),
    }
    _table(rows, headings, key="kept", moments=("generated", "loaded"))


def audit_trail(entries: Iterable[AuditEntry]) -> None:
    """Draw who did what, when, to which publication, and how it ended; newest first."""
    rows = [
        {
            "at": entry.at,
            "actor": entry.actor,
            "action": action_text(entry.action),
            "outcome": outcome_text(entry.outcome),
            "publication": entry.publication_id,
            "details": _details_text(entry.details) or None,
        }
        for entry in entries
    ]
    headings = {
        "at": _("When"),
        "actor": _("Who"),
        "action": _("Action"),
        "outcome": _("Outcome"),
        "publication": _("Publication"),
        "details": _("Details"),
    }
    _table(rows, headings, key="audit", moments=("at",))


def proof(health: Health, checked_at: datetime) -> None:
    """Draw the dated proof that no machine learning is deployed, and all that is found wrong."""
    found = health.ml_dependencies
    if found.status == "pass":
        st.success(
            _(
                "No machine-learning package is installed or loaded: {count} packages looked at, "
                "{moment}."
            ).format(count=number(found.checked, 0), moment=moment(checked_at)),
            icon=":material/verified_user:",
        )
    cache = {
        "off": _("Cache: this process's memory; no second level is set up"),
        "ok": _("Cache: ✓ the second level answers"),
    }
    if health.cache["state"] in cache:
        st.markdown(cache[health.cache["state"]])
    for finding in health.findings:
        draw = st.error if isinstance(finding, MachineLearningFound) else st.warning
        draw(captions.literal(error_text(finding)), icon=":material/warning:")


def _facts(manifest: Manifest, loaded_at: datetime | None) -> dict[str, str]:
    generated = f"{moment(manifest.generated_at)}, {ago(manifest.generated_at)}"
    return {
        _("Publication"): manifest.publication_id,
        _("Generated"): generated,
        _("Data through"): day(manifest.data_through),
        _("Loaded here"): f"{moment(loaded_at)}, {ago(loaded_at)}" if loaded_at else NOTHING,
        _("Model version"): manifest.model_version,
        _("Data set"): manifest.dataset_id,
        _("Size"): size_text(sum(file.size_bytes for file in manifest.files)),
    }


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
            "data_set": fault.data_set,
            "column": fault.column,
            "check": check_text(fault.check),
            "count": fault.count,
            "found": fault.found,
            "expected": fault.expected,
            "samples": "; ".join(fault.samples) or None,
        }
        for fault in found
    ]
    headings = {
        "data_set": _("Data set"),
        "column": _("Column"),
        "check": _("Check"),
        "count": _("Count"),
        "found": _("Found"),
        "expected": _("Expected"),
        "samples": _("For example"),
    }
    _table(rows, headings, key=key, whole=("count",))


def _details_text(details: Mapping[str, object]) -> str:
    """Return why it ended so, cut to what a table can hold; the log has the whole of it."""
    words = {
        "reason": "{value}",
        "previous": _("before: {value}"),
        "removed": "{value}",
        "seconds": _("{value} s"),
    }
    texts = [
        words[name].format(value=number(value, 2) if isinstance(value, float) else value)
        for name, value in details.items()
        if name in words and value != "-"
    ]
    return textwrap.shorten("; ".join(texts), LONGEST_DETAIL, placeholder=" …")


def _table(
    rows: list[dict[str, object]],
    headings: Mapping[str, str],
    *,
    key: str,
    whole: Sequence[str] = (),
    moments: Sequence[str] = (),
) -> None:
    special = dict.fromkeys(whole, pa.int64()) | dict.fromkeys(moments, pa.timestamp("us", "UTC"))
    types = pa.schema([(name, special.get(name, pa.string())) for name in headings])
    tables.draw(pa.Table.from_pylist(rows, schema=types), headings, key=key)
