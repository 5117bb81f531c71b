"""Which two publications the address asks to compare; what of it can't be used is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection, PortalError, SignInRequired
from datalayer.kernel.sentences import Sentence
from datalayer.portal import Publication, Snapshot
from datalayer.runtime import portal
from pages.components import access
from pages.components.language import _, day, local

BEFORE: Final = "before"
AFTER: Final = "after"
_CODE: Final = 8


@dataclass(frozen=True, eq=False)
class AskedPair:
    """Two publications, from the one to the other.

    Attributes:
        problems: What of the address, or of what is kept, can't be used.
    """

    before: Publication
    after: Publication
    problems: tuple[PortalError, ...]

    @property
    def looks_back(self) -> bool:
        """Whether the one called after is the older one."""
        return age(self.after.snapshot) < age(self.before.snapshot)


@dataclass(frozen=True)
class NoPair:
    """There is no other publication to compare with.

    Attributes:
        problems: Why others that are kept can't be used; empty where none is kept.
    """

    problems: tuple[PortalError, ...]


def of_address(shown: Publication) -> AskedPair | NoPair:
    """Return the two publications to compare, the older first unless the address says otherwise.

    Args:
        shown: What the page shows: the active publication, or the pinned one.
    """
    problems: list[PortalError] = []
    before, after = (_asked(name, problems) for name in (BEFORE, AFTER))
    if before is not None and after is not None and before.id == after.id:
        problems.append(_the_same(before.id))
        before = None
    if before is not None and after is not None:
        return AskedPair(before, after, tuple(problems))
    given = before or after or shown
    is_other = before is not None and before.id != shown.id
    other = shown if is_other else next(_others(given, problems), None)
    if other is None:
        return NoPair(tuple(problems))
    if after is not None:
        return AskedPair(other, after, tuple(problems))
    if before is not None:
        return AskedPair(before, other, tuple(problems))
    first, last = sorted((given, other), key=_age_of)
    return AskedPair(first, last, tuple(problems))


def kept() -> tuple[str, ...]:
    """Return the ids of all that is kept, the newest first; damaged ones are among them."""
    return portal().snapshots.kept_ids()


def age(snapshot: Snapshot) -> tuple[object, ...]:
    """Return what publications are ordered by in time: generated, then loaded here."""
    return snapshot.manifest.generated_at, snapshot.loaded_at, snapshot.publication_id


def name_of(publication_id: str) -> str:
    """Return a kept publication as people tell it from others: day, time, end of its id."""
    code = publication_id[-_CODE:]
    snapshot = _usable().get(publication_id)
    if snapshot is None:
        return _("{id} (can't be read)").format(id=publication_id)
    at = snapshot.manifest.generated_at
    return f"{day(local(at).date())} {local(at):%H:%M} · {code}"


def open_kept(publication_id: str) -> Publication:
    """Return a kept publication, for the visitor to read.

    Raises:
        UnknownPublication: It is not kept here.
        PortalError: It can't be read.
    """
    return portal().open(publication_id, access.identity())


def _asked(name: str, problems: list[PortalError]) -> Publication | None:
    wanted = st.query_params.get(name)
    if not wanted:
        return None
    try:
        return open_kept(wanted)
    except SignInRequired:
        raise
    except PortalError as error:
        problems.append(error)
    return None


def _others(given: Publication, problems: list[PortalError]) -> Iterator[Publication]:
    """Yield what *given* may be compared with: the last before it, older ones, newer ones."""
    usable = _usable()
    others = [each for each in usable.values() if each.publication_id != given.id]
    older = sorted((s for s in others if age(s) < age(given.snapshot)), key=age, reverse=True)
    newer = sorted((s for s in others if age(s) > age(given.snapshot)), key=age)
    damaged = [each for each in kept() if each not in usable]
    last = portal().before(given)
    first = [last.id] if last is not None and last.snapshot in older else []
    ids = [*first, *(each.publication_id for each in (*older, *newer)), *damaged]
    for publication_id in dict.fromkeys(ids):
        try:
            yield open_kept(publication_id)
        except SignInRequired:
            raise
        except PortalError as error:
            problems.append(error)


def _usable() -> dict[str, Snapshot]:
    return {each.publication_id: each for each in portal().snapshots.all()}


def _age_of(publication: Publication) -> tuple[object, ...]:
    return age(publication.snapshot)


def _the_same(publication_id: str) -> InvalidSelection:
    expected = Sentence("another publication than the one after")
    return InvalidSelection(parameter=BEFORE, found=publication_id, expected=expected)
