"""The notices of the last switches, and what they tell, looked up while it is still kept."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final, Protocol

import structlog

from datalayer.kernel.errors import PortalError, StateError
from datalayer.notices.notice import Notice
from datalayer.notices.orders_due import OrdersDue, OrdersRemembered, read_orders_due
from datalayer.notices.work_line import WorkLine
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.switches import Switch
from datalayer.reading.publication import Publication

MOST_WAITING: Final = 100

_log = structlog.get_logger(__name__)


class Readable(Protocol):
    """The publications that can be read, as far as notices need them."""

    def get(self, publication_id: str) -> Publication:
        """Return a kept publication; raises ``PortalError`` where it can't be read."""


class NoticeBoard:
    """Makes notices of switches.

    Args:
        snapshots: Has the record of switches.
        remembered: What the orders of publications came to.
        publications: Those that can be read.
    """

    def __init__(
        self, snapshots: SnapshotStore, remembered: OrdersRemembered, publications: Readable
    ) -> None:
        self._snapshots = snapshots
        self._remembered = remembered
        self._publications = publications
        self._looks_up = threading.Event()
        self._looking = WorkLine[tuple[str, ...]](
            "orders_due", self._look_up, most=MOST_WAITING, give_up=lambda _: None
        )

    def begin(self, publication_ids: Iterable[str]) -> None:
        """Look up from now on what the orders of each come to, before it is not kept any more.

        It is done on a thread of its own.
        """
        self._looks_up.set()
        self._looking.put(tuple(publication_ids))

    def tell(self, switch: Switch) -> None:
        """Learn of a *switch* that this process made; returns at once."""
        if self._looks_up.is_set():
            self._looking.put((switch.after,))

    def latest(self, limit: int) -> tuple[Notice, ...]:
        """Return the notices of the last switches, the latest first.

        Raises:
            StateError: The record is there and can't be read.
        """
        switches = self._snapshots.switches.latest(limit, self._snapshots.active())
        return tuple(map(self.notice, switches))

    def notice(self, switch: Switch) -> Notice:
        """Return the notice of *switch*; what can't be told of its effect is left open."""
        before = self._due(switch.before) if switch.before else None
        return Notice(switch, before, self._due(switch.after))

    def finish(self, within_s: float) -> bool:
        """Wait until all is looked up, *within_s* at most; return whether it is."""
        return self._looking.finish(within_s)

    def close(self) -> None:
        """Look nothing more up."""
        self._looking.close()

    def _due(self, publication_id: str) -> OrdersDue | None:
        """Return what the orders of a publication come to; None where nobody can tell."""
        try:
            known = self._remembered.known()
            if publication_id in known:
                return known[publication_id]
            found = read_orders_due(self._publications.get(publication_id))
        except PortalError as error:
            _log.info("notices.effect_unknown", id=publication_id, problem=str(error))
            return None
        try:
            self._remembered.remember(publication_id, found)
        except StateError as error:
            _log.warning("notices.effect_not_kept", id=publication_id, problem=str(error))
        return found

    def _look_up(self, publication_ids: tuple[str, ...]) -> None:
        for publication_id in publication_ids:
            if self._looking.stopped.is_set():
                return
            self._due(publication_id)
