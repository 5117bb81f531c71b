"""What every request but a page's passes ahead of all routing: who calls, how often, what is kept.

An ASGI middleware around the API, /health and /metrics. It finds out the caller, counts a call of
the API against its limit, and sends kept answers by itself; where there is nothing it says so.
Every answer leaves with the security headers and a request id. A HEAD is answered as the GET would
be, without its body.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Mapping
from operator import attrgetter
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datalayer.access.authentication import Authentication
from datalayer.access.identity import ANYONE, Identity
from datalayer.access.sign_in_throttle import household
from datalayer.api.addresses import PLAIN, routing_path
from datalayer.api.call import Call, route_of
from datalayer.api.forms import accept_header, content_coding, requested_form
from datalayer.api.headers import OF_DATA, OF_DOCUMENTATION, Header
from datalayer.api.kept_answers import AnswerKey, KeptAnswers
from datalayer.api.limiting import Limiter
from datalayer.api.metrics import Metrics
from datalayer.api.not_found import nothing_there
from datalayer.api.problems import problem_of
from datalayer.api.read_log import ReadLog
from datalayer.kernel.errors import NotAcceptable, PortalError, TooManyRequests
from datalayer.portal import Portal

_API = "/api/"
_DOCUMENTATION = "/api/v1/docs"
_PROBES = frozenset({"/health", "/health/live", "/health/ready"})
_OTHERS = _PROBES | {"/metrics"}
_CREDENTIALS = frozenset({b"x-api-key", b"authorization", b"cookie"})
# A look costs as much as all the rest; a request that came so much earlier had the same answer.
_LOOK_EVERY_S = 0.005
_SOUND_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")

log = structlog.get_logger(__name__)


class ApiMiddleware:
    """Wraps *app*; see the module.

    Args:
        app: What answers where nothing is kept.
        cache_bytes: Most memory for kept answers.
    """

    def __init__(
        self,
        app: ASGIApp,
        portal: Portal,
        authentication: Authentication,
        limiter: Limiter,
        metrics: Metrics,
        cache_bytes: int,
    ) -> None:
        self._app = app
        self._portal = portal
        self._authentication = authentication
        self._limiter = limiter
        self._metrics = metrics
        self._kept = KeptAnswers(cache_bytes, attrgetter("size_bytes"))
        self._log = ReadLog()
        self._active_id: str | None = None
        self._looked_at = float("-inf")
        # A prefix of this process and a number: as unique as random bytes, and cheaper.
        self._id_prefix = secrets.token_hex(6)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: with the answer that is kept, or with one that is made."""
        path: str = scope["path"]
        if path == "/api" or not PLAIN.fullmatch(scope.get("raw_path") or b""):
            path = routing_path(scope)
            scope = {**scope, "path": path}
        headers = OF_DOCUMENTATION if path.startswith(_DOCUMENTATION) else OF_DATA
        began = perf_counter()
        head = scope["method"] == "HEAD"
        if head:
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        asked: dict[bytes, bytes] = dict(scope["headers"])
        given = asked.get(b"x-request-id")
        if given is not None and _SOUND_ID.fullmatch(given):
            request_id = given.decode()
        else:
            request_id = f"{self._id_prefix}-{next(self._numbers):x}"
        headers = (*headers, (b"x-request-id", request_id.encode()))
        try:
            identity = await self._admit(scope, asked)
        except PortalError as refusal:
            call = Call(request_id=request_id, began=began, head=head)
            await self._respond(problem_of(refusal), call, scope, receive, _Reply(send, headers))
            return
        key = self._key(scope, asked, identity, began)
        kept = self._kept.get(key) if key else None
        if kept is None:
            call = Call(
                identity, request_id, began, self._portal.members_only, self._kept, key, head
            )
            is_served = path.startswith(_API) or path in _OTHERS
            respond = self._app if is_served else nothing_there(scope)
            await self._respond(respond, call, scope, receive, _Reply(send, headers))
            return
        coding = content_coding(asked.get(b"accept-encoding", b""))
        status, size_bytes = await kept.send_to(asked, coding, send, headers)
        seconds = perf_counter() - began
        self._log.write(kept.line, request_id, seconds * 1000)
        self._metrics.count_request(
            kept.route,
            "HEAD" if head else "GET",
            status=status,
            seconds=seconds,
            cache="hit",
            bytes_sent=0 if head else size_bytes,
            rows=0 if head else kept.read.rows,
        )

    async def _admit(self, scope: Scope, asked: Mapping[bytes, bytes]) -> Identity:
        """Return who calls, and count the call; one with a refused key counts for its address.

        Raises:
            TooManyRequests: It was one too many.
            PortalError: The credentials are refused.
        """
        identity, refusal = ANYONE, None
        if not _CREDENTIALS.isdisjoint(asked):
            try:
                identity = self._authentication.identify(scope["method"], scope["headers"])
            except PortalError as error:
                refusal = error
        if scope["path"].startswith(_API):
            caller = self._address(scope, asked) if identity is ANYONE else identity.name
            try:
                await self._limiter.count(caller)
            except TooManyRequests:
                by_key = "key" if ":" in caller else "user"
                self._metrics.count_refusal("address" if identity is ANYONE else by_key)
                raise
        # A probe that is sent with an old key is no reason to take the portal for dead.
        if refusal and scope["path"] not in _PROBES:
            raise refusal
        return identity

    def _address(self, scope: Scope, asked: Mapping[bytes, bytes]) -> str:
        """Return the address that a call counts for: of IPv6 the network that one host has."""
        client = scope.get("client")
        address: str | None = client[0] if client else None
        if not address or ":" in address or b"x-forwarded-for" in asked:
            address = self._authentication.address(address, scope["headers"])
        # Only an address of IPv6 may stand for many; looking at the others is time lost.
        return household(address) if ":" in address else address

    def _key(
        self, scope: Scope, asked: Mapping[bytes, bytes], identity: Identity, now: float
    ) -> AnswerKey | None:
        """Return the key of the answer to this request; None for what is never kept."""
        if scope["method"] != "GET" or (self._portal.members_only and identity is ANYONE):
            return None
        if now - self._looked_at > _LOOK_EVERY_S:
            self._active_id, self._looked_at = self._portal.active_id(), now
        if self._active_id is None:
            return None
        try:
            query = scope["query_string"] if b"dialect=" in scope["query_string"] else b""
            form = requested_form(accept_header(scope["headers"]), query)
            content_coding(asked.get(b"accept-encoding", b""))
        except NotAcceptable:
            return None
        return self._active_id, scope["path"], scope["query_string"], form.value

    async def _respond(
        self, respond: ASGIApp, call: Call, scope: Scope, receive: Receive, reply: _Reply
    ) -> None:
        """Have *respond* answer, and write what came of it to log and metrics."""
        scope.setdefault("state", {})["call"] = call
        with structlog.contextvars.bound_contextvars(request_id=call.request_id):
            try:
                await respond(scope, receive, reply)
            finally:
                seconds, route = perf_counter() - call.began, route_of(scope)
                read, method = call.outcome.read, "HEAD" if call.head else scope["method"]
                size_bytes = 0 if call.head else reply.size_bytes
                self._metrics.count_request(
                    route,
                    method,
                    status=reply.status,
                    seconds=seconds,
                    cache="miss" if call.key and read else "none",
                    bytes_sent=size_bytes,
                    rows=read.rows if read and not call.head else 0,
                )
                log.info(
                    "api.read" if read else "api.request",
                    request_id=call.request_id,
                    method=method,
                    route=route,
                    status=reply.status,
                    caller=call.identity.name,
                    **(read.log_fields() if read else {}),
                    bytes=size_bytes,
                    milliseconds=round(seconds * 1000, 3),
                    cache_hit=False,
                )


class _Reply:
    """Sends an answer with *more* headers, and remembers its status and size."""

    def __init__(self, send: Send, more: tuple[Header, ...]) -> None:
        self._send = send
        self._more = more
        self.status = 500
        self.size_bytes = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *self._more]}
        elif message["type"] == "http.response.body":
            self.size_bytes += len(message.get("body", b""))
        await self._send(message)


def _without_body(send: Send) -> Send:
    """Return *send* for the answer to a HEAD: its headers leave as they are, its body does not."""

    async def send_head(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
        elif not message.get("more_body"):
            await send({"type": "http.response.body", "body": b""})

    return send_head
