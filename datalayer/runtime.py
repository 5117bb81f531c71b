"""The process's one portal, made at first use, and the accounts beside it."""

from __future__ import annotations

import threading
from functools import lru_cache

from datalayer.access.accounts import SESSION_COOKIE, Accounts, open_accounts
from datalayer.access.api_keys import ApiKey, ApiKeys, Scope
from datalayer.access.authentication import client_address, trusted_networks
from datalayer.access.known_browsers import known_browser_cookie
from datalayer.access.passwords import new_password
from datalayer.access.sessions import Session
from datalayer.access.users import User
from datalayer.portal import Portal
from datalayer.settings import Settings

__all__ = [
    "SESSION_COOKIE",
    "ApiKey",
    "Scope",
    "Session",
    "User",
    "accounts",
    "api_keys",
    "cookie_path",
    "known_browser_cookie",
    "new_password",
    "portal",
    "reset",
    "visitor_address",
]

_lock = threading.Lock()
_portal: Portal | None = None
_accounts = lru_cache(open_accounts)
_api_keys = lru_cache(ApiKeys)
# The environment of a process stays; reading it anew takes longer than most questions.
_settings = lru_cache(Settings.load)


def portal() -> Portal:
    """Return the process's portal, making it from the settings on the first call.

    Raises:
        SettingsError: The settings have faults.
        RegistryError: The schema registry has faults.
    """
    global _portal  # noqa: PLW0603 - one per process is what this module is for
    with _lock:
        if _portal is None:
            _portal = Portal(_settings())
        return _portal


def accounts() -> Accounts:
    """Return the accounts of those who may sign in.

    Raises:
        SettingsError: The settings have faults.
    """
    return _accounts(_settings())


def api_keys() -> ApiKeys:
    """Return the API keys, to be listed, made and revoked.

    Raises:
        SettingsError: The settings have faults.
    """
    return _api_keys(_settings().state)


def cookie_path() -> str:
    """Return the beginning of the addresses that a visitor's browser sends its cookie to.

    Raises:
        SettingsError: The settings have faults.
    """
    return _settings().path_prefix or "/"


def visitor_address(peer: str, forwarded_for: str) -> str:
    """Return the address of a visitor; *forwarded_for* counts where *peer* is a trusted proxy."""
    return client_address(peer, forwarded_for, trusted_networks(_settings().trusted_proxies))


def reset() -> None:
    """Forget the portal and its settings, so that the next call makes another: for tests."""
    global _portal  # noqa: PLW0603 - as above
    with _lock:
        if _portal is not None:
            _portal.close()
        _portal = None
        _settings.cache_clear()
