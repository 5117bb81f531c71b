"""What every request passes first: the name it came under, the path prefix, page or program.

An ASGI middleware around the pages' server, which would answer any address with a page: it is
asked for those of pages only, and all else of the API. Behind the entrance no address has the
prefix, whether the proxy in front strips it or keeps it; what leaves has it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import structlog
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from datalayer.api.headers import OF_COMPONENTS, OF_DATA, OF_PAGES, Header
from datalayer.api.path_prefix import under
from datalayer.api.problems import problem
from datalayer.server.hosts import AllowedHosts, is_same_host

LONGEST_NAME: Final = 80
IsPage = Callable[[str, str], bool]
"""Returns True for the addresses of pages, by ``http`` or ``websocket`` and the path."""

_COMPONENTS: Final = "/component/"
_POLICY_VIOLATION: Final = 1008  # RFC 6455, section 7.4.1
_NAMES: Final = frozenset({b"host", b"x-forwarded-host"})

log = structlog.get_logger(__name__)


class Entrance:
    """Wraps *app*; see the module.

    Args:
        app: The pages.
        is_page: Tells which addresses are theirs.
        api: What answers at all others.
        hosts: The names that the portal answers under.
        path_prefix: Such as ``/farol``; empty for none.
    """

    def __init__(
        self, app: ASGIApp, *, is_page: IsPage, api: ASGIApp, hosts: AllowedHosts, path_prefix: str
    ) -> None:
        self._pages = app
        self._is_page = is_page
        self._api = api
        self._hosts = hosts
        self._prefix = path_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it for the name that it came under."""
        if scope["type"] not in {"http", "websocket"}:
            await self._pages(scope, receive, send)
            return
        # Both, since a proxy may put its own name into Host; and several, after several proxies.
        hosts = [
            each.strip()
            for name, value in scope["headers"]
            if name in _NAMES
            for each in value.decode("latin-1").split(",")
        ]
        for host in hosts:
            if not (self._hosts.knows(host) or await self._hosts.allows(host)):
                detail = f"This portal does not answer under the name {host[:LONGEST_NAME]!a}"
                await self._refuse("unknown-host", detail, scope, receive, send)
                return
        if scope["type"] == "websocket":
            origin = _origin(scope)
            if origin and not any(is_same_host(origin, host) for host in hosts):
                detail = (
                    f"A page of {origin[:LONGEST_NAME]!a} is none of the portal at {hosts!a:.80}"
                )
                await self._refuse("cross-site", detail, scope, receive, send)
                return
            scope = _named_after(origin, scope)
        if self._prefix:
            await self._answer_under_prefix(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith("/api/"):
            await self._api(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_page(scope["type"], scope["path"]):
            headers = OF_COMPONENTS if scope["path"].startswith(_COMPONENTS) else OF_PAGES
            await self._pages(scope, receive, _with_headers(send, headers))
        elif scope["type"] == "http":
            await self._api(scope, receive, send)
        else:
            await WebSocketClose()(scope, receive, send)

    async def _answer_under_prefix(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, prefix = scope["path"], self._prefix
        respond: ASGIApp = self._answer
        if path == prefix:
            # Relative addresses of a page would otherwise lead out of the prefix.
            query = scope["query_string"].decode("latin-1")
            respond = RedirectResponse(f"/?{query}" if query else "/", 308)
        elif path.startswith(f"{prefix}/"):
            scope = _without_prefix(scope, prefix)
        reply = _PrefixedReply(send, prefix, dict(scope["headers"]).get(b"host", b""))
        with under(prefix):
            await respond(scope, receive, reply)

    async def _refuse(
        self, slug: str, detail: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer with a problem; a connection is closed, and why is in the log alone."""
        log.warning("entrance.refused", type=slug, kind=scope["type"], problem=detail)
        if scope["type"] == "websocket":
            await WebSocketClose(_POLICY_VIOLATION)(scope, receive, send)
            return
        with under(self._prefix):
            response = problem(slug, detail)
        response.raw_headers.extend(OF_DATA)
        await response(scope, receive, send)


def _with_headers(send: Send, headers: tuple[Header, ...]) -> Send:
    async def send_page(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return send_page


class _PrefixedReply:
    """Sends an answer whose redirects and cookies are of addresses under *prefix*."""

    def __init__(self, send: Send, prefix: str, host: bytes) -> None:
        self._send = send
        self._prefix = prefix
        self._host = host.decode("latin-1")

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [self._under_prefix(*each) for each in message.get("headers", ())]
            message = {**message, "headers": headers}
        await self._send(message)

    def _under_prefix(self, name: bytes, value: bytes) -> Header:
        if name == b"location":
            return name, self._location(value.decode("latin-1")).encode("latin-1")
        if name == b"set-cookie":
            # Other applications of the same host neither get these cookies nor overwrite them.
            parts = (part.strip() for part in value.decode("latin-1").split(";"))
            own = f"Path={self._prefix}"
            rewritten = (own if part.lower() == "path=/" else part for part in parts)
            return name, "; ".join(rewritten).encode("latin-1")
        return name, value

    def _location(self, target: str) -> str:
        parts = urlsplit(target)
        if parts.netloc not in {"", self._host} or not parts.path.startswith("/"):
            return target
        # Without scheme and host, which a proxy may have changed on the way here.
        return urlunsplit(("", "", self._prefix + parts.path, parts.query, parts.fragment))


def _without_prefix(scope: Scope, prefix: str) -> Scope:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    path: str = scope["path"][len(prefix) :]
    # Letters of the prefix may have come as %66, which changes nothing but where the rest begins.
    kept = raw[len(prefix) :] if raw.startswith(prefix.encode()) else quote(path).encode()
    return {**scope, "path": path, "raw_path": kept}


def _origin(scope: Scope) -> str:
    return next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"), ""
    )


def _named_after(origin: str, scope: Scope) -> Scope:
    """Return *scope* with the host of *origin*, which the page was asked under.

    Streamlit compares the two by the letter, and looks this machine's public address up on the
    Internet where they differ.
    """
    if not origin:
        return scope
    others = [each for each in scope["headers"] if each[0] != b"host"]
    host = urlsplit(origin).netloc.encode("latin-1")
    return {**scope, "headers": [(b"host", host), *others]}
