"""The process's one portal, made at first use."""

from __future__ import annotations

import threading

from datalayer.portal import Portal
from datalayer.settings import Settings

_lock = threading.Lock()
_portal: Portal | None = None


def portal() -> Portal:
    """Return the process's portal, making it from the settings on the first call.

    Raises:
        SettingsError: The settings have faults.
        RegistryError: The schema registry has faults.
    """
    global _portal  # noqa: PLW0603 - one per process is what this module is for
    with _lock:
        if _portal is None:
            _portal = Portal(Settings.load())
        return _portal


def reset() -> None:
    """Forget the portal, so that the next call makes another: for tests."""
    global _portal  # noqa: PLW0603 - as above
    with _lock:
        if _portal is not None:
            _portal.close()
        _portal = None
