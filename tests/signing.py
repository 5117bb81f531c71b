"""Keys and signatures for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from datalayer.kernel.attestation.envelope import sign
from datalayer.kernel.attestation.keys import SigningKey
from datalayer.kernel.attestation.publication import ATTESTATION_NAME, publication_statement
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.storage.object_store import ObjectStore
from tests.publisher import LIMIT_BYTES

KEY = SigningKey.generate()
STRANGER = SigningKey.generate()


def write_trusted(path: Path, *keys: SigningKey) -> Path:
    """Write the public halves of *keys* to a file, for FAROL_TRUSTED_KEYS; return it."""
    path.write_text("".join(key.public_pem() for key in keys), encoding="ascii")
    return path


def folder_of(manifest: Manifest) -> str:
    """Return where the manifest and the signature of a publication lie in its store."""
    return f"publications/{manifest.publication_id}"


def sign_in(
    store: ObjectStore,
    manifest: Manifest,
    *,
    key: SigningKey = KEY,
    expires_at: datetime | None = None,
    folder: str | None = None,
    beside: Mapping[str, bytes] | None = None,
) -> None:
    """Sign a publication of *store*, whose manifest lies in its own folder unless another is named.

    *folder* is empty for a flat one.
    """
    place = folder_of(manifest) + "/" if folder is None else folder
    content = store.read(f"{place}{MANIFEST_NAME}", limit_bytes=LIMIT_BYTES)
    statement = publication_statement(manifest, content, beside=beside, expires_at=expires_at)
    store.write(f"{place}{ATTESTATION_NAME}", sign(statement, key))
