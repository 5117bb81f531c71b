"""What health looks at, one row each: how it is in a word, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import streamlit as st

from datalayer.kernel.errors import RedisFailed
from datalayer.portal import Health
from pages.components import tables
from pages.components.language import _, error_text, number, sentence_text

_Row = tuple[str, str, str]


def show(health: Health) -> None:
    """Draw the list, in three columns, which a phone has room for."""
    rows = [
        {_("State"): state, _("Looked at"): name, _("Found, and what to do"): found}
        for state, name, found in _checks(health)
    ]
    tables.draw(pa.Table.from_pylist(rows), key="health")
    st.caption(_("The same is at /health, for a monitor."))


def _checks(health: Health) -> Iterator[_Row]:
    yield _served(health)
    yield from _store(health)
    yield _state_folder(health)
    yield _cache(health)
    problems = [sentence_text(str(each)) for each in (*health.replicas, *health.marks)]
    yield (
        _word(well=not problems),
        _("Replicas and marks"),
        " ".join(problems) or _("nothing to tell"),
    )
    if health.signatures:
        problem = health.signatures.problem
        found = sentence_text(str(problem)) if problem else _("what is served is signed")
        yield _word(well=problem is None), _("Signatures"), found
    ml = health.ml_dependencies
    found = ", ".join(ml.violations) or _("{count} packages, none of machine learning").format(
        count=number(ml.checked, 0)
    )
    yield _word(well=not ml.violations), _("Packages"), found


def _served(health: Health) -> _Row:
    name = _("What is served")
    if health.publication_id is None:
        return _word(well=False), name, _("nothing yet: activate a publication")
    if health.problem:
        told = _("{problem}. Look at the publications, and go back or activate.")
        return _word(well=False), name, told.format(problem=sentence_text(health.problem))
    return _word(well=True), name, health.publication_id


def _store(health: Health) -> Iterator[_Row]:
    store, name = health.store, _("Store")
    if store["state"] == "unreachable":
        told = _("{problem}. What is kept here is served on; mend the store or its address.")
        yield _word(well=False), name, told.format(problem=sentence_text(store["problem"]))
    elif store["state"] == "reachable":
        yield _word(well=True), name, store["address"]
    else:
        yield _unknown(), name, _("was not asked yet")
    writable = {
        "yes": (_word(well=False), _("it takes writes: give Farol a key that may only read")),
        "no": (_word(well=True), _("Farol may only read it, as it should be")),
        "not checked": (_unknown(), _("a folder: its permissions are for you to set")),
    }
    state, found = writable.get(store["writable"], (_unknown(), _("was not asked yet")))
    yield state, _("Writing to the store"), found


def _state_folder(health: Health) -> _Row:
    problem = health.state_folder.problem
    name = _("State folder")
    if not problem:
        return _word(well=True), name, _("takes files")
    told = _("{problem}. Make room, or let Farol write there.")
    return _word(well=False), name, told.format(problem=sentence_text(problem))


def _cache(health: Health) -> _Row:
    name, state = _("Shared cache"), health.cache["state"]
    if state == "off":
        return "– " + _("not set up"), name, _("each process has its own memory alone")
    if state == "ok":
        return _word(well=True), name, _("answers")
    told = _("{problem}, only slower.")
    problem = RedisFailed(reason=health.cache["problem"])
    return _word(well=False), name, told.format(problem=error_text(problem))


def _word(*, well: bool) -> str:
    return "✓ " + _("in order") if well else "✗ " + _("needs you")


def _unknown() -> str:
    return "– " + _("not checked")
