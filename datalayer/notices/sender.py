"""Sends notices to the webhook: in their order, again where they aren't taken, in no one's way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import structlog

from datalayer.access.audit.log import AuditLog, Detail
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import NoticeNotTaken, StateError
from datalayer.kernel.sentences import Sentence
from datalayer.notices.notice import Notice
from datalayer.notices.work_line import WorkLine
from datalayer.publications.switches import Switch

PAUSES_S: Final = (5.0, 30.0, 120.0, 600.0, 1800.0)
"""Seconds before each further try; after the last one a notice is given up."""
MOST_WAITING: Final = 100
ACTOR: Final = Identity("notices:webhook", Role.ADMIN)
"""Who sends, in the audit log; user names hold no colon."""

_log = structlog.get_logger(__name__)


class Receiver(Protocol):
    """Takes notices."""

    @property
    def host(self) -> str:
        """Its name."""

    def send(self, message_id: str, body: bytes, now: datetime) -> None:
        """Send *body* once; raises ``NoticeNotTaken`` where it isn't taken."""


class NoticeSender:
    """Sends the notice of each switch that this process made.

    Args:
        receiver: Who is told.
        notice: Makes the notice of a switch.
        base: What its links begin with.
        audit: Where it is recorded how it ended.
        clock: Tells the present moment, UTC.
        pause: Waits some seconds between tries; None to wait until they are over or it is closed.

    Attributes:
        problem: Why the last try failed; None once one has been taken.
    """

    def __init__(
        self,
        receiver: Receiver,
        notice: Callable[[Switch], Notice],
        base: str,
        audit: AuditLog,
        clock: Callable[[], datetime],
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._receiver = receiver
        self._notice = notice
        self._base = base
        self._audit = audit
        self._clock = clock
        self._line = WorkLine[Switch](
            "notices", self._send, most=MOST_WAITING, give_up=self._leave_off
        )
        self._pause = pause or self._line.stopped.wait
        self.problem: NoticeNotTaken | None = None

    @property
    def host(self) -> str:
        """The name that they are sent to."""
        return self._receiver.host

    def tell(self, switch: Switch) -> None:
        """Have the notice of *switch* sent, unless another replica does; returns at once."""
        if switch.action != "follow":
            self._line.put(switch)

    def send_now(self, notice: Notice, identity: Identity, *, test: bool = False) -> None:
        """Send *notice* once, or a test that looks like it but for id and type; record who did.

        Raises:
            NoticeNotTaken: It wasn't taken.
        """
        identity.require(Role.ADMIN, "send notices")
        details = {"host": self.host, "test": "yes" if test else "no"}
        try:
            self._send_once(notice, test=test)
        except NoticeNotTaken as error:
            self._record("given_up", notice.switch, identity, reason=str(error), **details)
            raise
        self._record("sent", notice.switch, identity, **details)

    def finish(self, within_s: float) -> bool:
        """Wait until all are sent or given up, *within_s* at most; return whether they are."""
        return self._line.finish(within_s)

    def close(self) -> None:
        """Send nothing more."""
        self._line.close()

    def _send(self, switch: Switch) -> None:
        """Send the notice of *switch*, again and again with growing pauses."""
        notice = self._notice(switch)
        for tries, pause_s in enumerate((*PAUSES_S, None), 1):
            try:
                self._send_once(notice)
            except NoticeNotTaken as error:
                self.problem = error
                _log.warning("notices.not_taken", tries=tries, problem=str(error))
                if pause_s is None or error.is_final:
                    return self._record("given_up", switch, reason=str(error), tries=tries)
            else:
                self.problem = None
                return self._record("sent", switch, host=self.host, tries=tries)
            self._pause(pause_s)
            if self._line.stopped.is_set():
                return self._leave_off(switch)
        return None

    def _send_once(self, notice: Notice, *, test: bool = False) -> None:
        content, message_id = notice.content(self._base), str(notice.switch.id)
        if test:
            content, message_id = {**content, "type": "test"}, f"test-{message_id}"
        body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
        self._receiver.send(message_id, body, self._clock())

    def _leave_off(self, switch: Switch) -> None:
        reason = Sentence("the process ended, or too many notices were waiting")
        _log.warning("notices.left_off", id=switch.after, problem=reason)
        self._record("given_up", switch, reason=reason)

    def _record(
        self, outcome: str, switch: Switch, identity: Identity = ACTOR, **details: Detail
    ) -> None:
        try:
            self._audit.record(identity, "notice", outcome, switch.after, **details)
        except StateError as error:
            _log.error("audit.lost", outcome=outcome, problem=str(error))
