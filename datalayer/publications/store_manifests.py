"""Where the store's manifests are found: the latest publication's, and one by its id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from datalayer.kernel.attestation.envelope import ENVELOPE_LIMIT_BYTES
from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.contract.manifest import (
    MANIFEST_LIMIT_BYTES,
    MANIFEST_NAME,
    Manifest,
    is_publication_id,
    manifest_json,
)
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.strict_json import excerpt
from datalayer.kernel.errors import (
    ManifestError,
    ObjectMissing,
    ObjectTooLarge,
    PublicationError,
    UnknownPublication,
)
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.trust import Trust

_PUBLICATIONS: Final = "publications/"


def read_latest_manifest(store: ObjectStore, registry: Registry, trust: Trust) -> Manifest:
    """Return the manifest of the latest publication in *store*.

    Raises:
        ObjectMissing: Nothing has been published there.
        ManifestError: It can't be used, or is not the publication's own, which never changes.
        SignatureError: It is not signed as is asked for.
        StoreError: It can't be read.
    """
    root = _read_manifest(MANIFEST_NAME, store, registry)
    latest = root.manifest
    try:
        own = _read_manifest(_own_key(latest.publication_id), store, registry)
    except ObjectMissing:
        # A flat folder describes its one publication in the root only.
        if misplaced := list(_files_of_another(latest)):
            raise ManifestError(location=root.location, faults=misplaced) from None
        return _require_signed(root, store, trust)
    if faults := list(_differences(latest, own.manifest)):
        raise ManifestError(location=root.location, faults=faults)
    return _require_signed(own, store, trust)


def read_manifest(
    publication_id: str, store: ObjectStore, registry: Registry, trust: Trust
) -> Manifest:
    """Return the manifest of one publication in *store*.

    Raises:
        UnknownPublication: *publication_id* can't be one.
        ObjectMissing: The store doesn't hold it.
        PublicationError: Its manifest names another.
        ManifestError, StoreError: It can't be used or read.
        SignatureError: It is not signed as is asked for.
    """
    if not is_publication_id(publication_id):
        raise UnknownPublication(publication_id=publication_id[:80], nearest="-")
    try:
        found = _read_manifest(_own_key(publication_id), store, registry)
    except ObjectMissing:
        # A flat folder describes its one publication in the root only.
        manifest = read_latest_manifest(store, registry, trust)
        if manifest.publication_id != publication_id:
            raise
        return manifest
    if found.manifest.publication_id != publication_id:
        problem = Sentence(
            "has a manifest that says {publication_id}",
            publication_id=found.manifest.publication_id,
        )
        raise PublicationError(publication_id=publication_id, problem=problem)
    return _require_signed(found, store, trust)


@dataclass(frozen=True)
class _StoredManifest:
    manifest: Manifest
    content: bytes
    key: str
    location: str


def _require_signed(found: _StoredManifest, store: ObjectStore, trust: Trust) -> Manifest:
    """Return the manifest as signed by the attestation beside it, if that is asked for."""

    def read_attestation() -> bytes | None:
        key = f"{found.key.removesuffix(MANIFEST_NAME)}{ATTESTATION_NAME}"
        try:
            return store.read(key, limit_bytes=ENVELOPE_LIMIT_BYTES)
        except ObjectMissing:
            return None

    signed = trust.require_signed(found.manifest, found.content, read_attestation)
    trust.refuse_expired(signed)
    return signed


def _own_key(publication_id: str) -> str:
    return f"{_PUBLICATIONS}{publication_id}/{MANIFEST_NAME}"


def _files_of_another(manifest: Manifest) -> Iterator[str]:
    """Yield which files of *manifest* lie in the folder of another publication."""
    own = f"{_PUBLICATIONS}{manifest.publication_id}/"
    for file in manifest.files:
        if file.path.startswith(_PUBLICATIONS) and not file.path.startswith(own):
            yield f"{file.data_set} lies in {file.path}; it must lie in {own}"


def _differences(found: Manifest, expected: Manifest) -> Iterator[str]:
    """Yield what of *found* is not as in *expected*, the publication's own manifest."""
    own_key = _own_key(expected.publication_id)
    for place, value, right in _differing("", _fields(found), _fields(expected)):
        yield f"{place} is {excerpt(value)}; {own_key} says {excerpt(right)}"


def _fields(manifest: Manifest) -> dict[str, object]:
    fields: dict[str, object] = json.loads(manifest_json(manifest))
    return fields | {"files": {file.data_set: asdict(file) for file in manifest.files}}


def _differing(place: str, found: object, expected: object) -> Iterator[tuple[str, object, object]]:
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in dict.fromkeys((*found, *expected)):
            yield from _differing(
                f"{place}.{name}".lstrip("."), found.get(name), expected.get(name)
            )
    elif found != expected:
        yield place, found, expected


def _read_manifest(key: str, store: ObjectStore, registry: Registry) -> _StoredManifest:
    location = f"{store.address}/{key}"
    try:
        content = store.read(key, limit_bytes=MANIFEST_LIMIT_BYTES)
    except ObjectTooLarge as error:
        problem = Sentence(
            "it is longer than {manifest_limit_bytes} bytes, the most a manifest may have",
            manifest_limit_bytes=MANIFEST_LIMIT_BYTES,
        )
        raise ManifestError(location=location, faults=[problem]) from error
    manifest = parse_manifest(content, location=location, registry=registry)
    return _StoredManifest(manifest, content, key, location)
