"""What the job reads from its environment, and the environment of the libraries that it loads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from datalayer.kernel.attestation.keys import SigningKey
from datalayer.kernel.errors import KeyFileError, SettingsError
from datalayer.kernel.storage.settings import PREFIX, StoreSettings

_SIGNING_KEY: Final = f"{PREFIX}SIGNING_KEY"


class JobSettings(StoreSettings):
    """The job's settings, the store's among them.

    Attributes:
        signing_key: PEM file of the private key that signs publications; None to sign none.
    """

    signing_key: Path | None = None

    def read_signing_key(self) -> SigningKey | None:
        """Return the key that signs publications; None where none is named.

        Raises:
            SettingsError: The file that is named holds no such key, or is open to everybody.
        """
        if self.signing_key is None:
            return None
        if "-----" in str(self.signing_key):
            # Not shown: it may well be the key itself.
            problem = "holds a key; it must be the path of the file that does"
            raise SettingsError(faults=[f"{_SIGNING_KEY} {problem}"])
        try:
            return SigningKey.read(self.signing_key)
        except KeyFileError as error:
            fault = f"{_SIGNING_KEY} names {error.path!r}, which {error.problem}"
            raise SettingsError(faults=[fault]) from error


def quieten_mlflow() -> None:
    """Set what mlflow reads from the environment when it is first imported.

    It reports its use home unless told not to, and keeps runs in a folder only where asked to. A
    tracking server that doesn't answer is given up after seconds, not after minutes.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")


@contextmanager
def one_processor() -> Iterator[None]:
    """Let libraries that look for NPROC while they start find one processor."""
    before = os.environ.get("NPROC")
    os.environ["NPROC"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["NPROC"]
        else:
            os.environ["NPROC"] = before
