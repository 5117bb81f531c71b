"""What is said of a publication when it is signed, and what a portal requires of that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from datalayer.kernel.attestation.envelope import verify
from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.attestation.statement import InTotoStatement, Subject
from datalayer.kernel.contract.manifest import (
    MANIFEST_NAME,
    Manifest,
    SignedManifest,
    read_instant,
)
from datalayer.kernel.contract.strict_json import excerpt
from datalayer.kernel.errors import AttestationUnusable, SignedOtherwise
from datalayer.kernel.sentences import Sentence

ATTESTATION_NAME: Final = "attestation.json"
"""The envelope's file, beside the manifest that it is of."""
PREDICATE_TYPE: Final = "urn:farol:attestation:publication:v1"


def publication_statement(
    manifest: Manifest,
    content: bytes,
    *,
    beside: Mapping[str, bytes] | None = None,
    expires_at: datetime | None = None,
) -> InTotoStatement:
    """Return what is signed of a publication.

    Args:
        manifest: The publication's.
        content: The bytes of its manifest as they are stored.
        beside: Content of the other files beside the manifest that are said to be its own, by
            name.
        expires_at: When portals shall refuse it, with its zone; None for never.
    """
    files = {MANIFEST_NAME: content, **(beside or {})}
    predicate: dict[str, object] = dict(_claims(manifest))
    if expires_at is not None:
        predicate["expires_at"] = _moment(expires_at)
    subjects = tuple(Subject(name, _sha256(each)) for name, each in files.items())
    return InTotoStatement(subjects, PREDICATE_TYPE, predicate)


def require_signed(
    manifest: Manifest, content: bytes, envelope: bytes, trusted: TrustedKeys
) -> SignedManifest:
    """Return *manifest* as signed, if a trusted key signed its *content* in *envelope*.

    Whether the signature has expired is left to the caller, who has a clock.

    Raises:
        AttestationUnusable, UnknownSigner, SignatureBroken: As for ``verify``.
        SignedOtherwise: What was signed is not this manifest.
    """
    publication_id = manifest.publication_id
    signed = verify(envelope, trusted, publication_id=publication_id)
    said = signed.statement
    if said.predicate_type != PREDICATE_TYPE:
        problem = Sentence(
            "it says {shown}; it must say {predicate_type}",
            shown=excerpt(said.predicate_type),
            predicate_type=PREDICATE_TYPE,
        )
        raise AttestationUnusable(publication_id=publication_id, problem=problem)
    present = {f"SHA-256 of {MANIFEST_NAME}": _sha256(content), **_claims(manifest)}
    announced = {f"SHA-256 of {MANIFEST_NAME}": said.sha256_of(MANIFEST_NAME), **said.predicate}
    for name, found in present.items():
        if announced.get(name) != found:
            raise SignedOtherwise(
                publication_id=publication_id,
                name=name,
                found=excerpt(found),
                signed=excerpt(announced.get(name)),
            )
    return SignedManifest(
        **vars(manifest),
        content=content,
        attestation=envelope,
        keyid=signed.keyid,
        expires_at=_expiry(said, publication_id),
    )


def _claims(manifest: Manifest) -> dict[str, str]:
    return {
        "publication_id": manifest.publication_id,
        "dataset_id": manifest.dataset_id,
        "model_version": manifest.model_version,
        "generated_at": _moment(manifest.generated_at),
    }


def _expiry(said: InTotoStatement, publication_id: str) -> datetime | None:
    found = said.predicate.get("expires_at")
    try:
        return None if found is None else read_instant(found)
    except ValueError as error:
        problem = Sentence(
            "its expires_at is {shown}; it must be a time with its zone", shown=excerpt(found)
        )
        raise AttestationUnusable(publication_id=publication_id, problem=problem) from error


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
