"""What the orders of a publication come to, kept for when the publication is not kept any more."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import structlog

from datalayer.access.audit.chain import lines_backwards
from datalayer.kernel.errors import UnknownDataSet
from datalayer.kernel.storage.growing_file import GrowingFile
from datalayer.reading.publication import Publication
from datalayer.reading.questions.actions import orders_due
from datalayer.reading.questions.listings import ROW_KEY, Listing

MOST_READ: Final = 1000
"""Publications of which it is looked up again what their orders came to."""

_NO_MARKS: Final = pa.table({name: pa.array([], pa.string()) for name in (*ROW_KEY, "state")})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class OrdersDue:
    """The orders of a publication that are late or due this week, whatever planners said of them.

    Attributes:
        orders: How many.
        value: What those come to whose cost is known; None where none is.
        without_value: How many have no known cost.
        currency: ISO code; an empty string where none is published.
    """

    orders: int
    value: float | None
    without_value: int
    currency: str


def read_orders_due(publication: Publication) -> OrdersDue | None:
    """Return what the orders of *publication* come to; None where it has no list of actions.

    Raises:
        ReadFailed, QueryTooLong: It can't be read.
    """
    try:
        question = orders_due(publication.registry, Listing(_NO_MARKS))
    except UnknownDataSet:
        return None
    (row,) = publication.table(question).table.to_pylist()
    currency = str(publication.manifest.lineage.get("currency", ""))
    return OrdersDue(int(row["orders"]), row["value"], int(row["without_value"]), currency)


class OrdersRemembered:
    """What the orders of publications came to, on the disk; safe for threads and processes.

    Args:
        path: The file, a line for each publication; made with the first.
    """

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path)
        self._known: dict[str, OrdersDue | None] = {}
        self._read_bytes = -1
        self._reading = threading.Lock()

    def known(self) -> dict[str, OrdersDue | None]:
        """Return what is remembered, by publication; None of one without a list of actions.

        Raises:
            StateUnavailable: It is there and can't be read.
        """
        with self._reading, self._file.open_whole() as (file, size_bytes):
            if size_bytes != self._read_bytes:
                lines = list(islice(lines_backwards(file.fileno(), size_bytes), MOST_READ))
                self._known = dict(filter(None, map(_parse, reversed(lines))))
                self._read_bytes = size_bytes
            return dict(self._known)

    def remember(self, publication_id: str, found: OrdersDue | None) -> None:
        """Keep what is *found* of a publication.

        Raises:
            StateUnavailable: It could not be written.
        """
        told = {"publication_id": publication_id, "due": asdict(found) if found else None}
        with self._file.open_to_append() as (file, size_bytes):
            self._file.append(file, size_bytes, json.dumps(told, allow_nan=False).encode())


def _parse(line: bytes) -> tuple[str, OrdersDue | None] | None:
    if not line:
        return None
    try:
        told: dict[str, Any] = json.loads(line)
        due = told["due"]
        return str(told["publication_id"]), _orders(due) if due is not None else None
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        _log.warning("orders_due.unreadable", problem=repr(error))
        return None


def _orders(told: dict[str, Any]) -> OrdersDue:
    value = told["value"]
    return OrdersDue(
        orders=int(told["orders"]),
        value=None if value is None else float(value),
        without_value=int(told["without_value"]),
        currency=str(told["currency"]),
    )
