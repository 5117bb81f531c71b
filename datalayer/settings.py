"""Everything the portal reads from its environment, checked at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.errors import KeyFileError
from datalayer.kernel.storage.secret_strength import find_weakness
from datalayer.kernel.storage.settings import PREFIX, SettingFault, match_setting
from datalayer.notice_settings import ORIGIN, NoticeSettings

MEBIBYTE = 1024 * 1024
LEAST_MEMORY_BYTES = 64 * MEBIBYTE
SERVED_FOLDERS = frozenset(
    {
        *("_stcore", "app", "component", "media", "static"),
        *("accuracy", "admin", "data", "forecast", "guide", "inventory", "monday", "orders"),
        *("availability", "changes", "overview"),
        *("api", "health", "metrics"),
    }
)
"""What the portal's own addresses begin with: no prefix, or two things would have one address."""


class Settings(NoticeSettings):
    """The portal's settings, those of the store and of notices among them.

    Attributes:
        state: Folder for snapshots, the active publication, the audit log and the accounts.
        redis_url: Cache shared between replicas; None for one process alone.
        cache_bytes: Most memory for cached results; kept answers take a share beside it.
        keep_snapshots: Publications kept on the local disk for roll-back and pinned links.
        snapshot_quota_bytes: Most disk for them together.
        extract_quota_bytes: Most disk for extracts that were made, so that parts can be read.
        memory_limit: DuckDB's, e.g. ``512MiB``.
        query_timeout_s: Longest time of one read; extracts may take longer.
        validation_timeout_s: Longest time of one validation; after it the publication is refused.
        access: ``open`` (pages and reads for everybody) or ``members`` (sign-in or API key).
        session_hours: A sign-in ends after this time.
        session_idle_minutes: It ends sooner where nothing was asked for this long.
        rate_limit: Requests to the API of one key or address, e.g. ``1200/minute``.
        trusted_proxies: Addresses and networks, by comma, whose X-Forwarded-For is believed.
        path_prefix: What every address begins with, e.g. ``/farol``; empty for none.
        allowed_hosts: More names to answer under, by comma; see ``AllowedHosts``.
        max_sessions: Most pages open at once; None for as many as half of the memory holds.
        cors_origins: Origins, by comma, whose pages may read the API; ``*`` for all.
        upload_max_bytes: Most bytes of a zip of a publication that an administrator uploads; it is
            held in memory. 0 takes none.
        trusted_keys: PEM file of public keys, or a folder of them: only publications that one of
            them signed are accepted; None for all.
    """

    state: Path = Path("var")
    redis_url: SecretStr | None = None
    cache_bytes: int = Field(default=256 * MEBIBYTE, ge=0)
    keep_snapshots: int = Field(default=5, ge=2)
    snapshot_quota_bytes: int = Field(default=20 * 1024 * MEBIBYTE, gt=0)
    extract_quota_bytes: int = Field(default=2 * 1024 * MEBIBYTE, ge=0)
    memory_limit: str = "512MiB"
    query_timeout_s: float = Field(default=10.0, gt=0, le=600)
    validation_timeout_s: float = Field(default=3600.0, gt=0, le=7 * 24 * 3600)
    access: Literal["open", "members"] = "open"
    session_hours: float = Field(default=24.0, gt=0, le=24 * 30)
    session_idle_minutes: float = Field(default=120.0, gt=0)
    rate_limit: str = "1200/minute"
    trusted_proxies: str = ""
    path_prefix: str = ""
    allowed_hosts: str = ""
    max_sessions: int | None = Field(default=None, ge=1)
    cors_origins: str = ""
    upload_max_bytes: int = Field(default=128 * MEBIBYTE, ge=0, le=1024 * MEBIBYTE)
    trusted_keys: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("store")
    @classmethod
    def _check_store(cls, value: str) -> str:
        return match_setting(value, r"s3://[^/]+.*|(?:(?!://).)+", "a folder or s3://bucket/prefix")

    @field_validator("s3_endpoint", "s3_access_key", "s3_secret_key")
    @classmethod
    def _require_for_s3(cls, value: object, info: ValidationInfo) -> object:
        if value is None and str(info.data.get("store", "")).startswith("s3://"):
            raise SettingFault(f"is missing, and {PREFIX}STORE is an s3:// address that needs it")
        return value

    @field_validator("s3_ca_file")
    @classmethod
    def _check_ca_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise SettingFault(f"is {str(value)!r}, which is no file; it must be a PEM file")
        return value

    @field_validator("trusted_keys")
    @classmethod
    def _check_trusted_keys(cls, value: Path | None) -> Path | None:
        try:
            _ = value and TrustedKeys.read(value)
        except KeyFileError as error:
            raise SettingFault(f"names {error.path!r}, which {error.problem}") from error
        return value

    def trusted_keys_reader(self) -> Callable[[], TrustedKeys] | None:
        """Return what reads the keys that must have signed; None where nobody need sign.

        It raises ``KeyFileError`` when they can't be read at that moment.
        """
        return partial(TrustedKeys.read, self.trusted_keys) if self.trusted_keys else None

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        # The address may hold a password, so the fault does not show it.
        if value is None:
            return value
        if not re.match(r"(rediss?|unix)://.", value.get_secret_value()):
            raise SettingFault("must begin with redis://, rediss:// or unix://")
        address = urlsplit(value.get_secret_value())
        try:
            port = address.port
        except ValueError:
            port = 0
        if port == 0:
            raise SettingFault("has a port that is not a number from 1 to 65535")
        _check_redis_password(address)
        return value

    @field_validator("rate_limit")
    @classmethod
    def _check_rate_limit(cls, value: str) -> str:
        pattern = r"[1-9]\d{0,8}/(second|minute|hour)"
        return match_setting(value, pattern, "a rate such as 1200/minute (second, minute or hour)")

    @field_validator("trusted_proxies")
    @classmethod
    def _check_trusted_proxies(cls, value: str) -> str:
        for each in filter(None, (part.strip() for part in value.split(","))):
            try:
                ip_network(each)
            except ValueError:
                expected = "addresses or networks by comma, such as 10.0.0.5, 172.16.0.0/12"
                raise SettingFault(f"has {each!r}; it must be {expected}") from None
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_cors_origins(cls, value: str, info: ValidationInfo) -> str:
        origins = _parts(value)
        if "*" in origins and info.data.get("access") == "members":
            raise SettingFault(
                f"has '*', and {PREFIX}ACCESS is members; it must name the origins one by one"
            )
        for each in origins:
            if each != "*" and not ORIGIN.fullmatch(each):
                expected = "origins by comma such as https://bi.example.com, or * for all"
                raise SettingFault(f"has {each!r}; it must be {expected}")
        return value

    @property
    def links_base(self) -> str:
        """What links to pages begin with where they are not read in the portal."""
        return f"{self.public_origin}{self.path_prefix}"

    @property
    def proof_folder(self) -> Path:
        """Where the portal makes proofs of its deployment and keeps their reports."""
        return self.state / "proof"

    @property
    def shared_origins(self) -> tuple[str, ...]:
        """The origins in ``cors_origins``."""
        return _parts(self.cors_origins)

    @field_validator("path_prefix")
    @classmethod
    def _check_path_prefix(cls, value: str) -> str:
        parts = value.strip("/").split("/") if value.strip("/") else []
        if any(
            not re.fullmatch(r"[A-Za-z0-9._~-]+", part) or not part.strip(".") for part in parts
        ):
            raise SettingFault(f"is {value!r}; it must be a path such as /farol")
        if parts and parts[0] in SERVED_FOLDERS:
            raise SettingFault(f"is {value!r}, an address of the portal itself; try /farol")
        return "".join(f"/{part}" for part in parts)

    @field_validator("allowed_hosts")
    @classmethod
    def _check_allowed_hosts(cls, value: str) -> str:
        for each in filter(None, (part.strip() for part in value.split(","))):
            if each != "*" and not re.fullmatch(r"(\*\.)?[A-Za-z0-9_-][A-Za-z0-9._-]*", each):
                expected = "names by comma, without scheme and port, such as farol.example, *.local"
                raise SettingFault(f"has {each!r}; it must be {expected}")
        return value

    @field_validator("memory_limit")
    @classmethod
    def _check_memory_limit(cls, value: str) -> str:
        expected = "an amount such as 512MiB or 2GB"
        match_setting(value, r"[1-9]\d{0,5}(\.\d+)?\s?[KMGT]i?B", expected)
        if _bytes(value) < LEAST_MEMORY_BYTES:
            least = f"{LEAST_MEMORY_BYTES // MEBIBYTE}MiB"
            raise SettingFault(f"is {value!r}; it must be {expected}, {least} or more")
        return value


def environment_with(settings: dict[str, str]) -> dict[str, str]:
    """Return this process's environment, for a process that has other *settings*.

    Args:
        settings: Values by name, as the fields of ``Settings`` are named.
    """
    changed = {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
    return {**os.environ, **changed}


def _check_redis_password(address: SplitResult) -> None:
    """Let the address of a Redis pass whose password is strong, or that only this host reaches.

    Raises:
        SettingFault: The password is missing or weak.
    """
    # As redis-py reads it: what stands before the host wins over what stands in the query.
    in_query = parse_qs(address.query).get("password", [""])[0]
    if password := unquote(address.password or "") or in_query:
        if weakness := find_weakness(password):
            raise SettingFault(f"has a password that {weakness}")
    elif address.scheme != "unix" and not _is_this_host(address.hostname or "localhost"):
        raise SettingFault(
            "has no password, and whoever reaches Redis may switch what is served; "
            "it must be redis://user:password@host:port, or an address of this host"
        )


def _is_this_host(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parts(value: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in value.split(","))))


def _bytes(amount: str) -> float:
    number, unit, base = re.findall(r"([\d.]+)\s?([KMGT])(i?)", amount)[0]
    power = "KMGT".index(unit) + 1
    return float(number) * (1024.0 if base else 1000.0) ** power
