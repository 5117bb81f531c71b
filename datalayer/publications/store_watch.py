"""Whether the store answers, and takes no writes, known without ever waiting for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import structlog

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import PortalError, TransportError

StoreReach = Literal["unknown", "reachable", "unreachable"]
StoreWrites = Literal["unknown", "not checked", "no", "yes"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LastAnswer:
    """What the store said when it was last asked.

    Attributes:
        problem: Why it is unreachable, or an empty string.
        writable: Whether it took what this process wrote, once it could be asked.
    """

    reach: StoreReach
    problem: str = ""
    writable: StoreWrites = "unknown"


@dataclass(frozen=True)
class StoreState:
    """What the object store held when it was asked.

    Attributes:
        asked_at: When that was, UTC.
        latest: The latest publication's manifest; None when it can't be read.
        problem: Why it can't.
    """

    address: str
    asked_at: datetime
    reachable: bool
    latest: Manifest | None
    problem: PortalError | None


class StoreWatch:
    """Asks the store on a thread of its own, no more than one at a time, when an answer is old.

    Args:
        ask: Asks the store anything; raises a ``PortalError`` if it can't be reached.
        try_write: Tries to write to it, and returns whether it could; None where that is no
            question of the store's. Called until it has given an answer, and then no more.
        every_s: Age at which an answer is old.
    """

    def __init__(
        self,
        ask: Callable[[], object],
        try_write: Callable[[], bool | None],
        every_s: float = 15.0,
    ) -> None:
        self._ask = ask
        self._try_write = try_write
        self._every_s = every_s
        self._asking = threading.Lock()
        self._asked_at = float("-inf")
        self._last = LastAnswer("unknown")

    def last_answer(self) -> LastAnswer:
        """Return the last answer at once; ask again in the background if it is old."""
        old = time.monotonic() - self._asked_at > self._every_s
        if old and self._asking.acquire(blocking=False):
            threading.Thread(target=self._ask_store, name="store-watch", daemon=True).start()
        return self._last

    def learn(self, problem: PortalError | None) -> LastAnswer:
        """Remember how the store answered somebody's question; *problem* is None if it did well."""
        if isinstance(problem, TransportError):
            self._last = replace(self._last, reach="unreachable", problem=str(problem))
        else:
            # The store answered; what it holds is another question.
            self._last = replace(self._last, reach="reachable", problem="")
        self._asked_at = time.monotonic()
        return self._last

    def wait_for_answer(self, timeout_s: float = -1) -> LastAnswer:
        """Wait for the answer to a question that is under way, if there is one; return the last.

        No longer than *timeout_s*, if that is not negative.
        """
        if self._asking.acquire(timeout=timeout_s):
            self._asking.release()
        return self._last

    def _ask_store(self) -> None:
        try:
            problem = self._ask_anything()
            if not isinstance(problem, TransportError):
                self._check_writes()
            self.learn(problem)
        finally:
            self._asking.release()

    def _ask_anything(self) -> PortalError | None:
        try:
            self._ask()
        except PortalError as error:
            return error
        return None

    def _check_writes(self) -> None:
        if self._last.writable != "unknown":
            return
        try:
            took = self._try_write()
        except PortalError as error:
            # It answered a read: what stands in a write's way, such as a gateway that lets only
            # reads through, makes it no less reachable.
            _log.info("store.write_not_tried_out", problem=str(error))
            return
        writable: StoreWrites = "not checked" if took is None else "yes" if took else "no"
        self._last = replace(self._last, writable=writable)
        if took:
            _log.warning("store.writable")
