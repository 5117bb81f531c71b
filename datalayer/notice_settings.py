"""The settings of notices: the address that their links begin with, and the webhook, if any."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, TypedDict
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from datalayer.kernel.storage.settings import (
    PREFIX,
    SettingFault,
    StoreSettings,
    check_strength,
    match_setting,
)

# As browsers write it: in small letters, without a path.
ORIGIN: Final = re.compile(r"https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
KEY_PREFIX: Final = "whsec_"
LEAST_KEY_BYTES: Final = 24
MOST_KEY_BYTES: Final = 64

_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:]*:[0-9a-f:.]*")


class WebhookOptions(TypedDict):
    """Where and how notices are sent."""

    url: str
    key: bytes
    timeout_s: float


class NoticeSettings(StoreSettings):
    """What is told of activations outside the portal.

    Attributes:
        public_origin: What the portal's addresses begin with for those who read notices, e.g.
            ``https://farol.example``; without the path prefix.
        webhook_hosts: The only names, by comma, that a notice is ever sent to.
        webhook_plain_http: Whether it may be sent without TLS.
        webhook_secret: ``whsec_`` and the key in Base64 that notices are signed with.
        webhook_timeout_s: Longest time of one try.
        webhook_url: Where they are sent; None for nowhere. It may hold a token, and is a secret.
    """

    public_origin: str = ""
    webhook_hosts: str = ""
    webhook_plain_http: bool = False
    webhook_secret: SecretStr | None = None
    webhook_timeout_s: float = Field(default=10.0, gt=0, le=60)
    # Behind those that it is held against.
    webhook_url: SecretStr | None = None

    def webhook(self) -> WebhookOptions | None:
        """Return where and how notices are sent; None where they are not."""
        if self.webhook_url is None or self.webhook_secret is None:
            return None
        return WebhookOptions(
            url=self.webhook_url.get_secret_value(),
            key=_key_of(self.webhook_secret.get_secret_value()),
            timeout_s=self.webhook_timeout_s,
        )

    @field_validator("public_origin")
    @classmethod
    def _check_public_origin(cls, value: str) -> str:
        expected = "an address such as https://farol.example, without a path"
        return value and match_setting(value, ORIGIN.pattern, expected)

    @field_validator("webhook_hosts")
    @classmethod
    def _check_webhook_hosts(cls, value: str) -> str:
        for each in _names(value):
            if not _HOST.fullmatch(each):
                expected = "names by comma, in small letters, such as hooks.example.com"
                raise SettingFault(f"has {each!r}; it must be {expected}")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _check_webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            secret = value.get_secret_value()
            if not secret.startswith(KEY_PREFIX) or not _key_of(secret):
                raise SettingFault(
                    f"must be {KEY_PREFIX} and {LEAST_KEY_BYTES} to {MOST_KEY_BYTES} random bytes "
                    "in Base64, such as `openssl rand -base64 32` makes"
                )
            check_strength(SecretStr(secret.removeprefix(KEY_PREFIX)))
        return value

    @field_validator("webhook_url")
    @classmethod
    def _check_webhook_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # The address may hold a token, so no fault shows it.
        if value is None:
            return None
        for needed in ("webhook_secret", "public_origin"):
            if needed in info.data and not info.data[needed]:
                raise SettingFault(f"is set, and {PREFIX}{needed.upper()}, which it needs, is not")
        _check_address(value.get_secret_value(), info.data)
        return value


def _check_address(url: str, others: dict[str, object]) -> None:
    address = urlsplit(url)
    try:
        host, port = address.hostname, address.port
    except ValueError:
        host, port = None, 0
    if address.scheme not in {"http", "https"} or not host or port == 0 or "\\" in url:
        raise SettingFault("must be an address such as https://hooks.example.com/farol")
    if "@" in address.netloc or address.fragment:
        raise SettingFault("has a user, a password or a part behind #; it must have none")
    if address.scheme == "http" and not others.get("webhook_plain_http"):
        raise SettingFault(
            f"must begin with https://, unless {PREFIX}WEBHOOK_PLAIN_HTTP allows http://"
        )
    if host not in _names(str(others.get("webhook_hosts", ""))):
        raise SettingFault(f"leads to {host!r}, which {PREFIX}WEBHOOK_HOSTS does not name")


def _names(value: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in value.split(","))))


def _key_of(secret: str) -> bytes:
    """Return the key in a secret; no bytes where there is none of the right size."""
    try:
        key = base64.b64decode(secret.removeprefix(KEY_PREFIX), validate=True)
    except binascii.Error:
        return b""
    return key if LEAST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES else b""
