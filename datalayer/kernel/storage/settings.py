"""The settings of a store, which the portal and the job share; every fault is told at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Self, get_args

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from datalayer.kernel.errors import InvalidSelection, SettingsError
from datalayer.kernel.storage import secret_files
from datalayer.kernel.storage.object_store import FolderStore, ObjectStore
from datalayer.kernel.storage.secret_strength import find_weakness

PREFIX: Final = "FAROL_"

_ADDRESSES: Final = "a folder or s3://bucket/prefix"
# No dots in a row, beside a dash or as in an IP address: no S3 store has such buckets.
_S3_ADDRESS = re.compile(
    r"s3://(?P<bucket>(?![\d.]+(?:/|$))(?![a-z0-9.-]*(?:\.\.|\.-|-\.))"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?"
)
_NO_WORD = re.compile(r"[^!-~]")


class SettingFault(ValueError):
    """What is wrong with a setting, as the rest of a sentence that its name begins."""


class SecretsFolder(BaseSettings):
    """Where the files of secrets are, which must be known before they are read.

    Attributes:
        secrets: Folder with a file for each setting that is not to stand in the environment,
            named like its variable in small letters: ``farol_s3_secret_key``.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore")

    secrets: Path | None = None


class StoreSettings(BaseSettings):
    """Where the store is and how to reach it; the variables are ``FAROL_`` + the names here.

    An empty variable counts as unset; what is set in no variable is looked for in the folder of
    secrets. Secrets never show in ``repr``.

    Attributes:
        store: Where publications are: a folder or ``s3://bucket/prefix``.
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
        validate_default=True,
    )

    store: str = "exports/ml_results"
    registry: Path = Path("schema_registry.json")
    s3_endpoint: str | None = None
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_secure: bool = True
    s3_region: str = "us-east-1"
    s3_ca_file: Path | None = None
    store_timeout_s: float = Field(default=10.0, gt=0, le=300)

    @field_validator("*")
    @classmethod
    def _check_secret_characters(cls, value: object) -> object:
        if isinstance(value, SecretStr):
            check_characters(value.get_secret_value())
        return value

    @field_validator("s3_endpoint")
    @classmethod
    def _check_endpoint(cls, value: str | None) -> str | None:
        return value and match_setting(value, r"[^/\s]+", "host:port, without https://")

    @field_validator("s3_secret_key")
    @classmethod
    def _check_secret_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value and value == info.data.get("s3_access_key"):
            raise SettingFault(f"is the same as {PREFIX}S3_ACCESS_KEY; it must be another")
        return check_strength(value)

    @classmethod
    def load(cls) -> Self:
        """Read the settings from the environment, and secrets from the folder that it names.

        Raises:
            SettingsError: Some are missing or wrong; names every one of them by its variable.
        """
        folder = SecretsFolder().secrets
        if folder is not None:
            names = frozenset(f"{PREFIX}{name}".lower() for name in cls.model_fields)
            if faults := secret_files.find_faults(folder, f"{PREFIX}SECRETS", names):
                raise SettingsError(faults=faults)
        try:
            return cls(_secrets_dir=folder)
        except ValidationError as error:
            # The cause is left out: it would carry the values, and some of them are secrets.
            raise SettingsError(faults=[cls._describe(fault) for fault in error.errors()]) from None

    def open_store(self, address: str | None = None, *, hide_folder: bool = False) -> ObjectStore:
        """Return the store at *address*, by default ``store``; nothing is read or connected yet.

        With *hide_folder* a folder is named without the folders that it lies in: for a process
        whose sentences strangers read.

        Raises:
            InvalidSelection: The address is neither a folder nor ``s3://bucket/prefix``.
            SettingsError: It is an S3 store, and settings for it are missing or wrong.
        """
        address = self.store if address is None else address
        if "://" not in address and address.strip():
            shown = f".../{Path(address).name}" if hide_folder and address[0] == "/" else address
            return FolderStore(Path(address), shown)
        found = _S3_ADDRESS.fullmatch(address)
        if found is None:
            raise InvalidSelection(parameter="store", found=repr(address), expected=_ADDRESSES)
        endpoint, access_key, secret_key = self._require_s3(address)
        # minio is loaded only where it is used: a folder store needs none of it.
        from datalayer.kernel.storage.s3_store import S3Options, S3Store

        options = S3Options(
            endpoint=endpoint,
            access_key=access_key,
            secret_key=secret_key,
            secure=self.s3_secure,
            region=self.s3_region,
            timeout_s=self.store_timeout_s,
            ca_file=self.s3_ca_file,
        )
        return S3Store(options, found["bucket"], (found["prefix"] or "").strip("/"))

    def _require_s3(self, address: str) -> tuple[str, str, str]:
        """Return endpoint, access key and secret key."""
        endpoint, access_key, secret_key = self.s3_endpoint, self.s3_access_key, self.s3_secret_key
        if endpoint and access_key and secret_key:
            return endpoint, access_key.get_secret_value(), secret_key.get_secret_value()
        needed = ("s3_endpoint", "s3_access_key", "s3_secret_key")
        missing = [f"{PREFIX}{name.upper()}" for name in needed if not getattr(self, name)]
        raise SettingsError(
            faults=[f"{variable} is missing; {address} needs it" for variable in missing]
        )

    @classmethod
    def _describe(cls, fault: ErrorDetails) -> str:
        name = str(fault["loc"][0])
        variable = f"{PREFIX}{name.upper()}"
        if fault["type"] == "value_error":
            return f"{variable} {fault['ctx']['error']}"
        is_secret = SecretStr in get_args(cls.model_fields[name].annotation)
        found = "" if is_secret else f"is {fault['input']!r}: "
        return f"{variable} {found}{fault['msg']}"


def check_characters(secret: str) -> None:
    """Let *secret* pass if it is one word of printable ASCII, as headers and addresses carry it.

    Raises:
        SettingFault: It isn't; says where, and nothing of the value.
    """
    if other := _NO_WORD.search(secret):
        raise SettingFault(
            f"has a blank, a line break, a byte order mark or another character that is not "
            f"printable ASCII, the first at place {other.start() + 1} of {len(secret)}; "
            "it must be one word, in a file of plain text"
        )


def check_strength(value: SecretStr | None) -> SecretStr | None:
    """Return the secret *value* if it is unset or hard to guess.

    Raises:
        SettingFault: It can be guessed; says why, and nothing of the value.
    """
    if value is not None and (weakness := find_weakness(value.get_secret_value())):
        raise SettingFault(weakness)
    return value


def match_setting(value: str, pattern: str, expected: str) -> str:
    """Return *value* if it matches *pattern* as a whole and is not blank.

    Raises:
        SettingFault: It doesn't; says what was *expected*.
    """
    if not re.fullmatch(pattern, value) or not value.strip():
        raise SettingFault(f"is {value!r}; it must be {expected}")
    return value
