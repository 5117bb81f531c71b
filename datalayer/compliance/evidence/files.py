"""Evidence of files: what lies in the folders of an image, by name and by first bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from zipfile import BadZipFile, ZipFile

from datalayer.kernel.errors import EvidenceMissing
from datalayer.kernel.sentences import Sentence

FIRST_BYTES = 16
_NOT_OF_THE_IMAGE = frozenset({"/proc", "/sys", "/dev", "/run"})
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class FoundFile:
    """One file.

    Attributes:
        path: Where it lies.
        first_bytes: The first 16.
        members: Names of the files within, where it is a ZIP archive.
    """

    path: PurePath
    first_bytes: bytes = b""
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundFiles:
    """The files below some folders.

    Attributes:
        folders: Where was looked.
        unread: Folders and files that this user can't read, and so can't load either.
    """

    folders: tuple[str, ...]
    files: tuple[FoundFile, ...]
    unread: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """How many files, and where."""
        unread = ""
        if count := len(self.unread):
            unread = Sentence(", and {count} places that this user can't read", count=count)
        return Sentence(
            "{count} files below {folders}{unread}",
            count=len(self.files),
            folders=tuple(self.folders),
            unread=unread,
        )


def find_files(folders: Iterable[Path], *, leave_out: Iterable[Path] = ()) -> FoundFiles:
    """Return all files below *folders*, links not followed.

    Args:
        folders: Where to look.
        leave_out: Folders that hold what users brought, such as the state, and are not looked at.

    Raises:
        EvidenceMissing: One of *folders* is not there.
    """
    roots = list(dict.fromkeys(folder.resolve() for folder in folders))
    for folder in roots:
        if not folder.is_dir():
            raise EvidenceMissing(
                subject=Sentence("The folder {path}", path=str(folder)),
                problem=Sentence("is not there"),
            )
    outside = {str(each.resolve()) for each in leave_out} | _NOT_OF_THE_IMAGE
    unread: list[str] = []
    files = tuple(each for root in roots for each in _walk(root, outside, unread))
    return FoundFiles(tuple(map(str, roots)), files, tuple(unread))


def _walk(root: Path, outside: set[str], unread: list[str]) -> Iterator[FoundFile]:
    def note(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # gone since its folder was listed
            unread.append(str(error.filename))

    for folder, subfolders, names in os.walk(root, onerror=note):
        subfolders[:] = sorted(
            name for name in subfolders if str(PurePath(folder, name)) not in outside
        )
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() or not path.is_file():
                continue
            try:
                yield _look_at(path)
            except OSError as error:
                note(error)


def _look_at(path: Path) -> FoundFile:
    with path.open("rb") as file:
        first_bytes = file.read(FIRST_BYTES)
    return FoundFile(path, first_bytes, _members(path) if first_bytes.startswith(_ZIP) else ())


def _members(path: Path) -> tuple[str, ...]:
    try:
        with ZipFile(path) as archive:
            return tuple(archive.namelist())
    # The second is what zipfile raises of a packing that it does not know.
    except (BadZipFile, NotImplementedError, UnicodeDecodeError):
        return ()
