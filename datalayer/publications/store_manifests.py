"""Where the store's manifests are found: the latest publication's, and one by its id."""

from __future__ import annotations

from datalayer.kernel.contract.manifest import (
    MANIFEST_LIMIT_BYTES,
    MANIFEST_NAME,
    Manifest,
    is_publication_id,
)
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    ManifestError,
    ObjectMissing,
    ObjectTooLarge,
    PublicationError,
    UnknownPublication,
)
from datalayer.kernel.storage.object_store import ObjectStore


def read_latest_manifest(store: ObjectStore, registry: Registry) -> Manifest:
    """Return the manifest of the latest publication in *store*.

    Raises:
        ObjectMissing: Nothing has been published there.
        ManifestError, StoreError: It can't be used or read.
    """
    return _read_manifest(MANIFEST_NAME, store, registry)


def read_manifest(publication_id: str, store: ObjectStore, registry: Registry) -> Manifest:
    """Return the manifest of one publication in *store*.

    Raises:
        UnknownPublication: *publication_id* can't be one.
        ObjectMissing: The store doesn't hold it.
        PublicationError: Its manifest names another.
        ManifestError, StoreError: It can't be used or read.
    """
    if not is_publication_id(publication_id):
        raise UnknownPublication(publication_id=publication_id[:80], nearest="-")
    key = f"publications/{publication_id}/{MANIFEST_NAME}"
    try:
        manifest = _read_manifest(key, store, registry)
    except ObjectMissing:
        # A flat folder describes its one publication in the root only.
        manifest = read_latest_manifest(store, registry)
        if manifest.publication_id != publication_id:
            raise
    if manifest.publication_id != publication_id:
        problem = f"has a manifest that says {manifest.publication_id}"
        raise PublicationError(publication_id=publication_id, problem=problem)
    return manifest


def _read_manifest(key: str, store: ObjectStore, registry: Registry) -> Manifest:
    location = f"{store.address}/{key}"
    try:
        content = store.read(key, limit_bytes=MANIFEST_LIMIT_BYTES)
    except ObjectTooLarge as error:
        problem = f"it is longer than {MANIFEST_LIMIT_BYTES} bytes, the most a manifest may have"
        raise ManifestError(location=location, faults=[problem]) from error
    return parse_manifest(content, location=location, registry=registry)
