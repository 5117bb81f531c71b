"""Fetching a publication's files and proving that they are the ones announced."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datalayer.kernel.contract.manifest import Manifest, PublishedFile
from datalayer.kernel.errors import IntegrityError, StagingError
from datalayer.kernel.progress import Progress, ReportProgress, Step
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.stages import Snapshot, StagedFiles, file_name


def total_bytes(manifest: Manifest) -> int:
    """Return the size of all files that *manifest* announces."""
    return sum(file.size_bytes for file in manifest.files)


def fetch(manifest: Manifest, store: ObjectStore, folder: Path, report: ReportProgress) -> None:
    """Fetch every file of *manifest* into *folder*, none beyond the size announced.

    Raises:
        StagingError: The local disk is full or refuses.
        ObjectTooLarge, ObjectMissing, StoreError: The store did not do its part.
    """
    with disk_trouble(manifest.publication_id, folder):
        _require_space(manifest, folder)
        before = 0
        for file in manifest.files:
            _fetch_file(manifest, file, store, folder / file_name(file.data_set), before, report)
            before += file.size_bytes


def prove(files: StagedFiles | Snapshot, report: ReportProgress) -> None:
    """Compare size and SHA-256 of every file with the manifest.

    Raises:
        IntegrityError: One differs or is missing.
        StagingError: The local disk failed.
    """
    announced = files.manifest.files
    with disk_trouble(files.manifest.publication_id, files.folder):
        for done, file in enumerate(announced):
            report(Progress(Step.VERIFY, done, len(announced), file.data_set))
            _prove_file(files.manifest.publication_id, file, files.path(file.data_set))
    report(Progress(Step.VERIFY, len(announced), len(announced)))


@contextmanager
def disk_trouble(publication_id: str, folder: Path) -> Iterator[None]:
    """Turn an error of the local disk into a ``StagingError``."""
    try:
        yield
    except OSError as error:
        problem = f"{error.strerror or error} ({_free_bytes(folder)} bytes are free)"
        raise StagingError(publication_id, str(folder), problem) from error


def _require_space(manifest: Manifest, folder: Path) -> None:
    needed, free = total_bytes(manifest), _free_bytes(folder)
    if needed > free:
        problem = f"it needs {needed} bytes and {free} are free"
        raise StagingError(manifest.publication_id, str(folder), problem)


def _free_bytes(folder: Path) -> int:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return shutil.disk_usage(there).free


def _fetch_file(
    manifest: Manifest,
    file: PublishedFile,
    store: ObjectStore,
    target: Path,
    before: int,
    report: ReportProgress,
) -> None:
    total, fetched = total_bytes(manifest), before

    def count(chunk_bytes: int) -> None:
        nonlocal fetched
        fetched += chunk_bytes
        report(Progress(Step.STAGE, fetched, total, file.data_set))

    store.download(file.path, target, limit_bytes=file.size_bytes, report=count)
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _prove_file(publication_id: str, file: PublishedFile, path: Path) -> None:
    if not path.is_file():
        raise IntegrityError(publication_id, f"has no file for {file.data_set}")
    size_bytes = path.stat().st_size
    if size_bytes != file.size_bytes:
        problem = f"has {size_bytes} bytes of {file.data_set}; its manifest says {file.size_bytes}"
        raise IntegrityError(publication_id, problem)
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if digest != file.sha256:
        problem = (
            f"has a damaged {file.data_set}: its SHA-256 is {digest}, "
            f"its manifest says {file.sha256}"
        )
        raise IntegrityError(publication_id, problem)
