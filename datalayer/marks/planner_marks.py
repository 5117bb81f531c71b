"""The marks of planners: what they say of the rows of the list, and what that makes of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import structlog

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.kernel.errors import (
    MarkedMeanwhile,
    NothingToMark,
    NothingToUndo,
    PortalError,
    SignInRequired,
    StateError,
    UnknownAction,
    UnknownMove,
)
from datalayer.marks.episodes import LIST, Episodes
from datalayer.marks.mark_log import MarkLog
from datalayer.marks.marking import (
    Mark,
    MarkKind,
    ReturnRule,
    RowKey,
    StandingRow,
    deciding,
    not_undone,
    state_of,
)
from datalayer.marks.novelty import Novelty, novelty_of
from datalayer.marks.statements import Statement, checked_name, checked_statement
from datalayer.marks.tables import KEY, history_table, standing_table
from datalayer.reading.publication import Publication

_MOST_REMEMBERED: Final = 4

_log = structlog.get_logger(__name__)


class PlannerMarks:
    """Reads and writes marks; safe from several threads and processes.

    What is read of a publication is for those who may open it; what is written is checked here.

    Args:
        state: The state folder; ``marks/`` in it holds all.
        audit: Where each mark is recorded.
        members_only: Whether marking takes a sign-in; else a name will do.
        clock: Tells the present moment, UTC.
    """

    def __init__(
        self, state: Path, audit: AuditLog, *, members_only: bool, clock: Callable[[], datetime]
    ) -> None:
        self._log = MarkLog(state / "marks" / "marks.log")
        self._episodes = Episodes(state / "marks" / "publications")
        self._audit = audit
        self._members_only = members_only
        self._clock = clock
        # Neither publications nor the runs of their rows change.
        self._novelty: dict[tuple[str, str | None], Novelty] = {}

    def mark(
        self,
        identity: Identity,
        publication: Publication,
        row: RowKey,
        said: Statement,
        *,
        seen: int = 0,
        name: str = "",
    ) -> Mark:
        """Write what a planner says of a row.

        Args:
            identity: Who does it.
            publication: The one that is looked at.
            row: A row of its list of actions.
            said: What is said.
            seen: Number of the row's last mark that the planner has seen; 0 for none.
            name: Who it is, where nobody signed in.

        Raises:
            SignInRequired: The portal is for its members, and nobody signed in.
            InvalidSelection: Something of what is said, or the name, can't be used.
            NothingToMark, UnknownAction, UnknownItem: There is no such row.
            MarkedMeanwhile: The row has a mark that the planner has not seen.
            StateUnavailable: It could not be written; all is as it was.
        """
        checked = checked_statement(said, self._clock().date())
        return self._write(identity, name, publication, row, seen, lambda _: (checked, None))

    def undo(
        self,
        identity: Identity,
        publication: Publication,
        row: RowKey,
        *,
        seen: int,
        name: str = "",
    ) -> Mark:
        """Take a row's last mark back, whoever made it; its history keeps both.

        Raises:
            NothingToUndo: It has none.
            PortalError: As for ``mark``.
        """
        return self._write(identity, name, publication, row, seen, _taking_back)

    def standing(self, publication: Publication) -> pa.Table:
        """Return the marked rows of *publication*, each with what was said of it and its state.

        Columns: see ``tables.STANDING``. A row without a mark is open, and not among them.

        Raises:
            NothingToMark: It has no list of actions.
            StateError: The marks can't be read.
        """
        _require_list(publication)
        marks = self._log.by_episode()
        rows = self._episodes.rows(publication).find({key for key, _ in marks})
        rule = self._return_rule(publication)
        marked = ((marks.get((row.key, row.since)), row) for row in rows.values())
        return standing_table((m, *state_of(deciding(m), row, rule)) for m, row in marked if m)

    def history(self, publication: Publication, item_id: str) -> pa.Table:
        """Return all that was ever said of a part's rows, in the order in which it was said.

        Columns: see ``tables.HISTORY``. *publication* tells which of it is about a row as it
        stands there.

        Raises:
            StateError: The marks can't be read.
        """
        marks = {e: m for e, m in self._log.by_episode().items() if e[0].item_id == item_id}
        rows = self._episodes.rows(publication).find({key for key, _ in marks})
        standing = {(row.key, row.since) for row in rows.values()}
        return history_table((episode in standing, each) for episode, each in marks.items())

    def novelty(self, publication: Publication, before: Publication | None) -> Novelty:
        """Return which rows of *publication* are new, and which changed since the one *before*.

        Args:
            publication: The one that is read.
            before: The last one before it that was active here; None where it isn't kept.

        Raises:
            NothingToMark: It has no list of actions.
            PortalError: The rows can't be read.
        """
        _require_list(publication)
        pair = (publication.id, before.id if before else None)
        if pair not in self._novelty:
            found = novelty_of(publication, self._episodes.begun_with(publication), before)
            self._novelty = dict([*self._novelty.items(), (pair, found)][-_MOST_REMEMBERED:])
        return self._novelty[pair]

    def knows(self, publication_id: str) -> bool:
        """Return whether the rows of a publication are known."""
        return self._episodes.has(publication_id)

    def known_before(self, publication_id: str) -> str | None:
        """Return the id of the last publication before one that was active here; None if none."""
        return self._episodes.before(publication_id)

    def remember(self, publications: Iterable[Publication], kept: Collection[str]) -> None:
        """Remember which rows stand in publications that are or were active.

        Args:
            publications: They, the oldest first.
            kept: Ids of all publications that are kept here.

        Raises:
            StateUnavailable: The disk refuses.
        """
        for publication in publications:
            self._episodes.rows(publication, must_be_kept=True)
        self._episodes.cut_down(kept, self._log.by_episode().keys())

    def findings(self) -> tuple[PortalError, ...]:
        """Return what was wrong with the marks when they were read last; nothing is read here."""
        damage = self._log.damage
        return (damage,) if damage else ()

    def _write(
        self,
        identity: Identity,
        name: str,
        publication: Publication,
        key: RowKey,
        seen: int,
        state: Callable[[Sequence[Mark]], tuple[Statement, int | None]],
    ) -> Mark:
        """Write what *state* makes of the marks that a row has, if all of them were seen.

        It returns what is said, and the number of the mark that is undone.
        """
        signed_in = identity != ANYONE
        if self._members_only and not signed_in:
            raise SignInRequired
        identity.require(Role.PLANNER, "mark rows of the list")
        marked_by = identity.name if signed_in else checked_name(name)
        row = self._require_row(publication, key)

        def decide(earlier: Sequence[Mark], number: int) -> Mark:
            _refuse_unseen(earlier, seen)
            said, undoes = state(earlier)
            return Mark(
                number=number,
                row=row,
                publication_id=publication.id,
                kind=MarkKind(said.kind),
                until=said.until,
                comment=said.comment,
                marked_by=marked_by,
                signed_in=signed_in,
                marked_at=self._clock(),
                undoes=undoes,
            )

        # Better not done than done without a record.
        self._audit.require_writable()
        mark = self._log.append((row.key, row.since), decide)
        self._record(identity, mark)
        return mark

    def _record(self, identity: Identity, mark: Mark) -> None:
        key, kind = mark.row.key, mark.kind.value
        row = " ".join((key.item_id, key.location_id, key.action, key.ref))
        try:
            self._audit.record(
                identity,
                "mark",
                "done",
                mark.publication_id,
                kind=kind,
                row=row,
                number=mark.number,
                marked_by=mark.marked_by,
            )
        except StateError as lost:
            # The mark is written, and tells itself who made it: the planner need not repeat it.
            _log.error("audit.lost", kind=kind, problem=str(lost))

    def _require_row(self, publication: Publication, key: RowKey) -> StandingRow:
        _require_list(publication)
        found = self._episodes.rows(publication, must_be_kept=True).find({key})
        if key in found:
            return found[key]
        publication.require_item(key.item_id)
        there = self._episodes.rows(publication).of_item(key.item_id)
        known = tuple(f"{each.action} {each.ref} ({each.location_id})" for each in there)
        fields = {name: getattr(key, name) for name in KEY}
        unknown = UnknownMove if key.action == "move" else UnknownAction
        raise unknown(publication_id=publication.id, known=known, **fields)

    def _return_rule(self, publication: Publication) -> ReturnRule:
        contract = publication.registry
        return ReturnRule(
            today=self._clock().date(),
            growth=contract.settings["came_back"].value,
            tiers=contract.data_sets[LIST].column("tier").allowed,
        )


def _require_list(publication: Publication) -> None:
    if LIST not in publication.registry.data_sets:
        raise NothingToMark(publication_id=publication.id)


def _refuse_unseen(earlier: Sequence[Mark], seen: int) -> None:
    if earlier and earlier[-1].number > seen:
        last = earlier[-1]
        raise MarkedMeanwhile(
            actor=last.marked_by,
            kind=last.kind.value,
            at=last.marked_at.isoformat(timespec="minutes"),
            number=last.number,
        )


def _taking_back(earlier: Sequence[Mark]) -> tuple[Statement, int]:
    holding = not_undone(earlier)
    if not holding:
        raise NothingToUndo
    return Statement(MarkKind.UNDO), holding[-1].number
