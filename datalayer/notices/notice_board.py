"""The notices of the last switches, and their effects, looked up while they can be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

import structlog

from datalayer.kernel.errors import PortalError, StateError
from datalayer.notices.effects import EffectsKept, read_effect
from datalayer.notices.notice import Notice
from datalayer.notices.work_line import WorkLine
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.switches import Switch
from datalayer.reading.effect.proposals import Proposals
from datalayer.reading.publication import Publication

LOOKED_UP: Final = 20
"""Last switches whose effect is looked up at the start."""
MOST_WAITING: Final = 100

_log = structlog.get_logger(__name__)


class KeptPublications(Protocol):
    """The publications that can be read, as far as notices need them."""

    def get(self, publication_id: str) -> Publication:
        """Return a kept publication; raises ``PortalError`` where it can't be read."""


class NoticeBoard:
    """Makes notices of switches.

    Args:
        snapshots: Has the record of switches.
        kept: Effects that were found.
        publications: Those that can be read.
    """

    def __init__(
        self, snapshots: SnapshotStore, kept: EffectsKept, publications: KeptPublications
    ) -> None:
        self._snapshots = snapshots
        self._kept = kept
        self._publications = publications
        self._looks_up = threading.Event()
        self._looking = WorkLine[Callable[[], object]](
            "effects", lambda look: look(), most=MOST_WAITING, give_up=lambda _: None
        )

    def begin(self) -> None:
        """Look up from now on what switches do, on a thread, before anybody asks."""
        self._looks_up.set()
        self._looking.put(partial(self.latest, LOOKED_UP))

    def tell(self, switch: Switch) -> None:
        """Learn of a switch that this process made; returns at once."""
        if self._looks_up.is_set():
            self._looking.put(partial(self.notice, switch))

    def latest(self, limit: int) -> tuple[Notice, ...]:
        """Return the notices of the last switches, the latest first.

        Raises:
            StateError: The record is there and can't be read.
        """
        switches = self._snapshots.switches.latest(limit, self._snapshots.active())
        return tuple(map(self.notice, switches))

    def notice(self, switch: Switch) -> Notice:
        """Return the notice of *switch*; an effect that nobody can tell is left open."""
        return Notice(switch, self._effect(switch))

    def finish(self, within_s: float) -> bool:
        """Wait until all is looked up, *within_s* at most; return whether it is."""
        return self._looking.finish(within_s)

    def close(self) -> None:
        """Look nothing more up."""
        self._looking.close()

    def _effect(self, switch: Switch) -> Proposals | None:
        if switch.before is None:
            return None
        pair = switch.before, switch.after
        try:
            known = self._kept.known()
            if pair in known:
                return known[pair]
            before, after = map(self._publications.get, pair)
            found = read_effect(before, after)
        except PortalError as error:
            _log.info("effects.unknown", pair=pair, problem=str(error))
            return None
        try:
            self._kept.keep(pair, found)
        except StateError as error:
            _log.warning("effects.not_kept", pair=pair, problem=str(error))
        return found
