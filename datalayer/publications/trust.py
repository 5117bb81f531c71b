"""Which publications are trusted: all, or those that a trusted key signed and that are no replay.

With trusted keys nothing is served that is not signed by one of them, whichever way it came in.
They are read anew whenever they are asked for: one that was added counts at once, one that was
taken away no longer does, and where they can't be read nothing is accepted.
That a signature has expired, or is of an older publication than one accepted before, counts
against what comes in from the store, not against what is kept here: that was new when it came.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.attestation.publication import require_signed
from datalayer.kernel.contract.manifest import Manifest, SignedManifest, read_instant
from datalayer.kernel.errors import (
    KeyFileError,
    NotSigned,
    Replayed,
    SignatureError,
    SignatureExpired,
    StateError,
    StateUnavailable,
    TrustedKeysUnusable,
    UnknownSigner,
)
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import write_durably

NEWEST_SIGNED_NAME: Final = "newest_signed.json"


@dataclass(frozen=True)
class Newest:
    """The newest signed publication that was ever accepted here.

    Attributes:
        generated_at: UTC.
    """

    publication_id: str
    generated_at: datetime


@dataclass(frozen=True)
class Signatures:
    """Who must sign, and who signed what is served.

    Attributes:
        trusted: Ids of the keys one of which must have signed; none while they can't be read.
        signed_by: Id of the key that signed what is served; None while nothing is.
        expires_at: When that is to be refused, if it came from the store; None for never.
        problem: What is wrong with it, or with the keys; None if nothing is.
    """

    trusted: tuple[str, ...]
    signed_by: str | None
    expires_at: datetime | None
    problem: SignatureError | None


class Trust:
    """Says which publications are trusted; without *read_keys* all of them are, signed or not.

    Args:
        state: The folder in which the newest signed publication accepted is remembered, so that
            whoever empties the rest of it can't bring an older one back.
        read_keys: Returns those that must have signed; raises ``KeyFileError`` if it can't.
        clock: Says the present moment.
    """

    def __init__(
        self,
        state: Path,
        read_keys: Callable[[], TrustedKeys] | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._read_keys = read_keys
        self._path = state / NEWEST_SIGNED_NAME
        self._clock = clock

    def require_keys(self, publication_id: str) -> TrustedKeys | None:
        """Return the keys one of which must have signed; None where nobody need sign.

        Raises:
            TrustedKeysUnusable: They can't be read, so *publication_id* is not accepted.
        """
        try:
            return self._read_keys() if self._read_keys else None
        except KeyFileError as error:
            # Where it lies is nothing to those who read the sentence.
            name = Path(error.path).name
            raise TrustedKeysUnusable(
                publication_id=publication_id, file=name, problem=error.problem
            ) from error

    def require_signed(
        self, manifest: Manifest, content: bytes, read_attestation: Callable[[], bytes | None]
    ) -> Manifest:
        """Return *manifest* as signed; as it is where no signature is asked for.

        Args:
            manifest: The publication's.
            content: The bytes that it was read from.
            read_attestation: Returns the file beside it with the signature; None without one.

        Raises:
            SignatureError: No trusted key signed it; says why.
        """
        keys = self.require_keys(manifest.publication_id)
        if keys is None:
            return manifest
        envelope = read_attestation()
        if envelope is None:
            raise NotSigned(publication_id=manifest.publication_id, trusted=keys.keyids)
        return require_signed(manifest, content, envelope, keys)

    def refuse_revoked(self, manifest: Manifest) -> None:
        """Refuse *manifest*, which was found to be signed, if its key is no longer trusted.

        Raises:
            UnknownSigner: It is not.
            TrustedKeysUnusable: The keys can't be read.
        """
        keys = self.require_keys(manifest.publication_id)
        if keys is None or not isinstance(manifest, SignedManifest):
            return
        if manifest.keyid not in keys.keyids:
            raise UnknownSigner(
                publication_id=manifest.publication_id,
                signers=[manifest.keyid],
                trusted=keys.keyids,
            )

    def refuse_expired(self, manifest: Manifest) -> None:
        """Refuse *manifest* if it was signed for a time that is over.

        Raises:
            SignatureExpired: It was.
        """
        expires_at = manifest.expires_at if isinstance(manifest, SignedManifest) else None
        now = self._clock()
        if expires_at is not None and expires_at <= now:
            raise SignatureExpired(
                publication_id=manifest.publication_id,
                expires_at=expires_at.isoformat(timespec="seconds"),
                now=now.isoformat(timespec="seconds"),
            )

    def refuse_replayed(self, manifest: Manifest) -> None:
        """Refuse *manifest* if a newer signed one was accepted here before.

        Raises:
            Replayed: One was.
            StateError: What is remembered of that can't be read.
        """
        newest = self.newest() if self._read_keys else None
        if newest and manifest.generated_at < newest.generated_at:
            raise Replayed(
                publication_id=manifest.publication_id,
                generated_at=manifest.generated_at.isoformat(),
                newest_id=newest.publication_id,
                newest_at=newest.generated_at.isoformat(),
            )

    def remember(self, manifest: Manifest) -> None:
        """Remember that *manifest* was accepted, if none that is newer was.

        Raises:
            StateError: That can't be read or written.
        """
        if not isinstance(manifest, SignedManifest):
            return
        newest = self.newest()
        if newest and newest.generated_at >= manifest.generated_at:
            return
        content = {
            "publication_id": manifest.publication_id,
            "generated_at": manifest.generated_at.isoformat(),
        }
        try:
            write_durably(self._path, json.dumps(content, indent=2).encode())
        except OSError as error:
            problem = Sentence("can't be written: {reason}", reason=error.strerror)
            raise StateUnavailable(path=str(self._path), problem=problem) from error

    def describe(self, served: Manifest | None) -> Signatures | None:
        """Return who must sign and who signed what is *served*; None where nobody need sign."""
        if self._read_keys is None:
            return None
        signed = served if isinstance(served, SignedManifest) else None
        trusted: tuple[str, ...] = ()
        problem: SignatureError | None = None
        try:
            keys = self.require_keys(served.publication_id if served else "-")
            trusted = keys.keyids if keys else ()
            if signed is not None:
                self.refuse_revoked(signed)
                self.refuse_expired(signed)
        except SignatureError as error:
            problem = error
        return Signatures(
            trusted=trusted,
            signed_by=signed.keyid if signed else None,
            expires_at=signed.expires_at if signed else None,
            problem=problem,
        )

    def newest(self) -> Newest | None:
        """Return the newest signed publication accepted here; None before the first.

        Raises:
            StateError: The file that says so is damaged or can't be read.
        """
        try:
            fields = json.loads(self._path.read_bytes())
            return Newest(str(fields["publication_id"]), read_instant(fields["generated_at"]))
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = Sentence("can't be read: {reason}", reason=error.strerror)
            raise StateUnavailable(path=str(self._path), problem=problem) from error
        except (ValueError, KeyError, TypeError) as error:
            problem = Sentence(
                "is damaged ({error}), so older publications can't be told from newer ones; "
                "make sure that the store's latest is the newest one, remove the file, then "
                "activate it",
                error=error,
            )
            raise StateError(path=str(self._path), problem=problem) from error
