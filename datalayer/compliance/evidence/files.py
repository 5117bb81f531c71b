"""Evidence of files: what lies in the folders of an image, by name and by first bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from datalayer.kernel.errors import EvidenceMissing

FIRST_BYTES = 16
_NOT_OF_THE_IMAGE = frozenset({"/proc", "/sys", "/dev", "/run"})
# Files of these kinds are what their names say, or could not be loaded; there are thousands.
_PLAIN = frozenset(
    """
    .py .pyi .pyc .js .css .html .map .json .md .txt .rst .yaml .yml .toml .cfg .ini .sql .svg .png
    .jpg .gif .ico .woff .woff2 .ttf .h .hpp .pxd .pyx .po .mo .pot .csv .xml .gz .list .md5sums
    """.split()  # noqa: SIM905 - as words they fit on a few lines
)


@dataclass(frozen=True)
class FoundFile:
    """One file.

    Attributes:
        path: Where it lies.
        first_bytes: The first 16; empty for files of plain kinds, which are not opened.
    """

    path: PurePath
    first_bytes: bytes = b""


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
        unread = f", and {len(self.unread)} places that this user can't read" if self.unread else ""
        return f"{len(self.files)} files below {', '.join(self.folders)}{unread}"


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
            raise EvidenceMissing(subject=f"The folder {folder}", problem="is not there")
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
                yield FoundFile(path, _first_bytes(path))
            except OSError as error:
                note(error)


def _first_bytes(path: Path) -> bytes:
    if path.suffix.lower() in _PLAIN:
        return b""
    with path.open("rb") as file:
        return file.read(FIRST_BYTES)
