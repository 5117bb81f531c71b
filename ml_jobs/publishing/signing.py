"""Publications signed by the job's key, if it has one, so that portals can tell whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from datalayer.kernel.attestation.envelope import sign
from datalayer.kernel.attestation.keys import SigningKey
from datalayer.kernel.attestation.publication import publication_statement
from datalayer.kernel.contract.manifest import Manifest, manifest_json
from datalayer.kernel.errors import KeyFileError
from datalayer.kernel.storage.durable import write_durably
from ml_jobs.errors import ExpiredAlreadyError, UsageError

PUBLIC_SUFFIX: Final = ".pub"

_HOURS = {"h": 1, "d": 24, "w": 24 * 7}


@dataclass(frozen=True)
class Signer:
    """Signs publications.

    Attributes:
        valid_for: From a publication's time, how long portals accept its signature; None for
            always.
    """

    key: SigningKey
    valid_for: timedelta | None = None

    def refuse_expired(self, generated_at: datetime, now: datetime) -> None:
        """Refuse to sign results of *generated_at* for a time that is over.

        Raises:
            ExpiredAlreadyError: It is.
        """
        expires_at = self.expiry_of(generated_at)
        if expires_at is not None and expires_at <= now:
            raise ExpiredAlreadyError(
                generated_at=generated_at.isoformat(), expires_at=expires_at.isoformat()
            )

    def expiry_of(self, generated_at: datetime) -> datetime | None:
        """Return when the signature of results of *generated_at* ends; None for never."""
        return None if self.valid_for is None else generated_at + self.valid_for

    def envelope(self, manifest: Manifest, beside: Mapping[str, bytes] | None = None) -> bytes:
        """Return the signature of a publication, the same bytes for the same publication.

        Args:
            manifest: The publication's.
            beside: Content of the other files beside its manifest, by name; they are signed too.
        """
        statement = publication_statement(
            manifest,
            manifest_json(manifest),
            beside=beside,
            expires_at=self.expiry_of(manifest.generated_at),
        )
        return sign(statement, self.key)


def make_signer(key: SigningKey | None, valid_for: str | None) -> Signer | None:
    """Return who signs with *key*, for a time such as ``45d``; None where nothing is signed.

    Raises:
        UsageError: A time is given, and there is no key to sign with.
    """
    if key is None and valid_for is not None:
        problem = (
            f"--valid-for {valid_for} says how long a signature holds, and nothing is signed; "
            "name a key with FAROL_SIGNING_KEY, or leave it out"
        )
        raise UsageError(problem=problem)
    if key is None:
        return None
    return Signer(key, None if valid_for is None else _time_of(valid_for))


def _time_of(duration: str) -> timedelta:
    return timedelta(hours=int(duration[:-1]) * _HOURS[duration[-1]])


def write_key_pair(path: Path) -> SigningKey:
    """Make a key pair: a private key in *path*, and beside it the public one, to be trusted.

    Only the owner of the private one may read it.

    Raises:
        KeyFileError: One of the files is there already.
        OSError: The disk refuses.
    """
    public = path.with_name(f"{path.name}{PUBLIC_SUFFIX}")
    for each in (path, public):
        if each.exists():
            problem = "is there already, and no key is ever overwritten; name another file"
            raise KeyFileError(path=str(each), problem=problem)
    key = SigningKey.generate()
    write_durably(path, key.private_pem().encode(), mode=0o600)
    write_durably(public, key.public_pem().encode(), mode=0o644)
    return key
