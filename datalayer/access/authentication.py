"""Authentication: who sends a request, by API key or session cookie, and from which address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from datalayer.access.accounts import SESSION_COOKIE, Accounts, open_accounts
from datalayer.access.api_keys import ApiKeys
from datalayer.access.identity import ANYONE, Identity
from datalayer.kernel.errors import CrossSiteRequest, KeyRefused
from datalayer.settings import Settings

Network = IPv4Network | IPv6Network
Headers = Mapping[bytes, bytes] | Iterable[tuple[bytes, bytes]]

_READS = {"GET", "HEAD", "OPTIONS"}


def open_authentication(settings: Settings) -> Authentication:
    """Return the authentication of the portal that *settings* describe."""
    return Authentication(
        open_accounts(settings),
        ApiKeys(settings.state),
        trusted_proxies=trusted_networks(settings.trusted_proxies),
    )


class Authentication:
    """Finds out who a request comes from. Knows no web framework.

    The X-Forwarded-For of *trusted_proxies* is believed.
    """

    def __init__(
        self, accounts: Accounts, keys: ApiKeys, *, trusted_proxies: Sequence[Network]
    ) -> None:
        self._accounts = accounts
        self._keys = keys
        self._trusted = tuple(trusted_proxies)

    def identify(self, method: str, headers: Headers) -> Identity:
        """Return who sends a request: the holder of its key, else of its session, else ANYONE.

        A session that has ended is nobody's. For anything but a read it counts only where the
        request comes from a page of the portal itself, since a browser sends a cookie along
        with what any page makes it send.

        Args:
            method: Of HTTP, in capitals.
            headers: Names in lower case, as ASGI gives them.

        Raises:
            KeyRefused: The key is not valid, or there are two different ones.
            CrossSiteRequest: Another site's page tried to change something by the cookie.
            StateError: A file of accounts or keys is damaged.
        """
        found = _by_name(headers)
        if keys := _keys_in(found):
            if len(keys) > 1:
                raise KeyRefused
            return self._keys.check(keys.pop())
        token = _session_token(found)
        if token is None or not (method in _READS or _is_same_origin(found)):
            return ANYONE
        return self._accounts.identity_from_token(token) or ANYONE

    def address(self, peer: str | None, headers: Headers) -> str:
        """Return the address that a request comes from; see ``client_address``."""
        forwarded = _by_name(headers).get(b"x-forwarded-for", [])
        return client_address(peer, ", ".join(map(_text, forwarded)), self._trusted)

    def stands_for_many(self, address: str) -> bool:
        """Return True for an address that many callers may share: this host's, or a proxy's."""
        found = _address(address)
        return found is None or found.is_loopback or any(found in each for each in self._trusted)


def trusted_networks(listing: str) -> tuple[Network, ...]:
    """Return the networks of a setting such as ``10.0.0.5, 172.16.0.0/12``."""
    return tuple(ip_network(part.strip()) for part in listing.split(",") if part.strip())


def client_address(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """Return the address of the client behind the proxies that are trusted.

    That is the right-most address that is no trusted proxy: what stands to the left of it, the
    client may have written itself.

    Args:
        peer: Who opened the connection; None where that is not known.
        forwarded_for: The header X-Forwarded-For; several of them joined by comma.
        trusted: Networks of proxies whose X-Forwarded-For is believed.
    """
    nearest = _address(peer or "")
    if nearest is None:
        return peer or "-"
    for entry in reversed((forwarded_for or "").split(",")):
        if not any(nearest in network for network in trusted):
            break
        before = _address(entry.strip())
        if before is None:
            break
        nearest = before
    return str(nearest)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    # Some proxies write the port too: 203.0.113.7:4711, [2001:db8::1]:4711.
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _by_name(headers: Headers) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        found.setdefault(name, []).append(value)
    return found


def _keys_in(headers: Mapping[bytes, list[bytes]]) -> set[str]:
    keys = {_text(value).strip() for value in headers.get(b"x-api-key", [])}
    for value in headers.get(b"authorization", []):
        scheme, _, credential = _text(value).strip().partition(" ")
        # Other schemes are a proxy's own affair.
        if scheme.lower() == "bearer":
            keys.add(credential.strip())
    return keys


def _session_token(headers: Mapping[bytes, list[bytes]]) -> str | None:
    for line in headers.get(b"cookie", []):
        for part in _text(line).split(";"):
            name, _, value = part.strip().partition("=")
            if name == SESSION_COOKIE:
                return value.strip('"')
    return None


def _is_same_origin(headers: Mapping[bytes, list[bytes]]) -> bool:
    """Return True if a page of the portal sent this; False where the browser does not tell.

    Raises:
        CrossSiteRequest: The browser tells that it was another site's page.
    """
    if site := headers.get(b"sec-fetch-site"):
        same = site == [b"same-origin"]
    elif origin := headers.get(b"origin"):
        host = [b"://" + each.lower() for each in headers.get(b"host", [])]
        same = len(origin) == len(host) == 1 and origin[0].lower().endswith(host[0])
        same = same and origin[0].lower().removesuffix(host[0]) in {b"http", b"https"}
    else:
        return False
    if not same:
        raise CrossSiteRequest
    return True


def _text(value: bytes) -> str:
    return value.decode("latin-1")
