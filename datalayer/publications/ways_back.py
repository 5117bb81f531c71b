"""The last switch to another publication: whether it can be undone, and what to go back to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from datalayer.access.audit.log import AuditEntry
from datalayer.kernel.errors import UndoOver
from datalayer.publications.active import Activation
from datalayer.publications.snapshot_store import SnapshotStore

UNDO_FOR: Final = timedelta(minutes=10)
"""How long after an activation it can be undone by one press."""

_SWITCHES: Final = frozenset({"activate", "roll_back", "follow"})
_MOST_LOOKED_AT: Final = 1000


@dataclass(frozen=True)
class Undo:
    """An activation that can be undone.

    Attributes:
        publication_id: What was activated.
        back_to: What was active before, and is still kept.
        until: When it can't be undone any more, UTC.
    """

    publication_id: str
    back_to: str
    until: datetime


class WaysBack:
    """Reads from audit log and pointer how what is active came to be so.

    Args:
        snapshots: Where publications are kept.
        audit_entries: Returns so many of the latest entries of the audit log, newest first.
    """

    def __init__(
        self, snapshots: SnapshotStore, audit_entries: Callable[[int], Iterable[AuditEntry]]
    ) -> None:
        self._snapshots = snapshots
        self._audit_entries = audit_entries

    def undoable(self) -> Undo | None:
        """Return what can be undone; None where nothing was activated in the last ten minutes.

        Raises:
            StateError: Pointer or audit log can't be read.
        """
        active, back_to = self._snapshots.active(), self._snapshots.roll_back_target()
        if active is None or back_to is None:
            return None
        until = active.activated_at + UNDO_FOR
        if not active.activated_at <= self._snapshots.clock() < until:
            return None
        if self._made_by(active) != "activate":
            return None
        return Undo(active.publication_id, back_to, until)

    def require_undoable(self, publication_id: str) -> str:
        """Return what to go back to, to undo the activation of *publication_id*.

        Raises:
            UndoOver: Its time is over, or something else is active.
            StateError: Pointer or audit log can't be read.
        """
        found = self.undoable()
        if found is None or found.publication_id != publication_id:
            minutes = int(UNDO_FOR.total_seconds() // 60)
            raise UndoOver(publication_id=publication_id, minutes=minutes)
        return found.back_to

    def likely_target(self) -> str | None:
        """Return the publication to offer to go back to: the one before an activation.

        After a roll-back none is: the one before is what was just left.

        Raises:
            StateError: Pointer or audit log can't be read.
        """
        active = self._snapshots.active()
        if active is None or self._made_by(active) == "roll_back":
            return None
        return self._snapshots.roll_back_target()

    def _made_by(self, active: Activation) -> str:
        """Return the action of the last switch, in the words of the audit log; empty if unknown."""
        switches = (
            entry
            for entry in self._audit_entries(_MOST_LOOKED_AT)
            if entry.outcome == "activated" and entry.action in _SWITCHES
        )
        last = next(switches, None)
        if last is None or last.publication_id != active.publication_id:
            return ""
        return last.action
