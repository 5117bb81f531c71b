"""When something was last used, written down now and then instead of at every use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from datalayer.kernel.errors import PortalError

NOTE_EVERY_S: Final = 60.0

_log = structlog.get_logger(__name__)


class LastUse:
    """Writes down uses of what has an id, each at most once a minute, and never fails the user.

    Args:
        write: Writes that the id was used at that moment (Unix time).
        every_s: Least time between two attempts to write for one id, seconds.
    """

    def __init__(
        self, write: Callable[[str, float], None], *, every_s: float = NOTE_EVERY_S
    ) -> None:
        self._write = write
        self._every_s = every_s
        self._tried: dict[str, float] = {}

    def latest(self, used: str, written: float) -> float:
        """Return when *used* was last used: as the file has *written*, or as tried since."""
        return max(written, self._tried.get(used, written))

    def note(self, used: str, *, written: float, now: float) -> None:
        """Record that *used* is used *now*; *written* is the latest use that the file has."""
        if now - self.latest(used, written) < self._every_s:
            return
        self._tried[used] = now
        try:
            self._write(used, now)
        except BlockingIOError:
            pass  # somebody else is writing; the next use after a minute is noted
        except PortalError as error:
            _log.warning("accounts.use_not_noted", problem=str(error))

    def forget(self, used: str) -> None:
        """Drop what is known of *used*, which is gone."""
        self._tried.pop(used, None)
