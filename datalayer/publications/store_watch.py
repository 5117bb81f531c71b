"""Whether the store answers, and takes no writes, known without ever waiting for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

import structlog

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import PortalError, TransportError

StoreReach = Literal["unknown", "reachable", "unreachable"]
StoreWrites = Literal["unknown", "not checked", "no", "yes"]

ASK_EVERY_S: Final = 3.0
LATE_AFTER_S: Final = 2.5
"""A store that is asked and has not answered for so long is told to be unreachable."""

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
    """Asks the store on threads of its own, one question at a time.

    Once it is started, it asks whenever an answer is old; else whoever looks has it asked then.

    Args:
        ask: Asks the store anything; raises a ``PortalError`` if it can't be reached.
        try_write: Tries to write to it, and returns whether it could; None where that is no
            question of the store's. Called until it has given an answer, and then no more.
        every_s: Age at which an answer is old.
        late: What is the matter while a question stays without an answer for ``LATE_AFTER_S``;
            None where that is nothing to tell.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        ask: Callable[[], object],
        try_write: Callable[[], bool | None],
        every_s: float = ASK_EVERY_S,
        *,
        late: PortalError | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._try_write = try_write
        self._every_s = every_s
        self._late = late
        self._clock = clock
        self._asking = threading.Lock()
        self._stopped = threading.Event()
        self._asked_at = float("-inf")
        self._waiting_since: float | None = None
        self._last = LastAnswer("unknown")

    def start(self) -> None:
        """Ask from time to time until ``close``, whether somebody looks or not."""
        threading.Thread(target=self._watch, name="store-watch", daemon=True).start()

    def close(self, timeout_s: float = -1) -> None:
        """Ask no more, and wait for the answer to a question under way as ``wait_for_answer``."""
        self._stopped.set()
        self.wait_for_answer(timeout_s)

    def last_answer(self) -> LastAnswer:
        """Return the last answer at once; ask again in the background if it is old."""
        old = self._clock() - self._asked_at > self._every_s
        if old and not self._stopped.is_set() and self._asking.acquire(blocking=False):
            threading.Thread(target=self._ask_store, name="store-asked", daemon=True).start()
        since = self._waiting_since
        if self._late and since is not None and self._clock() - since > LATE_AFTER_S:
            return replace(self._last, reach="unreachable", problem=str(self._late))
        return self._last

    def learn(self, problem: PortalError | None) -> LastAnswer:
        """Remember how the store answered somebody's question; *problem* is None if it did well."""
        if isinstance(problem, TransportError):
            self._last = replace(self._last, reach="unreachable", problem=str(problem))
        else:
            # The store answered; what it holds is another question.
            self._last = replace(self._last, reach="reachable", problem="")
        # Whether it takes writes, nobody's question tells: that is still to be asked.
        if self._last.writable != "unknown":
            self._asked_at = self._clock()
        return self._last

    def wait_for_answer(self, timeout_s: float = -1) -> LastAnswer:
        """Wait for the answer to a question that is under way, if there is one; return the last.

        No longer than *timeout_s*, if that is not negative.
        """
        if self._asking.acquire(timeout=timeout_s):
            self._asking.release()
        return self._last

    def _watch(self) -> None:
        while not self._stopped.is_set():
            if self._asking.acquire(blocking=False):
                self._ask_store()
            self._stopped.wait(self._every_s)

    def _ask_store(self) -> None:
        """Ask, and let the next question be asked; the right to ask is held by the caller."""
        self._waiting_since = self._clock()
        try:
            problem = self._ask_anything()
            if not isinstance(problem, TransportError):
                self._check_writes()
            self.learn(problem)
            self._asked_at = self._clock()
        finally:
            self._waiting_since = None
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
