"""Which publication is active: one small file, replaced whole, that every process follows."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from datalayer.kernel.errors import StateError, StateUnavailable
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import write_durably

MOST_PREVIOUS = 50


@dataclass(frozen=True)
class Activation:
    """The switch that made a publication the active one.

    Attributes:
        activated_at: When, with its zone.
        activated_by: Name of who did it.
        previous: Publications that were active before, the latest first, each once; empty where
            that is not known, as for another replica's switch.
        number: Counts the switches by persons on all replicas; a follower takes that of the
            switch it follows. 0 where it was written before switches were numbered.
    """

    publication_id: str
    activated_at: datetime
    activated_by: str
    previous: tuple[str, ...] = ()
    number: int = 0

    @property
    def order(self) -> tuple[int, str]:
        """Its place among the switches of all replicas: the greater one is the later one.

        No clock takes part. Of two that were made at the same moment, the one to the newer
        publication counts as later.
        """
        return self.number, self.publication_id


class ActivePointer:
    """The file ``active.json``; reading it costs one ``stat`` as long as it stays the same."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[tuple[int, ...], Activation] | None = None

    def read(self) -> Activation | None:
        """Return the last switch, also one made by another process; None before the first.

        Raises:
            StateError: The file is there and can't be understood.
        """
        try:
            status = os.stat(self._path)  # noqa: PTH116 - called on every read
        except FileNotFoundError:
            return None
        signature = status.st_ino, status.st_mtime_ns, status.st_size
        known = self._known
        if known is None or known[0] != signature:
            # A file that is replaced meanwhile has another signature, and is read once more.
            known = self._known = signature, self._load()
        return known[1]

    def replace(
        self, publication_id: str, activated_by: str, now: datetime, number: int = 0
    ) -> Activation:
        """Make *publication_id* the active one by the switch *number*; return that switch.

        Where that very switch stands already, what was damaged was fetched anew: its time stays,
        and who made it.

        Raises:
            OSError: The disk refused; the active one is as it was.
        """
        before = self.read()
        if before and number and (before.number, before.publication_id) == (number, publication_id):
            return before
        earlier = (before.publication_id, *before.previous) if before else ()
        previous = tuple(each for each in earlier if each != publication_id)[:MOST_PREVIOUS]
        switched = Activation(publication_id, now, activated_by, previous, number)
        self._write(switched)
        return switched

    def restore(self, activation: Activation | None) -> Path:
        """Set a damaged file aside, and write *activation* in its place if there is one.

        Returns:
            Where the damaged file lies.

        Raises:
            OSError: The disk refused.
        """
        aside = self._path.with_name(f"{self._path.name}.damaged")
        self._path.replace(aside)
        if activation:
            self._write(activation)
        return aside

    def _write(self, activation: Activation) -> None:
        content = asdict(activation) | {"activated_at": activation.activated_at.isoformat()}
        write_durably(self._path, json.dumps(content, indent=2).encode())
        self._known = None

    def _load(self) -> Activation:
        try:
            document = json.loads(self._path.read_bytes())
            previous = document["previous"]
            if not isinstance(previous, list):
                raise TypeError(previous)
            return Activation(
                publication_id=str(document["publication_id"]),
                activated_at=datetime.fromisoformat(str(document["activated_at"])),
                activated_by=str(document["activated_by"]),
                previous=tuple(map(str, previous)),
                number=int(document.get("number", 0)),
            )
        except OSError as error:
            raise StateUnavailable(
                path=str(self._path),
                problem=Sentence("can't be read: {reason}", reason=error.strerror),
            ) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            problem = Sentence(
                "is damaged ({error}); remove it, then activate a publication", error=error
            )
            raise StateError(path=str(self._path), problem=problem) from error
