"""From a store's address to the store."""

from __future__ import annotations

import re
from pathlib import Path

from datalayer.kernel.errors import InvalidSelection, SettingsError
from datalayer.kernel.storage.object_store import FolderStore, ObjectStore, S3Options

# No dots in a row, beside a dash or as in an IP address: no S3 store has such buckets.
_S3_ADDRESS = re.compile(
    r"s3://(?P<bucket>(?![\d.]+(?:/|$))(?![a-z0-9.-]*(?:\.\.|\.-|-\.))"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?"
)


def open_store(address: str, s3: S3Options | None) -> ObjectStore:
    """Return the store at *address*; nothing is read or connected yet.

    Args:
        address: ``s3://bucket/prefix`` or the path of a folder.
        s3: How to reach the S3 store; needed for an ``s3://`` address only.

    Raises:
        InvalidSelection: The address is neither.
        SettingsError: An ``s3://`` address without *s3*.
    """
    if not address.startswith("s3://"):
        if "://" in address or not address.strip():
            raise _not_an_address(address)
        return FolderStore(Path(address))
    named = _S3_ADDRESS.fullmatch(address)
    if named is None:
        raise _not_an_address(address)
    if s3 is None:
        raise SettingsError([f"{address} needs an S3 endpoint, an access key and a secret key"])
    # minio is loaded only where it is used: a folder store needs none of it.
    from datalayer.kernel.storage.s3_store import S3Store

    return S3Store(s3, named["bucket"], (named["prefix"] or "").strip("/"))


def _not_an_address(address: str) -> InvalidSelection:
    return InvalidSelection("store", repr(address), "a folder or s3://bucket/prefix")
