"""What the job reads from its environment: where publications go, and how to reach that store.

The names are the portal's, so that one environment file serves both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from datalayer.kernel.errors import SettingsError
from datalayer.kernel.storage.object_store import S3Options

PREFIX = "FAROL_"

_SECRETS = frozenset({"s3_access_key", "s3_secret_key"})


class JobSettings(BaseSettings):
    """The job's settings; each is read from the variable ``FAROL_`` + its name.

    An empty variable counts as unset. Secrets never show in ``repr``.

    Attributes:
        store: Where publications go unless the command line says otherwise.
        registry: The contract.
        s3_endpoint: ``host:port`` of the S3 store, without ``https://``.
        s3_ca_file: Certificate authorities to trust for the S3 store, PEM; the system's if unset.
        store_timeout_s: Longest wait for a connection to the store and for each answer.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    store: str = "exports/ml_results"
    registry: Path = Path("schema_registry.json")
    s3_endpoint: str | None = Field(default=None, pattern=r"^[^/\s]+$")
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_secure: bool = True
    s3_region: str = "us-east-1"
    s3_ca_file: Path | None = None
    store_timeout_s: float = Field(default=10.0, gt=0, le=300)

    def s3_options(self, address: str) -> S3Options | None:
        """Return how to reach the store at *address*; None where it is a folder.

        Raises:
            SettingsError: *address* is an S3 store and settings for it are missing.
        """
        if not address.startswith("s3://"):
            return None
        needed = ("s3_endpoint", "s3_access_key", "s3_secret_key")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise SettingsError(
                [f"{PREFIX}{name.upper()} is missing; {address} needs it" for name in missing]
            )
        return S3Options(
            endpoint=self.s3_endpoint or "",
            access_key=_shown(self.s3_access_key),
            secret_key=_shown(self.s3_secret_key),
            secure=self.s3_secure,
            region=self.s3_region,
            timeout_s=self.store_timeout_s,
            ca_file=self.s3_ca_file,
        )


def load_settings() -> JobSettings:
    """Read the settings from the environment.

    Raises:
        SettingsError: Some are wrong; names every one of them by its variable.
    """
    try:
        return JobSettings()
    except ValidationError as error:
        faults = [(str(fault["loc"][0]), fault) for fault in error.errors()]
        # The cause is left out: it would carry the values, and some of them are secrets.
        raise SettingsError(
            [
                f"{PREFIX}{name.upper()} "
                + ("" if name in _SECRETS else f"is {fault['input']!r}: ")
                + fault["msg"]
                for name, fault in faults
            ]
        ) from None


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


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


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
