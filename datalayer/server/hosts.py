"""The names that the portal answers under.

A page of another site can have its own name lead to this machine (DNS rebinding) and would then
read the portal through the browser of whoever looks at that page. The browser sends the name
along, so what comes under a strange one is refused. An address in digits is nobody's name and
can't be rebound.
"""

from __future__ import annotations

import asyncio
import re
import socket
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

ANY_NAME = "*"
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class AllowedHosts:
    """Tells whether the portal answers under a name.

    Addresses of IPv4 and IPv6, ``localhost`` and the machine's own names always count.

    Args:
        listing: More names by comma: ``farol.example``, ``*.farol.example`` or ``*`` for any.
    """

    def __init__(self, listing: str) -> None:
        names = {part.strip().lower() for part in listing.split(",") if part.strip()}
        self._any = ANY_NAME in names
        self._endings = tuple(name[1:] for name in names if name.startswith("*."))
        self._names = names | {"localhost", *_names_of(socket.gethostname())}
        self._has_full_name = False
        # What has been asked once costs nothing more; any request may name another.
        self.knows = lru_cache(maxsize=1024)(self._knows)

    async def allows(self, host: str) -> bool:
        """Return True if *host*, a Host header's value, names this portal.

        The machine's full name is looked up when a name is asked for the first time that is not
        known without it: where the name server does not answer, that takes seconds.
        """
        if self.knows(host):
            return True
        if not self._has_full_name:
            self._has_full_name = True
            self._names |= _names_of(await asyncio.to_thread(socket.getfqdn))
            self.knows.cache_clear()
        return self.knows(host)

    def _knows(self, host: str) -> bool:
        found = _HOST.fullmatch(host.lower())
        if found is None:
            return False
        name = found["name"].rstrip(".")
        return self._any or name in self._names or name.endswith(self._endings) or _is_address(name)


def is_same_host(origin: str, host: str) -> bool:
    """Return True if pages of *origin*, such as ``https://farol.example``, come from *host*."""
    try:
        scheme, netloc = urlsplit(origin)[:2]
    except ValueError:
        return False
    default = _DEFAULT_PORTS.get(scheme)
    if default is None or not netloc:
        return False
    return netloc.lower().removesuffix(default) == host.lower().removesuffix(default)


def _names_of(machine: str) -> set[str]:
    return {machine.lower().rstrip(".")} - {""}


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
