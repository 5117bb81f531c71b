"""Promised and kept: what was promised at past cutoffs beside what then stood still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions, tables
from pages.components.availability.asked_availability import AskedAvailability
from pages.components.charts.availability_words import policy_name, towers
from pages.components.language import NOTHING, _, day, ngettext, number

Row = Mapping[str, Any]

_PROMISE: Final = ("promised", "happened")


def show(publication: Publication, asked: AskedAvailability) -> None:
    """Draw what the point shown and each policy promised, and what happened at each cutoff."""
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
    if asked.shown is not None:
        _by_cutoff(publication, asked.contract_id, asked.shown)


def _by_cutoff(publication: Publication, contract_id: str, point: Row) -> None:
    """Draw the tests one by one: a mean may hide that a single month was far from its promise."""
    question = questions.availability.promises(contract_id, point["policy"], point["point"])
    found = publication.table(question)
    rows = found.table.to_pylist()
    if not rows:
        return
    st.subheader(_("The point shown, test by test"), anchor=False)
    table = pa.Table.from_pylist(
        [{"cutoff": day(row["cutoff"]), **_promise(row), "kept": _kept(row)} for row in rows]
    )
    headings = _headings()
    names = {"cutoff": _("Known until"), **{name: headings[name] for name in _PROMISE}}
    tables.draw(table, {**names, "kept": headings["kept"]}, key="farol-availability-promises")
    captions.show(found.provenance, of="availability-promises")


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
        **_promise(row),
        "windows": number(row["n_windows"], 0) if tested else _("not tested"),
        "kept": _kept(row),
    }


def _promise(row: Row) -> dict[str, str]:
    return {name: towers(row[f"towers_down_{name}"]) for name in _PROMISE}


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
