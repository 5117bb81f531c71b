"""Which replicas there are, what each serves, and which of them can't follow an activation."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Protocol

from datalayer.kernel.contract.manifest import is_publication_id
from datalayer.kernel.errors import PortalError, RedisFailed, ReplicasCanNotFollow, ReplicasDiffer
from datalayer.kernel.sentences import Sentence, recipe, restored

DIFFER_FOR_S: Final = 60.0
"""How long replicas may serve different publications before that is a finding."""
_LONGEST_TEXT: Final = 500


@dataclass(frozen=True)
class Presence:
    """What a replica says of itself.

    Attributes:
        name: Of its host, which in a container is the container's id, and of its process.
        publication_id: What it serves; None while it serves nothing.
        problem: Why that is not what it should serve; empty while it is.
    """

    name: str
    publication_id: str | None
    problem: str = ""

    def to_bytes(self) -> bytes:
        """Return it as it is told to the others."""
        return json.dumps({**asdict(self), "recipe": recipe(self.problem)}).encode()


def parse_presence(content: bytes | str) -> Presence | None:
    """Return what a replica told; None for what no replica says.

    It comes from outside this host and is shown to people, so it is checked and cut.
    """
    try:
        fields = json.loads(content)
        served = fields["publication_id"]
        name, problem = (str(fields[each])[:_LONGEST_TEXT] for each in ("name", "problem"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if served is not None and not (isinstance(served, str) and is_publication_id(served)):
        return None
    return Presence(name, served, restored(problem, fields.get("recipe")))


def process_name() -> str:
    """Return a name of this process that tells it from the others, and tells people which it is."""
    return f"{socket.gethostname()}/{os.getpid()}"


class Attendance(Protocol):
    """Where each replica says every few seconds what it serves; it never fails its caller."""

    @property
    def problem(self) -> str:
        """Why what this replica said was not taken; empty while it is."""

    def tell(self, presence: Presence) -> Sequence[Presence] | None:
        """Say what this replica serves; return what the others said, None if it was not taken."""

    def close(self) -> None:
        """Close its connections."""


class Replicas:
    """What the replicas say they serve, compared.

    Args:
        attendance: Where they say it; None for one that shares nothing.
        now_s: A clock of this process alone, in seconds.

    Attributes:
        others: What the others said when this one last looked, by their names.
    """

    def __init__(
        self, attendance: Attendance | None, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.others: tuple[Presence, ...] = ()
        self._attendance = attendance
        self._now_s = now_s
        self._own: Presence | None = None
        self._alike_at = now_s()

    @property
    def all(self) -> tuple[Presence, ...]:
        """This replica, which is the first, and the others; none where nothing is shared."""
        return (self._own, *self.others) if self._own else ()

    @property
    def findings(self) -> tuple[PortalError, ...]:
        """What is wrong among the replicas, a sentence each."""
        found: list[PortalError] = []
        if self._attendance and self._attendance.problem:
            found.append(RedisFailed(reason=self._attendance.problem))
        if unable := [each for each in self.others if each.problem]:
            found.append(
                ReplicasCanNotFollow(
                    count=len(unable),
                    replicas=len(self.all),
                    reasons=tuple(
                        Sentence("{name}: {reason}", name=each.name, reason=each.problem)
                        for each in unable
                    ),
                )
            )
        different = [each for each in self._different() if not each.problem]
        if different and self._now_s() - self._alike_at >= DIFFER_FOR_S:
            served = sorted({each.publication_id or "-" for each in different})
            found.append(
                ReplicasDiffer(count=len(different), replicas=len(self.all), others=served)
            )
        return tuple(found)

    def tell(self, own: Presence) -> bool:
        """Say what this replica serves, and hear the others; return whether that is news to them.

        Who has never told anything is no news to those who look every few seconds.
        """
        if self._attendance is None:
            return False
        before, self._own = self._own, own
        heard = self._attendance.tell(own)
        self.others = tuple(sorted(heard or (), key=lambda each: each.name))
        if not self._different():
            self._alike_at = self._now_s()
        return heard is not None and before not in (None, own)

    def close(self) -> None:
        """Close the attendance."""
        if self._attendance:
            self._attendance.close()

    def _different(self) -> list[Presence]:
        own = self._own
        return [each for each in self.others if own and each.publication_id != own.publication_id]
