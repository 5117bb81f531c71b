"""A zip of a publication's folder, read as the store that holds this one publication alone."""

from __future__ import annotations

import os
import zlib
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Final
from zipfile import BadZipFile, ZipInfo

from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest, is_publication_id
from datalayer.kernel.errors import ObjectMissing, StoreDenied, UploadRefused
from datalayer.kernel.sentences import Sentence, listed
from datalayer.kernel.storage.object_store import CHUNK_BYTES, ObjectStore, ReportBytes
from datalayer.publications.companions import COMPANIONS
from datalayer.publications.zip_directory import read_directory, shown

_PUBLICATIONS: Final = "publications/"
_NAMED: Final = 3
"""How many files are named in a sentence; the rest are counted."""


class ZippedPublication(ObjectStore):
    """Objects are files of the archive *file*, which is called *name*; nothing is unpacked here.

    Keys are those of a store; where the folder lies in the archive doesn't matter.

    Raises:
        UploadRefused: It is no zip of one publication's folder.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = shown(name)
        self.size_bytes = file.seek(0, os.SEEK_END)
        self._archive, entries = read_directory(file, self._name)
        self._root = self._find_root(entries)
        self._entries: dict[str, ZipInfo] = {}
        outside = []
        for path, entry in entries.items():
            if path.startswith(self._root):
                self._entries[path.removeprefix(self._root)] = entry
            else:
                outside.append(path)
        self._refuse_foreign(outside)

    @property
    def address(self) -> str:
        """What the archive is called in sentences."""
        return self._name

    def chunks(self, key: str) -> Generator[bytes]:
        """Yield the content of a file; see ``ObjectStore.chunks``.

        Raises:
            UploadRefused: It is damaged.
        """
        entry = self._entries.get(_in_folder(key))
        if entry is None:
            raise ObjectMissing(address=self.address, key=key)
        try:
            with self._archive.open(entry) as source:
                while chunk := source.read(CHUNK_BYTES):
                    yield chunk
        except (BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
            # What a directory says of a file, too, may be no truth.
            problem = Sentence(
                "is damaged at {entry:s}; zip the folder and send it once more",
                entry=shown(entry.orig_filename),
            )
            raise UploadRefused(name=self._name, problem=problem) from error

    def upload(self, source: Path, key: str, *, report: ReportBytes) -> None:  # noqa: ARG002
        """Refuse: an archive is only read."""
        raise self._denied(key)

    def write(self, key: str, content: bytes, *, must_be_new: bool = False) -> None:  # noqa: ARG002
        """Refuse: an archive is only read."""
        raise self._denied(key)

    def try_write(self) -> None:
        """Try nothing: an archive is only read."""

    def require_files_of(self, manifest: Manifest) -> None:
        """Make sure that the archive holds the files of *manifest* and no others.

        Raises:
            UploadRefused: It doesn't.
        """
        folder = self._root.rstrip("/").rpartition("/")[2]
        if is_publication_id(folder) and folder != manifest.publication_id:
            raise self._refusal(
                Sentence(
                    "holds the folder {folder:s}, and its metadata.json says {publication_id:s}; "
                    "zip the folder as it was published",
                    folder=folder,
                    publication_id=manifest.publication_id,
                )
            )
        own = f"{_PUBLICATIONS}{manifest.publication_id}/"
        for file in manifest.files:
            if file.path.startswith(_PUBLICATIONS) and not file.path.startswith(own):
                raise self._refusal(
                    Sentence(
                        "names {path:s} in its metadata.json, the file of another publication; it "
                        "must name files of {own:s}",
                        path=shown(file.path),
                        own=own,
                    )
                )
        self._require_sizes(manifest)
        named = {_in_folder(file.path) for file in manifest.files}
        self._refuse_foreign([each for each in self._entries if each not in named | {*COMPANIONS}])

    def _require_sizes(self, manifest: Manifest) -> None:
        announced = {_in_folder(file.path): file.size_bytes for file in manifest.files}
        if missing := [each for each in announced if each not in self._entries]:
            raise self._refusal(
                Sentence(
                    "lacks {listing:s}, which its metadata.json names; zip the whole folder",
                    listing=_some(missing),
                )
            )
        for name, size_bytes in announced.items():
            found = self._entries[name].file_size
            if found != size_bytes:
                raise self._refusal(
                    Sentence(
                        "holds {entry:s} with {found} bytes, and its metadata.json says "
                        "{announced}; zip the folder as it was published",
                        entry=name,
                        found=found,
                        announced=size_bytes,
                    )
                )

    def _find_root(self, paths: Iterable[str]) -> str:
        """Return the folder of the one manifest, with a ``/`` at its end; empty for the top."""
        found = [each for each in paths if each.rpartition("/")[2] == MANIFEST_NAME]
        if not found:
            raise self._refusal(
                Sentence(
                    "holds no metadata.json; it must be a zip of a publication's folder with all "
                    "that lies in it"
                )
            )
        if len(found) > 1:
            raise self._refusal(
                Sentence(
                    "holds {count} files metadata.json ({listing:s}); zip the folder of one "
                    "publication, not the whole store",
                    count=len(found),
                    listing=_some(found),
                )
            )
        return found[0].removesuffix(MANIFEST_NAME)

    def _refuse_foreign(self, paths: Sequence[str]) -> None:
        if paths:
            raise self._refusal(
                Sentence(
                    "holds what is not the publication's: {listing:s}; zip the publication's "
                    "folder alone",
                    listing=_some(paths),
                )
            )

    def _refusal(self, problem: Sentence) -> UploadRefused:
        return UploadRefused(name=self._name, problem=problem)

    def _denied(self, key: str) -> StoreDenied:
        return StoreDenied(address=self.address, key=key, reason=Sentence("it is only read"))


def _in_folder(key: str) -> str:
    """Return where *key* lies in the folder of its publication."""
    beneath = key.removeprefix(_PUBLICATIONS)
    publication_id, _, name = beneath.partition("/")
    return name if beneath != key and is_publication_id(publication_id) else key


def _some(names: Sequence[str]) -> str:
    """Return the first few of *names* in one line, and how many more there are."""
    more = [f"+{len(names) - _NAMED}"] if len(names) > _NAMED else []
    return listed((*map(shown, names[:_NAMED]), *more))
