"""What kind of file an input is, by its first bytes, and what is packed in it."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from enum import Enum, unique
from pathlib import Path

from ml_jobs.errors import InputError

SUFFIXES = (
    ".csv",
    ".txt",
    ".tsv",
    ".parquet",
    ".xlsx",
    ".xlsm",
    ".xlsb",
    ".xls",
    ".ods",
    ".gz",
    ".zip",
)
MOST_UNPACKED_BYTES = 2 << 30
# Text packs ten- to thirtyfold; a small file that unpacks to far more is no export.
_MOST_FOLD = 200
_ALWAYS_UNPACKED_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20

# What the unpackers raise on damaged bytes, or on a packing that they don't know.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    IndexError,
    NotImplementedError,  # of zipfile: a packing that it does not know
    RuntimeError,
)

_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_AS_TEXT = "export the table as CSV UTF-8 or .xlsx"
# By first bytes: what it is, and what to do.
_OTHERS = (
    (b"PK\x05\x06", "an empty zip archive", "put the file into it"),
    (b"%PDF", "a PDF document", _AS_TEXT),
    (b"{\\rtf", "a text document (RTF)", _AS_TEXT),
    (b"BZh", "packed with bzip2", "unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it, or pack it with gzip"),
    (b"\xfd7zXZ\x00", "packed with xz", "unpack it, or pack it with gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it, or make it a .zip"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it, or make it a .zip"),
    (b"SQLite format 3\x00", "an SQLite database", _AS_TEXT),
    (b"ARROW1", "an Arrow file", "save it as Parquet"),
    (b"FEA1", "a Feather file", "save it as Parquet"),
    (b"ORC", "an ORC file", "save it as Parquet"),
    (b"Obj\x01", "an Avro file", "save it as Parquet"),
)
_MARKUP = re.compile(rb"\s*<(!doctype\s+html|html|head|body|table|meta|style|div|\?xml)\b", re.I)
_JSON = re.compile(rb'\s*(\{\s*"|\[\s*[\[{])')


@unique
class FileKind(Enum):
    """How the bytes of a file become a table."""

    PARQUET = "Parquet"
    WORKBOOK = "workbook"
    TEXT = "text"


def unpacked(file: str, content: bytes) -> tuple[FileKind, bytes]:
    """Return the kind of the one table in *content*, and its bytes, out of gzip and zip.

    Raises:
        InputError: It is packed in a way that is not read, or holds no file or several, or
            unpacks to more than an export is; or it is a file of another kind.
    """
    if content.startswith(_GZIP):
        content = _out_of_gzip(file, content)
    elif content.startswith(_ZIP) and not _is_workbook(file, content):
        content = _out_of_zip(file, content)
    return _kind(file, content), content


def _kind(file: str, content: bytes) -> FileKind:
    if content.startswith(_PARQUET):
        return FileKind.PARQUET
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            problem = "is a workbook with a password; save it without one"
            raise InputError(file=file, problem=problem)
        return FileKind.WORKBOOK
    if content.startswith(_ZIP) and _is_workbook(file, content):
        return FileKind.WORKBOOK
    if content.startswith((_GZIP, _ZIP)):
        raise InputError(file=file, problem="is packed twice; unpack it once")
    _refuse_other(file, content)
    return FileKind.TEXT


def _refuse_other(file: str, content: bytes) -> None:
    for begin, what, instead in _OTHERS:
        if content.startswith(begin):
            raise InputError(file=file, problem=f"is {what}; {instead}")
    # Marks of encodings, and the NULs of UTF-16, hide what a text begins with.
    begin = content[:400].lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")
    if _MARKUP.match(begin):
        problem = "is a web page or XML, as some programs name .xls; open it and save it as .xlsx"
        raise InputError(file=file, problem=f"{problem} or CSV UTF-8")
    if _JSON.match(begin):
        raise InputError(file=file, problem=f"is JSON; {_AS_TEXT}")


def _out_of_gzip(file: str, content: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            return _bounded(file, packed, len(content))
    except _DAMAGE as error:
        raise InputError(file=file, problem=f"is damaged gzip: {error}; pack it anew") from error


def _out_of_zip(file: str, content: bytes) -> bytes:
    archive = _archive(file, content)
    inside = [entry for entry in archive.infolist() if _is_data(entry)]
    if len(inside) != 1:
        names = ", ".join(entry.filename for entry in inside[:10]) or "no file"
        problem = f"holds {len(inside)} files: {names}; it must hold one, the table"
        raise InputError(file=file, problem=problem)
    (entry,) = inside
    if entry.flag_bits & 1:
        problem = f"holds {entry.filename} with a password; pack it without one"
        raise InputError(file=file, problem=problem)
    try:
        with archive.open(entry) as packed:
            return _bounded(file, packed, len(content))
    except _DAMAGE as error:
        raise InputError(file=file, problem=f"is damaged zip: {error}; pack it anew") from error


def _bounded(file: str, packed: io.BufferedIOBase | Iterable[bytes], packed_bytes: int) -> bytes:
    most = min(max(packed_bytes * _MOST_FOLD, _ALWAYS_UNPACKED_BYTES), MOST_UNPACKED_BYTES)
    content = bytearray()
    while chunk := packed.read(_CHUNK_BYTES):  # type: ignore[union-attr]
        content += chunk
        if len(content) > most:
            raise InputError(file=file, problem=_too_much(most))
    return bytes(content)


def _too_much(most: int) -> str:
    return f"unpacks to more than {most >> 20} MiB, from which exports are far; unpack it first"


def _is_data(entry: zipfile.ZipInfo) -> bool:
    """Return whether *entry* is a file of somebody, not one that macOS adds."""
    path = Path(entry.filename)
    # A damaged archive may have an entry without a name, which `is_dir` can't look at.
    if not path.parts or entry.is_dir():
        return False
    return path.parts[0] != "__MACOSX" and not path.name.startswith(".")


def _is_workbook(file: str, content: bytes) -> bool:
    entries = _archive(file, content).infolist()
    names = {entry.filename for entry in entries}
    if not names & {"[Content_Types].xml", "content.xml"}:
        return False
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
        raise InputError(file=file, problem=_too_much(MOST_UNPACKED_BYTES))
    return True


def _archive(file: str, content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGE as error:
        raise InputError(file=file, problem=f"is damaged zip: {error}; pack it anew") from error
