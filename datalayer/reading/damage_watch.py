"""Looks, hours apart, whether what is served is still what was published."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import uniform
from typing import Final

import structlog

LOOK_EVERY_S: Final = 6 * 3600.0
"""How often about: a disk damages files in months, and a look reads all of them."""

_log = structlog.get_logger(__name__)


class DamageWatch:
    """Calls *look* on a thread of its own, again and again.

    Args:
        look: Compares what is served with what was published, and does what is to be done.
        every_s: How long is waited before each look; replicas of one disk are spread around it.
    """

    def __init__(self, look: Callable[[], object], every_s: float = LOOK_EVERY_S) -> None:
        self._look = look
        self._every_s = every_s
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin; the first look is a pause away, since a process proves what it starts with."""
        threading.Thread(target=self._live_on, name="damage-watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _live_on(self) -> None:
        while not self._stopped.wait(self._every_s * uniform(0.75, 1.25)):  # noqa: S311 - no secret
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - the edge of a thread that must live on
                _log.error("damage_watch.failed", exc_info=error)
