"""Following what another replica activated, once for all replicas that share a state folder.

They share what is active, so one of them follows for all. What it failed at they share too: it is
tried again with growing pauses, not by each of them in turn.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import structlog

from datalayer.access.identity import Identity, Role
from datalayer.access.private_files import PrivateFile
from datalayer.kernel.errors import PortalError, StateError
from datalayer.kernel.sentences import Sentence, recipe, restored
from datalayer.kernel.storage.lock import lock_file
from datalayer.publications.active import Activation

FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 1800.0
# User names hold no colon, so nobody can sign in as a follower.
FOLLOWER: Final = "follow:"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Failure:
    """What could not be followed, and when that is tried again.

    Attributes:
        number: Of the announced activation.
        at_s: When it failed, by the clock that all processes of a machine share.
        pause_s: How long after that it is tried again.
    """

    number: int
    publication_id: str
    problem: str
    at_s: float
    pause_s: float

    def is_of(self, announced: Activation) -> bool:
        return (self.number, self.publication_id) == announced.order


class Following:
    """Makes announced publications the active ones of a state folder; processes may share it.

    Args:
        state: The folder; ``follow.json`` there tells what could not be followed, and
            ``follow.lock`` is held by the process that follows.
        active: Returns the last switch of this folder.
        follow: Makes a publication the active one there, under the number announced; raises
            ``PortalError`` if it can't.
        now_s: A clock that all processes of this machine share, in seconds.
    """

    def __init__(
        self,
        state: Path,
        active: Callable[[], Activation | None],
        follow: Callable[[Identity, Activation], object],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = PrivateFile[_Failure | None](
            state / "follow.json", _parse, absent=None, remedy=Sentence("remove it")
        )
        self._turn = state / "follow.lock"
        self._active = active
        self._follow = follow
        self._now_s = now_s
        # Of before this process it is not known what has been mended meanwhile.
        self._since_s = now_s()
        self._own: _Failure | None = None

    def follow(self, announced: Activation) -> str:
        """Follow *announced* unless that failed a moment ago; return why it can't, or nothing.

        Nothing is also returned while another process of this folder follows.
        """
        failed = self._failed(announced)
        if failed and self._now_s() < failed.at_s + failed.pause_s:
            return failed.problem
        try:
            with lock_file(self._turn, wait=False):
                return self._try(announced)
        except BlockingIOError:
            return ""
        except StateError as error:  # the folder is full or read-only
            return str(error)

    def is_news(self, announced: Activation | None) -> bool:
        """Return whether *announced* is a later switch than this folder's, to another one."""
        own = self._active()
        if announced is None or own is None:
            return announced is not None
        return own.publication_id != announced.publication_id and own.order < announced.order

    def _try(self, announced: Activation) -> str:
        failed = self._failed(announced)
        if failed and self._now_s() < failed.at_s + failed.pause_s:
            return failed.problem  # another process has just tried it
        if not self.is_news(announced):
            return ""
        actor = Identity(f"{FOLLOWER}{announced.activated_by}", Role.ADMIN)
        try:
            self._follow(actor, announced)
        except PortalError as error:
            # What is refused now is refused in five seconds: each failure doubles the pause.
            pause_s = min(2 * failed.pause_s, LONGEST_PAUSE_S) if failed else FIRST_PAUSE_S
            self._keep(_Failure(*announced.order, str(error), self._now_s(), pause_s))
            return str(error)
        return ""

    def _failed(self, announced: Activation) -> _Failure | None:
        """Return how *announced* failed here last, since this process began."""
        try:
            found = self._file.read()
        except StateError:
            found = None
        # After a restart of the machine its clock begins anew.
        known = found if found and self._since_s <= found.at_s <= self._now_s() else self._own
        return known if known and known.is_of(announced) else None

    def _keep(self, failure: _Failure) -> None:
        self._own = failure
        try:
            kept = {**asdict(failure), "recipe": recipe(failure.problem)}
            self._file.write(json.dumps(kept))
        except StateError as error:
            _log.warning("following.failure_not_shared", problem=str(error))


def _parse(text: str) -> _Failure:
    fields = json.loads(text)
    return _Failure(
        number=int(fields["number"]),
        publication_id=str(fields["publication_id"]),
        problem=restored(str(fields["problem"]), fields.get("recipe")),
        at_s=float(fields["at_s"]),
        pause_s=float(fields["pause_s"]),
    )
