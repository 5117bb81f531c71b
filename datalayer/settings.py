"""Everything the portal reads from outside, checked at once."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from datalayer.kernel.errors import SettingsError

PREFIX = "FAROL_"
MEBIBYTE = 1024 * 1024
LEAST_MEMORY_BYTES = 64 * MEBIBYTE

_SECRETS = {"s3_access_key", "s3_secret_key", "redis_url"}


class Settings(BaseSettings):
    """The portal's settings; each is read from the variable ``FAROL_`` + its name.

    An empty variable counts as unset. Secrets never show in ``repr``.

    Attributes:
        store: Where publications come from: a folder or ``s3://bucket/prefix``.
        s3_endpoint: ``host:port`` of the S3 store, without ``https://``.
        s3_ca_file: Certificate authorities to trust for the S3 store, PEM; the system's if unset.
        store_timeout_s: Longest wait for a connection to the store and for each answer.
        state: Folder for snapshots, the active publication, the audit log and the accounts.
        redis_url: Cache shared between replicas; None for one process alone.
        cache_bytes: Most memory for cached results; kept answers take a share beside it.
        keep_snapshots: Publications kept on the local disk for roll-back and pinned links.
        snapshot_quota_bytes: Most disk for them together.
        memory_limit: DuckDB's, e.g. ``512MiB``.
        query_timeout_s: Longest time of one read; extracts may take longer.
        access: ``open`` (pages and reads for everybody) or ``members`` (sign-in or API key).
        session_hours: A sign-in ends after this time.
        session_idle_minutes: It ends sooner where nothing was asked for this long.
        rate_limit: Requests to the API of one key or address, e.g. ``1200/minute``.
        trusted_proxies: Addresses and networks, by comma, whose X-Forwarded-For is believed.
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
    s3_endpoint: str | None = None
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_secure: bool = True
    s3_region: str = "us-east-1"
    s3_ca_file: Path | None = None
    store_timeout_s: float = Field(default=10.0, gt=0, le=300)
    state: Path = Path("var")
    registry: Path = Path("schema_registry.json")
    redis_url: SecretStr | None = None
    cache_bytes: int = Field(default=256 * MEBIBYTE, ge=0)
    keep_snapshots: int = Field(default=5, ge=2)
    snapshot_quota_bytes: int = Field(default=20 * 1024 * MEBIBYTE, gt=0)
    memory_limit: str = "512MiB"
    query_timeout_s: float = Field(default=10.0, gt=0, le=600)
    access: Literal["open", "members"] = "open"
    session_hours: float = Field(default=24.0, gt=0, le=24 * 30)
    session_idle_minutes: float = Field(default=120.0, gt=0)
    rate_limit: str = "1200/minute"
    trusted_proxies: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("store")
    @classmethod
    def _a_store(cls, value: str) -> str:
        return _expect(value, r"s3://[^/]+.*|(?:(?!://).)+", "a folder or s3://bucket/prefix")

    @field_validator("s3_endpoint")
    @classmethod
    def _a_host(cls, value: str | None) -> str | None:
        return None if value is None else _expect(value, r"[^/\s]+", "host:port, without https://")

    @field_validator("s3_endpoint", "s3_access_key", "s3_secret_key")
    @classmethod
    def _given_for_an_s3_store(cls, value: object, info: ValidationInfo) -> object:
        if value is None and str(info.data.get("store", "")).startswith("s3://"):
            raise _SettingError(f"is missing, and {PREFIX}STORE is an s3:// address that needs it")
        return value

    @field_validator("s3_ca_file")
    @classmethod
    def _a_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise _SettingError(f"is {str(value)!r}, which is no file; it must be a PEM file")
        return value

    @field_validator("redis_url")
    @classmethod
    def _a_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        # The address may hold a password, so the fault does not show it.
        if value and not re.match(r"(rediss?|unix)://.", value.get_secret_value()):
            raise _SettingError("must begin with redis://, rediss:// or unix://")
        if value and not _has_sound_port(value.get_secret_value()):
            raise _SettingError("has a port that is not a number from 1 to 65535")
        return value

    @field_validator("rate_limit")
    @classmethod
    def _a_rate(cls, value: str) -> str:
        pattern = r"[1-9]\d{0,8}/(second|minute|hour)"
        return _expect(value, pattern, "a rate such as 1200/minute (second, minute or hour)")

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for each in filter(None, (part.strip() for part in value.split(","))):
            try:
                ip_network(each)
            except ValueError:
                expected = "addresses or networks by comma, such as 10.0.0.5, 172.16.0.0/12"
                raise _SettingError(f"has {each!r}; it must be {expected}") from None
        return value

    @field_validator("memory_limit")
    @classmethod
    def _an_amount_of_memory(cls, value: str) -> str:
        expected = "an amount such as 512MiB or 2GB"
        _expect(value, r"[1-9]\d{0,5}(\.\d+)?\s?[KMGT]i?B", expected)
        if _bytes(value) < LEAST_MEMORY_BYTES:
            least = f"{LEAST_MEMORY_BYTES // MEBIBYTE}MiB"
            raise _SettingError(f"is {value!r}; it must be {expected}, {least} or more")
        return value


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: Some are missing or wrong; names every one of them by its variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        # The cause is left out: it would carry the values, and some of them are secrets.
        raise SettingsError([_sentence(fault) for fault in error.errors()]) from None


class _SettingError(ValueError):
    """What is wrong with a setting, as the rest of a sentence that its name begins."""


def _has_sound_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _bytes(amount: str) -> float:
    number, unit, base = re.findall(r"([\d.]+)\s?([KMGT])(i?)", amount)[0]
    power = "KMGT".index(unit) + 1
    return float(number) * (1024.0 if base else 1000.0) ** power


def _expect(value: str, pattern: str, expected: str) -> str:
    if not re.fullmatch(pattern, value) or not value.strip():
        raise _SettingError(f"is {value!r}; it must be {expected}")
    return value


def _sentence(fault: ErrorDetails) -> str:
    name = str(fault["loc"][0])
    variable = f"{PREFIX}{name.upper()}"
    if fault["type"] == "value_error":
        return f"{variable} {fault['ctx']['error']}"
    found = "" if name in _SECRETS else f"is {fault['input']!r}: "
    return f"{variable} {found}{fault['msg']}"
