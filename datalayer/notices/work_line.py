"""Work done in turn on a thread of its own, so that nobody waits for it: bounded, soon ended."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

Work = TypeVar("Work")

_log = structlog.get_logger(__name__)


class WorkLine(Generic[Work]):
    """Pieces of work, one after the other in their order.

    Args:
        name: Of the thread, which begins with the first piece.
        do: Does one piece; what it raises is logged, and the next one is done.
        most: Pieces that wait at most; beyond them the one that waits longest is given up.
        give_up: Is told of a piece that is not done.
    """

    def __init__(
        self,
        name: str,
        do: Callable[[Work], object],
        *,
        most: int,
        give_up: Callable[[Work], None],
    ) -> None:
        self._name = name
        self._do = do
        self._most = most
        self._give_up = give_up
        self._waiting: deque[Work] = deque()
        self._changed = threading.Condition()
        self._at_work = False
        self._thread: threading.Thread | None = None
        self.stopped = threading.Event()

    def put(self, work: Work) -> None:
        """Have *work* done; returns at once. Nothing is taken any more once it is closed."""
        with self._changed:
            full = len(self._waiting) >= self._most
            given_up = work if self.stopped.is_set() else self._waiting.popleft() if full else None
            if not self.stopped.is_set():
                self._waiting.append(work)
                self._begin()
                self._changed.notify_all()
        if given_up is not None:
            self._give_up(given_up)

    def finish(self, within_s: float) -> bool:
        """Wait until all is done, *within_s* at most; return whether it is."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, within_s)

    def close(self, within_s: float = 1.0) -> None:
        """Begin nothing more, and wait *within_s* at most for what is at work."""
        with self._changed:
            self.stopped.set()
            left = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
            thread = self._thread
        for work in left:
            self._give_up(work)
        if thread:
            thread.join(within_s)

    def _is_idle(self) -> bool:
        return not self._waiting and not self._at_work

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._live, name=self._name, daemon=True)
            self._thread.start()

    def _live(self) -> None:
        while (work := self._next()) is not None:
            try:
                self._do(work)
            except Exception as error:  # noqa: BLE001 - the edge of a thread that must live on
                if not self.stopped.is_set():
                    _log.error(f"{self._name}.failed", exc_info=error)

    def _next(self) -> Work | None:
        with self._changed:
            self._at_work = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting or self.stopped.is_set())
            if self.stopped.is_set():
                return None
            self._at_work = True
            return self._waiting.popleft()
