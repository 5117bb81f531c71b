"""Promised and kept: what was promised at past cutoffs beside what then stood still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import streamlit as st

from pages.components import captions, tables
from pages.components.availability.asked_availability import AskedAvailability
from pages.components.charts.availability_words import policy_name, towers
from pages.components.language import NOTHING, _, ngettext, number

Row = Mapping[str, Any]


def show(asked: AskedAvailability) -> None:
    """Draw what the point shown and each policy promised, and what happened."""
    st.header(_("Promised and kept"), anchor=False)
    rows = [row for row in (asked.shown, asked.curve.service, asked.curve.today) if row is not None]
    tested = [row for row in rows if row["n_windows"]]
    if not tested:
        st.markdown(_("Nothing was tested in the past, so nobody can say what was kept."))
        return
    st.markdown(captions.literal(" ".join(sentence(row) for row in tested)))
    table = pa.Table.from_pylist([_row(row) for row in rows])
    tables.draw(table, _headings(), key="farol-availability-kept")
    captions.show(asked.provenance, of="availability-kept")


def sentence(row: Row) -> str:
    """Return whether what was promised was kept, and how far it was missed."""
    promised, happened = row["towers_down_promised"], row["towers_down_happened"]
    if promised is None or happened is None:
        return ""
    count = row["n_windows"]
    told = ngettext(
        "{policy}: in {count} test of the past, {promised} towers down were promised on average "
        "and {happened} would have been.",
        "{policy}: in {count} tests of the past, {promised} towers down were promised on average "
        "and {happened} would have been.",
        count,
    ).format(
        policy=policy_name(row["policy"]),
        count=number(count, 0),
        promised=towers(promised),
        happened=towers(happened),
    )
    return f"{told} {_verdict(promised, happened)}"


def _verdict(promised: float, happened: float) -> str:
    if happened <= promised:
        return _("That was kept.")
    if not promised:
        return _("That was not kept.")
    text = _("That was not kept: it was {times} times as many.")
    return text.format(times=number(happened / promised, 2))


def _row(row: Row) -> dict[str, str]:
    tested = bool(row["n_windows"])
    return {
        "policy": policy_name(row["policy"]),
        "promised": towers(row["towers_down_promised"]),
        "happened": towers(row["towers_down_happened"]),
        "windows": number(row["n_windows"], 0) if tested else _("not tested"),
        "kept": _kept(row),
    }


def _kept(row: Row) -> str:
    promised, happened = row["towers_down_promised"], row["towers_down_happened"]
    if promised is None or happened is None:
        return NOTHING
    return _("yes") if happened <= promised else _("no")


def _headings() -> dict[str, str]:
    return {
        "policy": _("How stock is set"),
        "promised": _("Promised: towers down"),
        "happened": _("Happened: towers down"),
        "windows": _("Tests of the past"),
        "kept": _("Kept"),
    }
