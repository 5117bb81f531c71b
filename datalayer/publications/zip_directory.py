"""What a zip from outside says that it holds, judged before a byte of it is unpacked.

Nothing in it is trusted: it may name paths that lead out, links, one file twice, files that share
their bytes, or more than any disk holds. What is no plain archive of plain files is refused.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from datalayer.kernel.errors import UploadRefused
from datalayer.kernel.sentences import Sentence

MOST_ENTRIES: Final = 1_000
MOST_RATIO: Final = 100
"""How many times its own size an archive may unpack to; Parquet is packed already."""

LONGEST_ENTRY: Final = 400
_SHOWN: Final = 120
_BEGIN: Final = b"PK"
_END: Final = Struct("<4s4H2LH")
_END_SIGNATURE: Final = b"PK\x05\x06"
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_LONGEST_COMMENT: Final = 0xFFFF
_LOCAL_HEADER_BYTES: Final = 30
_ZIP64_FIELD: Final = 1
_FIELD: Final = Struct("<HH")
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_METHODS: Final = frozenset({ZIP_STORED, ZIP_DEFLATED})
_LEFT_BY_SYSTEMS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_ROOT_OF_LEFT: Final = "__MACOSX/"


def read_directory(file: BinaryIO, name: str) -> tuple[ZipFile, Mapping[str, ZipInfo]]:
    """Return the archive *file* and its plain files by path, those of the user's system left out.

    Args:
        file: The archive; can be sought in.
        name: What it is called in sentences.

    Raises:
        UploadRefused: It is no zip, or holds what no publication holds.
    """
    _judge_end(file, name)
    try:
        archive = ZipFile(file)
    except (BadZipFile, NotImplementedError, ValueError, OSError, UnicodeDecodeError) as error:
        raise _refusal(name, _DAMAGED) from error
    entries = archive.infolist()
    _judge_ratio(entries, name, file.seek(0, os.SEEK_END))
    _judge_places(entries, name, archive.start_dir)
    return archive, dict(_plain_files(entries, name))


def shown(text: str) -> str:
    """Return what an archive calls something, fit to be shown: printable, and not endless."""
    printable = "".join(each if each.isprintable() else "?" for each in text)
    return printable if len(printable) <= _SHOWN else f"{printable[:_SHOWN]}…"


_DAMAGED: Final = Sentence("is damaged or was cut off; zip the folder and send it once more")
_NO_ZIP: Final = Sentence(
    "is no zip; it must be a zip of a publication's folder, with its metadata.json"
)
_SPLIT: Final = Sentence("is one part of a split zip; it must be a single file")
_ZIP64: Final = Sentence(
    "is a zip64, which is for more than 4 GiB or 65535 files; zip the publication's folder alone, "
    "as an ordinary zip"
)


def _judge_end(file: BinaryIO, name: str) -> None:
    """Refuse by the record at an archive's end, before its directory takes any memory."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        raise _refusal(name, Sentence("is empty; it must be a zip of a publication's folder"))
    file.seek(0)
    if file.read(len(_BEGIN)) != _BEGIN:
        raise _refusal(name, _NO_ZIP)
    tail_at = max(0, size - _END.size - _LONGEST_COMMENT - _LOCATOR_BYTES)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END.size:
        raise _refusal(name, _DAMAGED)
    _, disk, first_disk, here, count, directory, _, comment = _END.unpack_from(tail, at)
    if tail[max(0, at - _LOCATOR_BYTES) : at].startswith(_LOCATOR):
        raise _refusal(name, _ZIP64)
    if disk or first_disk or here != count:
        raise _refusal(name, _SPLIT)
    if at + _END.size + comment != len(tail) or directory > tail_at + at:
        raise _refusal(name, _DAMAGED)
    if count > MOST_ENTRIES or directory > MOST_ENTRIES * 1024:
        many = Sentence(
            "holds {count} files; a publication has no more than {most}",
            count=count,
            most=MOST_ENTRIES,
        )
        raise _refusal(name, many)


def _judge_ratio(entries: Sequence[ZipInfo], name: str, size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_RATIO * size:
        problem = Sentence(
            "has {size} bytes and would unpack to {unpacked}; no publication unpacks to more than "
            "{most} times its size",
            size=size,
            unpacked=unpacked,
            most=MOST_RATIO,
        )
        raise _refusal(name, problem)


def _judge_places(entries: Sequence[ZipInfo], name: str, directory_at: int) -> None:
    """Refuse an archive whose files share their bytes, or lie where there are none."""
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            shared = Sentence(
                "has files that share the same bytes ({entry:s}); zip the folder anew",
                entry=shown(entry.orig_filename),
            )
            raise _refusal(name, shared)
        end = entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size
    if end > directory_at:
        raise _refusal(name, _DAMAGED)


def _plain_files(entries: Sequence[ZipInfo], name: str) -> Iterator[tuple[str, ZipInfo]]:
    seen: set[str] = set()
    for entry in entries:
        path = entry.orig_filename
        _judge_path(path, name)
        _judge_kind(entry, name)
        folded = unicodedata.normalize("NFC", path).casefold().rstrip("/")
        if folded in seen:
            twice = Sentence(
                "holds {entry:s} twice, or in capitals and small letters; each file must be there "
                "once",
                entry=shown(path),
            )
            raise _refusal(name, twice)
        seen.add(folded)
        if not (path.endswith("/") or _is_left_by_a_system(path)):
            yield path, entry


def _judge_path(path: str, name: str) -> None:
    parts = path.removesuffix("/").split("/")
    if (
        len(path) > LONGEST_ENTRY
        or not path.isprintable()
        or any(character in path for character in "\\:")
        or any(part in {"", ".", ".."} for part in parts)
    ):
        problem = Sentence(
            "holds the path {entry:s}; paths must be relative, with / between their parts, without "
            "'..', drive letters and backslashes",
            entry=shown(path),
        )
        raise _refusal(name, problem)


def _judge_kind(entry: ZipInfo, name: str) -> None:
    """Refuse what is no plain file or folder, or can't be unpacked here."""
    path = shown(entry.orig_filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        plain = Sentence(
            "holds {entry:s}, which is a link or a device; it must hold files and folders alone",
            entry=path,
        )
        raise _refusal(name, plain)
    if entry.flag_bits & _ENCRYPTED:
        raise _refusal(
            name, Sentence("is encrypted ({entry:s}); zip it without a password", entry=path)
        )
    if entry.compress_type not in _METHODS:
        method = Sentence(
            "packs {entry:s} by the method {method}, which is not read here; zip it by deflate, or "
            "without compression",
            entry=path,
            method=entry.compress_type,
        )
        raise _refusal(name, method)
    if _ZIP64_FIELD in _extra_fields(entry.extra):
        raise _refusal(name, _ZIP64)


def _extra_fields(extra: bytes) -> Iterator[int]:
    at = 0
    while at + _FIELD.size <= len(extra):
        kind, length = _FIELD.unpack_from(extra, at)
        yield kind
        at += _FIELD.size + length


def _is_left_by_a_system(path: str) -> bool:
    return path.startswith(_ROOT_OF_LEFT) or path.rpartition("/")[2] in _LEFT_BY_SYSTEMS


def _refusal(name: str, problem: Sentence) -> UploadRefused:
    return UploadRefused(name=name, problem=problem)
