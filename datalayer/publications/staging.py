"""Files fetched from the store, and proved to be the ones announced; nothing serves them yet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.contract.manifest import (
    MANIFEST_NAME,
    Manifest,
    SignedManifest,
    is_publication_id,
    manifest_json,
)
from datalayer.kernel.errors import IntegrityError, StagingError
from datalayer.kernel.progress import Progress, ReportProgress, Step, count_bytes, silent
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.digest import prove_file
from datalayer.kernel.storage.durable import PARTIAL_SUFFIX, sync_folder, write_durably
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.companions import fetch_companions
from datalayer.publications.stages import Snapshot, StagedFiles, VerifiedFiles, file_name


class Staging:
    """A folder of publications: ``<id>.partial`` while one is fetched, ``<id>`` once it is whole.

    Whoever calls it holds the lock of refreshes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stage(
        self, manifest: Manifest, store: ObjectStore, report: ReportProgress = silent
    ) -> StagedFiles:
        """Fetch the files of *manifest*, unless the same ones lie staged already.

        No more bytes are fetched than the manifest announces.

        Raises:
            StagingError: The local disk is full or refuses; nothing half fetched is left.
            ObjectTooLarge, ObjectMissing, StoreError: The store did not do its part.
        """
        folder = self.folder / manifest.publication_id
        with translate_disk_errors(manifest.publication_id, folder):
            if not _is_described(folder, manifest):
                for path in list(self.folder.glob("*")):
                    remove(path)
                self._fetch(manifest, store, report)
        return StagedFiles(manifest, folder)

    def verify(self, staged: StagedFiles, report: ReportProgress = silent) -> VerifiedFiles:
        """Compare size and SHA-256 of every file with the manifest.

        Raises:
            IntegrityError: One differs; what was staged is removed, so that it is fetched again.
            StagingError: The local disk failed.
        """
        try:
            prove(staged, report)
        except IntegrityError:
            shutil.rmtree(staged.folder, ignore_errors=True)
            raise
        return VerifiedFiles(staged.manifest, staged.folder)

    def work_folder(self, publication_id: str) -> Path:
        """Return this folder, made if missing, for the temporary files of a validation.

        A start clears up what a killed process left in it.

        Raises:
            StagingError: The local disk refuses.
        """
        with translate_disk_errors(publication_id, self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def discard(self, publication_id: str) -> None:
        """Remove what is staged of a publication, so that it is fetched again.

        Raises:
            StagingError: The local disk refuses.
        """
        folder = self.folder / publication_id
        with translate_disk_errors(publication_id, folder):
            remove(folder)

    def find_half_done(self) -> Iterator[Path]:
        """Yield what a killed process left here that is no publication fetched whole."""
        for path in sorted(self.folder.glob("*")):
            if not (is_publication_id(path.name) and (path / MANIFEST_NAME).is_file()):
                yield path

    def _fetch(self, manifest: Manifest, store: ObjectStore, report: ReportProgress) -> None:
        folder = self.folder / manifest.publication_id
        partial = folder.with_name(f"{folder.name}{PARTIAL_SUFFIX}")
        partial.mkdir(parents=True)
        try:
            needed, free = manifest.size_bytes, _free_bytes(partial)
            if needed > free:
                problem = Sentence(
                    "it needs {needed} bytes and {free} are free", needed=needed, free=free
                )
                raise StagingError(publication_id=manifest.publication_id, problem=problem)
            fetched_bytes = 0
            for file in manifest.files:
                target = partial / file_name(file.data_set)
                begin = Progress(Step.STAGE, fetched_bytes, manifest.size_bytes, file.data_set)
                count = count_bytes(report, begin)
                store.download(file.path, target, limit_bytes=file.size_bytes, report=count)
                with target.open("rb") as written:
                    os.fsync(written.fileno())
                fetched_bytes += file.size_bytes
            for name, content in fetch_companions(manifest, store).items():
                write_durably(partial / name, content)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        sync_folder(self.folder)


def prove(files: StagedFiles | Snapshot, report: ReportProgress = silent) -> None:
    """Compare size and SHA-256 of every file with the manifest.

    Raises:
        IntegrityError: One differs or is missing.
        StagingError: The local disk failed.
    """
    announced = files.manifest.files
    with translate_disk_errors(files.manifest.publication_id, files.folder):
        for done, file in enumerate(announced):
            report(Progress(Step.VERIFY, done, len(announced), file.data_set))
            prove_file(files.path(file.data_set), file, files.manifest.publication_id)
    report(Progress(Step.VERIFY, len(announced), len(announced)))


@contextmanager
def translate_disk_errors(publication_id: str, folder: Path) -> Iterator[None]:
    """Turn an error of the local disk in the block into a ``StagingError``."""
    try:
        yield
    except OSError as error:
        problem = Sentence(
            "{reason} ({free_bytes} bytes are free)",
            reason=error.strerror or error,
            free_bytes=_free_bytes(folder),
        )
        raise StagingError(publication_id=publication_id, problem=problem) from error


def remove(path: Path) -> None:
    """Remove a file or a folder, read-only ones too, if it is there.

    Raises:
        OSError: The disk refuses.
    """
    if path.is_dir():
        path.chmod(0o755)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_described(folder: Path, manifest: Manifest) -> bool:
    """Return whether what lies in *folder* was fetched for this very manifest and signature."""
    return all(
        (folder / name).is_file() and (folder / name).read_bytes() == content
        for name, content in _own_files(manifest).items()
    )


def _own_files(manifest: Manifest) -> dict[str, bytes]:
    """Return manifest and signature as they stand beside the data sets, by name."""
    files = {MANIFEST_NAME: manifest_json(manifest)}
    if isinstance(manifest, SignedManifest):
        files[ATTESTATION_NAME] = manifest.attestation
    return files


def _free_bytes(folder: Path) -> int:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return shutil.disk_usage(there).free
