"""Zips of publications for tests: sound ones, and every way of spoiling them."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.errors import ObjectMissing
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.companions import COMPANIONS
from datalayer.publications.uploads import Upload
from tests.publisher import LIMIT_BYTES

NAME = "insights.zip"
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def folder_files(store: ObjectStore, manifest: Manifest) -> dict[str, bytes]:
    """Return what lies in the folder of a publication of *store*, by name."""
    own = f"publications/{manifest.publication_id}/"
    keys = [f"{own}{MANIFEST_NAME}", *(file.path for file in manifest.files)]
    found = {key.removeprefix(own): store.read(key, limit_bytes=LIMIT_BYTES) for key in keys}
    for name in COMPANIONS:
        try:
            found[name] = store.read(f"{own}{name}", limit_bytes=LIMIT_BYTES)
        except ObjectMissing:
            continue
    return found


def zipped(files: Mapping[str, bytes], root: str = "", method: int = ZIP_DEFLATED) -> bytes:
    """Return a zip of *files*, beneath the folder *root*, which ends with a ``/``."""
    content = io.BytesIO()
    with ZipFile(content, "w", method) as archive:
        for name, each in files.items():
            archive.writestr(f"{root}{name}", each)
    return content.getvalue()


def zipped_entries(entries: list[tuple[ZipInfo | str, bytes]]) -> bytes:
    """Return a zip of *entries* as they are, whatever they are called."""
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for entry, each in entries:
            archive.writestr(entry, each)
    return content.getvalue()


def upload(content: bytes, name: str = NAME) -> Upload:
    """Return *content* as it is sent."""
    return Upload(io.BytesIO(content), name)


def with_flag(content: bytes, flag: int) -> bytes:
    """Return a zip whose every entry has the bits *flag*."""
    changed = bytearray(content)
    for signature, at in ((_LOCAL, 6), (_CENTRAL, 8)):
        for place in _places(content, signature):
            (known,) = struct.unpack_from("<H", changed, place + at)
            struct.pack_into("<H", changed, place + at, known | flag)
    return bytes(changed)


def with_method(content: bytes, method: int) -> bytes:
    """Return a zip whose every entry says that it is packed by *method*."""
    changed = bytearray(content)
    for signature, at in ((_LOCAL, 8), (_CENTRAL, 10)):
        for place in _places(content, signature):
            struct.pack_into("<H", changed, place + at, method)
    return bytes(changed)


def with_size(content: bytes, number: int, size: int) -> bytes:
    """Return a zip whose entry *number* is said to unpack to *size* bytes."""
    changed = bytearray(content)
    struct.pack_into("<I", changed, _places(content, _CENTRAL)[number] + 24, size)
    return bytes(changed)


def with_offset(content: bytes, number: int, offset: int) -> bytes:
    """Return a zip whose entry *number* is said to lie at *offset*."""
    changed = bytearray(content)
    struct.pack_into("<I", changed, _places(content, _CENTRAL)[number] + 42, offset)
    return bytes(changed)


def with_end(content: bytes, at: int, value: int) -> bytes:
    """Return a zip whose record at the end has *value* as the two bytes at *at*."""
    changed = bytearray(content)
    struct.pack_into("<H", changed, content.rfind(_END) + at, value)
    return bytes(changed)


def as_zip64(content: bytes) -> bytes:
    """Return a zip with the locator of a zip64 before its end."""
    end = content.rfind(_END)
    return content[:end] + b"PK\x06\x07" + bytes(16) + content[end:]


def _places(content: bytes, signature: bytes) -> list[int]:
    places, at = [], content.find(signature)
    while at >= 0:
        places.append(at)
        at = content.find(signature, at + 4)
    return places
