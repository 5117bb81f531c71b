"""The small files beside a publication's data: manifest, signature, descriptions in open standards.

The portal reads none of the descriptions. It keeps them as they were published, for whoever wants
to check a publication or to read it by other tools without access to the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import structlog

from datalayer.kernel.attestation.envelope import ENVELOPE_LIMIT_BYTES, unverified_statement
from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.contract.manifest import (
    MANIFEST_NAME,
    Manifest,
    SignedManifest,
    manifest_json,
)
from datalayer.kernel.errors import (
    IntegrityError,
    ObjectMissing,
    ObjectTooLarge,
    StoreDenied,
    UnknownFile,
)
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.digest import file_sha256
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.stages import Snapshot

DESCRIPTIONS: Final = ("datapackage.json", "croissant.json", "openlineage.ndjson")
COMPANIONS: Final = (MANIFEST_NAME, ATTESTATION_NAME, *DESCRIPTIONS)
DESCRIPTION_LIMIT_BYTES: Final = 32 * 2**20

_log = structlog.get_logger(__name__)


def fetch_companions(manifest: Manifest, store: ObjectStore) -> dict[str, bytes]:
    """Return what stands beside the data of *manifest* in *store*, by name.

    Whatever does not belong to this very manifest is left out: a signature of other bytes, and a
    description that is not the one that was signed with it. So is what is missing.

    Raises:
        StoreError: The store did not do its part.
    """
    found = {MANIFEST_NAME: manifest_json(manifest)}
    if isinstance(manifest, SignedManifest):
        envelope: bytes | None = manifest.attestation
    else:
        envelope = _find(ATTESTATION_NAME, ENVELOPE_LIMIT_BYTES, manifest, store)
    signed = _signed_digests(envelope) if envelope else {}
    if envelope and signed.get(MANIFEST_NAME) == _sha256(found[MANIFEST_NAME]):
        found[ATTESTATION_NAME] = envelope
    elif envelope:
        _leave_out(ATTESTATION_NAME, manifest, "is not of this manifest")
    return found | dict(_descriptions(manifest, store, signed))


def companion_digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of what stands beside the data in *folder*, by name.

    Raises:
        OSError: It can't be read.
    """
    paths = {name: folder / name for name in COMPANIONS}
    return {name: file_sha256(path) for name, path in paths.items() if path.is_file()}


def read_companion(snapshot: Snapshot, name: str) -> bytes:
    """Return the file *name* that stands beside the data of *snapshot*.

    Raises:
        UnknownFile: It has none; names those that it has.
        IntegrityError: It is not what was taken in.
    """
    announced = snapshot.companions.get(name)
    if announced is None:
        raise UnknownFile(
            publication_id=snapshot.publication_id,
            name=name[:80],
            known=tuple(snapshot.companions),
        )
    try:
        content = (snapshot.folder / name).read_bytes()
    except OSError as error:
        problem = Sentence("{name}: {reason}", name=name, reason=error.strerror)
        raise IntegrityError(publication_id=snapshot.publication_id, problem=problem) from error
    if _sha256(content) != announced:
        problem = Sentence("has a damaged {name}; activate it to fetch it anew", name=name)
        raise IntegrityError(publication_id=snapshot.publication_id, problem=problem)
    return content


def _descriptions(
    manifest: Manifest, store: ObjectStore, signed: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    for name in DESCRIPTIONS:
        content = _find(name, DESCRIPTION_LIMIT_BYTES, manifest, store)
        if content is None:
            continue
        if signed and signed.get(name) != _sha256(content):
            _leave_out(name, manifest, "is not what was signed")
        else:
            yield name, content


def _find(name: str, limit_bytes: int, manifest: Manifest, store: ObjectStore) -> bytes | None:
    """Return what stands in the publication's own folder; None where it can't be had."""
    key = f"publications/{manifest.publication_id}/{name}"
    try:
        return store.read(key, limit_bytes=limit_bytes)
    except ObjectMissing:
        return None
    except (ObjectTooLarge, StoreDenied) as error:
        # Some stores deny what they don't hold. The data is whole without it.
        _leave_out(name, manifest, str(error))
        return None


def _signed_digests(envelope: bytes) -> Mapping[str, str]:
    """Return the digests in *envelope*, whoever signed it; none where it is no envelope."""
    try:
        return {each.name: each.sha256 for each in unverified_statement(envelope).subjects}
    except ValueError:
        return {}


def _leave_out(name: str, manifest: Manifest, problem: str) -> None:
    _log.warning(
        "companion.left_out", publication_id=manifest.publication_id, file=name, problem=problem
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
