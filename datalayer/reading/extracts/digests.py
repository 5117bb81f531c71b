"""Size and SHA-256 of files that were made before, so that they are announced up front.

A publication never changes and the same request always makes the same bytes, so what a file was
once it is again. The memo is a convenience: lost or unwritable, files are made as well without.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import structlog

from datalayer.access.private_files import PrivateFile
from datalayer.kernel.errors import StateError
from datalayer.reading.extracts.requests import ExtractRequest
from datalayer.reading.publication import Publication

_MOST_ENTRIES = 2_000
_LAYOUT = 2
"""To be raised with every change of the bytes that a request makes."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Digest:
    """What proves a file whole.

    Attributes:
        sha256: Lower-case hexadecimal digest of the whole file.
    """

    rows: int
    size_bytes: int
    sha256: str


class DigestMemo:
    """What files were, in a private file; several processes may share it."""

    def __init__(self, path: Path) -> None:
        absent: dict[str, Digest] = {}
        remedy = "remove it: it is made anew"
        self._file = PrivateFile(path, _parse, absent=absent, remedy=remedy)

    def find(self, key: str) -> Digest | None:
        """Return what the file of *key* was, or None if it is not known."""
        try:
            return self._file.read().get(key)
        except (StateError, OSError) as error:
            _log.warning("extract.memo_unreadable", problem=str(error))
            return None

    def keep(self, key: str, digest: Digest | None) -> None:
        """Remember what the file of *key* is, in place of the oldest if there are too many.

        With None forget what turned out wrong.
        """
        try:
            with self._file.lock() as known:
                kept = {name: value for name, value in known.items() if name != key}
                if digest is not None:
                    kept[key] = digest
                latest = list(kept.items())[-_MOST_ENTRIES:]
                self._file.write(json.dumps({name: asdict(value) for name, value in latest}))
        except StateError as error:
            _log.warning("extract.memo_unwritable", problem=str(error))


def memo_key(publication: Publication, request: ExtractRequest, coding: str | None = None) -> str:
    """Return what names the bytes of *request* in a content coding: all that they depend on."""
    meaning = {
        "publication": publication.id,
        "contract": publication.registry.fingerprints[request.data_set],
        "request": asdict(request),
        "coding": coding,
        "made_by": _makers(),
    }
    return hashlib.sha256(json.dumps(meaning, default=str).encode()).hexdigest()


@lru_cache
def _makers() -> tuple[object, ...]:
    return (_LAYOUT, zlib.ZLIB_RUNTIME_VERSION, *(version(name) for name in ("duckdb", "pyarrow")))


def _parse(text: str) -> dict[str, Digest]:
    return {name: Digest(**value) for name, value in json.loads(text).items()}
