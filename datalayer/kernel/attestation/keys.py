"""Ed25519 keys: one that signs, those that are trusted, and the files they are read from.

The library behind them is loaded where a key is used: most deployments use none.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from datalayer.kernel.errors import KeyFileError
from datalayer.kernel.sentences import Sentence

if TYPE_CHECKING:
    from Crypto.PublicKey.ECC import EccKey

KEY_FILE_LIMIT_BYTES: Final = 64 * 1024
MOST_KEYS: Final = 64

_SCHEME: Final = "rfc8032"
_CURVE: Final = "Ed25519"
_EVERYBODY: Final = 0o007
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.S)
_WANTED = {
    "PUBLIC KEY": Sentence("the PEM file of an Ed25519 public key (BEGIN PUBLIC KEY)"),
    "PRIVATE KEY": Sentence(
        "the PEM file of an Ed25519 private key in PKCS 8 without a password (BEGIN PRIVATE KEY)"
    ),
}


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key.

    Attributes:
        raw: Its 32 bytes.
    """

    raw: bytes

    @property
    def keyid(self) -> str:
        """What signatures call it: SHA-256 in hex, computed as securesystemslib does."""
        described = {"keytype": "ed25519", "keyval": {"public": self.raw.hex()}}
        canonical = json.dumps(
            described | {"scheme": "ed25519"}, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    def fits(self, signature: bytes, message: bytes) -> bool:
        """Return whether *signature* is one of *message* by this key."""
        from Crypto.Signature import eddsa

        verifier = eddsa.new(eddsa.import_public_key(self.raw), _SCHEME)
        try:
            verifier.verify(message, signature)
        except ValueError:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 private key; it never shows in ``repr``."""

    _key: EccKey = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the private key in the PEM file *path*.

        Raises:
            KeyFileError: It can't be read, can be read by everybody on this machine, or holds
                anything else than one Ed25519 private key without a password.
        """
        text = _read_text(path)
        mode = path.stat().st_mode & 0o777
        if mode & _EVERYBODY:
            problem = Sentence(
                "is open to everybody on this machine (mode {mode}); it must be 0600",
                mode=f"{mode:04o}",
            )
            raise KeyFileError(path=str(path), problem=problem)
        (key, *more) = _keys_in(path, text, "PRIVATE KEY")
        if more:
            problem = Sentence("holds several keys; it must hold one")
            raise KeyFileError(path=str(path), problem=problem)
        return cls(key)

    @classmethod
    def generate(cls) -> Self:
        """Return a key that nobody has."""
        from Crypto.PublicKey import ECC

        return cls(ECC.generate(curve=_CURVE))

    @property
    def public(self) -> PublicKey:
        """The public key that its signatures are checked with."""
        return PublicKey(self._key.public_key().export_key(format="raw"))

    @property
    def keyid(self) -> str:
        """That of the public key."""
        return self.public.keyid

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*, 64 bytes; the same for the same message."""
        from Crypto.Signature import eddsa

        return eddsa.new(self._key, _SCHEME).sign(message)

    def private_pem(self) -> str:
        """Return the key as ``read`` takes it."""
        return str(self._key.export_key(format="PEM")) + "\n"

    def public_pem(self) -> str:
        """Return the public key as ``TrustedKeys.read`` takes it."""
        return str(self._key.public_key().export_key(format="PEM")) + "\n"


@dataclass(frozen=True)
class TrustedKeys:
    """The public keys whose signatures count; any one of them is enough."""

    keys: tuple[PublicKey, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the keys in the PEM file *path*, or in every file of the folder *path*.

        Files whose names begin with a dot are passed over, for those are the orchestrator's.

        Raises:
            KeyFileError: There is no key, or a file that can't be read or holds anything else
                than Ed25519 public keys; names the file.
        """
        files = _key_files(path) if path.is_dir() else [path]
        found = dict.fromkeys(
            PublicKey(key.export_key(format="raw"))
            for file in files
            for key in _keys_in(file, _read_text(file), "PUBLIC KEY")
        )
        if not found:
            problem = Sentence(
                "is a folder without key files; each must be {wanted}",
                wanted=_WANTED["PUBLIC KEY"],
            )
            raise KeyFileError(path=str(path), problem=problem)
        if len(found) > MOST_KEYS:
            problem = Sentence(
                "has {count} keys; {most} at most can be trusted", count=len(found), most=MOST_KEYS
            )
            raise KeyFileError(path=str(path), problem=problem)
        return cls(tuple(found))

    @property
    def keyids(self) -> tuple[str, ...]:
        """What signatures call these keys."""
        return tuple(key.keyid for key in self.keys)


def _key_files(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.name[0] != "." and each.is_file())
    except OSError as error:
        problem = Sentence("can't be read: {reason}", reason=error.strerror)
        raise KeyFileError(path=str(folder), problem=problem) from error


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(KEY_FILE_LIMIT_BYTES + 1)
    except OSError as error:
        problem = Sentence("can't be read: {reason}", reason=error.strerror)
        raise KeyFileError(path=str(path), problem=problem) from error
    if len(content) > KEY_FILE_LIMIT_BYTES:
        problem = Sentence(
            "is longer than {most} bytes; it must be a PEM file of keys", most=KEY_FILE_LIMIT_BYTES
        )
        raise KeyFileError(path=str(path), problem=problem)
    # What is in no encoding is in no PEM block either.
    return content.decode("ascii", errors="replace")


def _keys_in(path: Path, text: str, wanted: str) -> Iterator[EccKey]:
    """Yield each key of the file *path*, of which there must be one at least."""
    from Crypto.PublicKey import ECC

    blocks = list(_BLOCK.finditer(text))
    if not blocks:
        found = Sentence("holds no PEM block") if text.strip() else Sentence("is empty")
        raise _other_than(wanted, path, found)
    for block in blocks:
        if block[1] != wanted:
            raise _other_than(wanted, path, Sentence("holds {kind:s}", kind=block[1]))
        try:
            key = ECC.import_key(block[0])
        except (ValueError, IndexError, TypeError) as error:
            found = Sentence("holds a damaged or another kind of key ({error})", error=str(error))
            raise _other_than(wanted, path, found) from error
        if key.curve != _CURVE or key.has_private() != (wanted == "PRIVATE KEY"):
            found = Sentence("holds a key of the kind {kind:s}", kind=str(key.curve))
            raise _other_than(wanted, path, found)
        yield key


def _other_than(wanted: str, path: Path, found: Sentence) -> KeyFileError:
    problem = Sentence("{found}; it must be {wanted}", found=found, wanted=_WANTED[wanted])
    return KeyFileError(path=str(path), problem=problem)
