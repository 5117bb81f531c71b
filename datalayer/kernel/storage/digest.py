"""Files proved to be the ones that a manifest announces."""

from __future__ import annotations

import hashlib
from pathlib import Path

from datalayer.kernel.contract.manifest import PublishedFile
from datalayer.kernel.errors import IntegrityError
from datalayer.kernel.sentences import Sentence


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a whole file, 64 lower-case hexadecimal digits.

    Raises:
        OSError: It can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prove_file(path: Path, announced: PublishedFile, publication_id: str) -> None:
    """Compare a file's size and SHA-256 with what the manifest of *publication_id* announces.

    Raises:
        IntegrityError: It is missing or another file.
        OSError: It can't be read.
    """
    if not path.is_file():
        raise IntegrityError(
            publication_id=publication_id,
            problem=Sentence("has no file for {data_set}", data_set=announced.data_set),
        )
    size_bytes = path.stat().st_size
    if size_bytes != announced.size_bytes:
        problem = Sentence(
            "has {size_bytes} bytes of {data_set}; its manifest says {announced_bytes}",
            size_bytes=size_bytes,
            data_set=announced.data_set,
            announced_bytes=announced.size_bytes,
        )
        raise IntegrityError(publication_id=publication_id, problem=problem)
    found = file_sha256(path)
    if found != announced.sha256:
        problem = Sentence(
            "has a damaged {data_set}: its SHA-256 is {found}, its manifest says {sha256}",
            data_set=announced.data_set,
            found=found,
            sha256=announced.sha256,
        )
        raise IntegrityError(publication_id=publication_id, problem=problem)
