"""One signed POST to the one address that is allowed, within one deadline.

Signed as Standard Webhooks has it: ``webhook-id``, ``webhook-timestamp`` and
``webhook-signature``. No redirect is followed and no proxy of the environment is used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

from datalayer.kernel.errors import NoticeNotTaken
from datalayer.kernel.sentences import Sentence

LONGEST_HEAD_BYTES: Final = 4096
GONE: Final = 410

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)[ \r]")
_OWN_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# Where clouds give machines their secrets, beside 169.254.169.254, which is of the link: Alibaba's,
# Oracle's, Azure's, Amazon's and Google's.
_OF_CLOUDS: Final = frozenset(
    map(
        ipaddress.ip_address,
        ("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"),
    )
)


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of *host*, those of its first answer first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Webhook:
    """Where notices are sent.

    Attributes:
        url: With scheme, of a host that the settings allow.
        key: What is signed with.
        timeout_s: Longest time of one try: look-up, connection, TLS, request and answer together.
        resolve: Returns the addresses of a host name, as ``socket.getaddrinfo`` has them.
    """

    url: str
    key: bytes
    timeout_s: float
    resolve: Callable[[str, int], list[str]] = field(default=addresses)

    def __repr__(self) -> str:
        """Return the host alone: address and key may be secrets."""
        return f"Webhook({self.host})"

    @property
    def host(self) -> str:
        """The name that it is sent to."""
        return urlsplit(self.url).hostname or ""

    def send(self, message_id: str, body: bytes, now: datetime) -> None:
        """Send *body* once; it was taken where nothing is raised.

        Args:
            message_id: The same each time that the same notice is sent.
            body: JSON.
            now: When it is sent; receivers refuse what is old.

        Raises:
            NoticeNotTaken: It wasn't taken; says why.
        """
        deadline = time.monotonic() + self.timeout_s
        try:
            status = self._exchange(self._request(message_id, body, now), deadline)
        except (TimeoutError, BlockingIOError) as error:
            reason = Sentence("did not answer within {timeout_s:g} s", timeout_s=self.timeout_s)
            raise NoticeNotTaken(host=self.host, reason=reason) from error
        except ssl.SSLCertVerificationError as error:
            reason = Sentence("is not trusted: {why}", why=error.verify_message)
            raise NoticeNotTaken(host=self.host, reason=reason) from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            reason = Sentence("can't be reached: {why}", why=why)
            raise NoticeNotTaken(host=self.host, reason=reason) from error
        if not 200 <= status < 300:
            raise NoticeNotTaken(host=self.host, reason=_refusal(status), is_final=status == GONE)

    def _request(self, message_id: str, body: bytes, now: datetime) -> bytes:
        address, sent_at = urlsplit(self.url), int(now.timestamp())
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        head = {
            "Host": address.netloc,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": "Farol",
            "Connection": "close",
            "webhook-id": message_id,
            "webhook-timestamp": str(sent_at),
            "webhook-signature": signature(self.key, message_id, sent_at, body),
        }
        lines = [f"POST {target} HTTP/1.1", *(f"{name}: {text}" for name, text in head.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _exchange(self, request: bytes, deadline: float) -> int:
        """Send *request* and return the status of the answer, of which no more is read."""
        with self._connect(deadline) as link:
            link.settimeout(_left(deadline))
            link.sendall(request)
            head = b""
            while b"\n" not in head and len(head) < LONGEST_HEAD_BYTES:
                link.settimeout(_left(deadline))
                part = link.recv(LONGEST_HEAD_BYTES)
                if not part:
                    break
                head += part
        found = _STATUS.match(head)
        if found is None:
            raise NoticeNotTaken(host=self.host, reason=Sentence("gave an answer that is no HTTP"))
        return int(found[1])

    def _connect(self, deadline: float) -> socket.socket:
        """Return a connection to an address that may be used; the name is looked up once."""
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        usable = [each for each in self._look_up(port, deadline) if self._may_lead_to(each)]
        if not usable:
            reason = Sentence("leads to an address that no notice is sent to")
            raise NoticeNotTaken(host=self.host, reason=reason)
        link = _first_connected(usable, port, deadline)
        if parts.scheme != "https":
            return link
        try:
            link.settimeout(_left(deadline))
            return ssl.create_default_context().wrap_socket(link, server_hostname=self.host)
        except BaseException:
            link.close()
            raise

    def _look_up(self, port: int, deadline: float) -> list[str]:
        """Return the addresses of the host; on a thread, since a look-up knows no limit of time."""
        found: Future[list[str]] = Future()

        def look_up() -> None:
            try:
                found.set_result(self.resolve(self.host, port))
            except OSError as error:
                found.set_exception(error)

        Thread(target=look_up, name="webhook-look-up", daemon=True).start()
        return found.result(_left(deadline))

    def _may_lead_to(self, text: str) -> bool:
        """Return whether the name may lead to that address.

        Not to this host, unless the name says so, and to none at which clouds give their secrets
        away. Private networks are allowed: receivers are there.
        """
        address = _meant(ipaddress.ip_address(text.partition("%")[0]))
        if address.is_loopback:
            return self.host in _OWN_NAMES
        is_no_host = address.is_multicast or address.is_unspecified or address.is_reserved
        return not (is_no_host or address.is_link_local or address in _OF_CLOUDS)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one leads to; any other as it is."""
    if isinstance(address, IPv4Address):
        return address
    translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    through_teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or through_teredo or translated or address


def signature(key: bytes, message_id: str, sent_at: int, body: bytes) -> str:
    """Return the signature of a message, as its header has it."""
    signed = f"{message_id}.{sent_at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _first_connected(usable: list[str], port: int, deadline: float) -> socket.socket:
    failed: OSError | None = None
    for address in usable:
        try:
            return socket.create_connection((address, port), timeout=_left(deadline))
        except OSError as error:
            failed = failed or error
    raise failed or OSError("no address")


def _left(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _refusal(status: int) -> Sentence:
    if 300 <= status < 400:
        return Sentence("answered {status:s}, and redirects are not followed", status=str(status))
    return Sentence("answered {status:s}", status=str(status))
