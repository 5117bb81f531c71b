"""What switches did to the proposed orders, kept for when their publications are kept no more."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

import structlog

from datalayer.access.audit.chain import lines_backwards
from datalayer.kernel.storage.growing_file import GrowingFile
from datalayer.reading.changes import compare
from datalayer.reading.effect.proposals import Proposals, Proposed, proposals_of
from datalayer.reading.publication import Publication

MOST_READ: Final = 1000
"""Pairs of publications of which it is looked up again what the step between them did."""

Pair: TypeAlias = tuple[str, str]
"""Ids of the publication before and of the one after."""

_log = structlog.get_logger(__name__)


def read_effect(before: Publication, after: Publication) -> Proposals:
    """Return what two publications propose in all, without the single parts.

    Raises:
        ReadFailed, QueryTooLong: One of them can't be read.
    """
    found = proposals_of(before, after, compare(before, after))
    return Proposals(found.before, found.after, ())


class EffectsKept:
    """The effects of switches on the disk; safe to use from several threads and processes.

    Args:
        path: The file, a line for each pair of publications; made with the first.
    """

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path)
        self._known: dict[Pair, Proposals] = {}
        self._read_bytes = -1
        self._reading = threading.Lock()

    def known(self) -> dict[Pair, Proposals]:
        """Return what is kept.

        Raises:
            StateUnavailable: It is there and can't be read.
        """
        with self._reading, self._file.open_whole() as (file, size_bytes):
            if size_bytes != self._read_bytes:
                lines = islice(lines_backwards(file.fileno(), size_bytes), MOST_READ)
                self._known = dict(filter(None, map(_parse, lines)))
                self._read_bytes = size_bytes
            return self._known

    def keep(self, pair: Pair, effect: Proposals) -> None:
        """Keep what was found of a *pair*.

        Raises:
            StateUnavailable: It could not be written.
        """
        ends = {"before": asdict(effect.before), "after": asdict(effect.after)}
        told = {"pair": pair, **ends}
        with self._file.open_to_append() as (file, size_bytes):
            self._file.append(file, size_bytes, json.dumps(told, default=str).encode())


def _parse(line: bytes) -> tuple[Pair, Proposals] | None:
    """Return what *line* tells; None where a crash has torn it."""
    if not line:
        return None
    try:
        told: dict[str, Any] = json.loads(line)
        before_id, after_id = map(str, told["pair"])
        ends = _proposed(told["before"]), _proposed(told["after"])
    except (ValueError, KeyError, TypeError, OverflowError, InvalidOperation) as error:
        _log.warning("effects.unreadable", problem=repr(error))
        return None
    return (before_id, after_id), Proposals(*ends, ())


def _proposed(told: dict[str, Any]) -> Proposed:
    value = told["value"]
    return Proposed(
        orders=int(told["orders"]),
        value=None if value is None else Decimal(value),
        without_value=int(told["without_value"]),
        unknown=int(told["unknown"]),
        currency=str(told["currency"]),
    )
