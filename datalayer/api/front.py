"""The front of the API: who calls, how often, and what was answered before, ahead of all routing.

An ASGI middleware around the whole application. For addresses of the API, /health and /metrics
it finds out the caller, counts the call against its limit, and sends kept answers by itself;
every answer, pages included, leaves with the security headers and a request id.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Callable, Mapping
from time import perf_counter

import structlog
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datalayer.access.authentication import Authentication
from datalayer.access.identity import ANYONE, Identity
from datalayer.access.sign_in_throttle import household
from datalayer.api.answers import Answer, Facts
from datalayer.api.forms import accepted, form_asked
from datalayer.api.headers import Header, security_headers
from datalayer.api.kept_answers import KeptAnswer, KeptAnswers, Key
from datalayer.api.limiting import Limiter
from datalayer.api.metrics import Metrics
from datalayer.api.problems import problem, problem_of
from datalayer.kernel.errors import NotAcceptable, PortalError, TooManyRequests
from datalayer.kernel.logs import ReadLog
from datalayer.portal import Portal

_GUARDED = ("/api/", "/health", "/metrics")
_CREDENTIALS = frozenset({b"x-api-key", b"authorization", b"cookie"})
# A look costs as much as all the rest; a request that came so much earlier had the same answer.
_LOOK_EVERY_S = 0.005
_SOUND_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")

log = structlog.get_logger(__name__)


class Front:
    """Wraps *app*; see the module.

    Args:
        app: What answers that which is not kept.
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
        self._kept = KeptAnswers(cache_bytes)
        self._log = ReadLog()
        self._active: str | None = None
        self._looked_at = float("-inf")
        # A prefix of this process and a number: as unique as random bytes, and cheaper.
        self._id_prefix = secrets.token_hex(6)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(_GUARDED):
            await self._guarded(scope, receive, send)
        else:
            more = security_headers(scope["path"])
            await self._app(scope, receive, _with_headers(send, more))

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        asked: dict[bytes, bytes] = dict(scope["headers"])
        request_id = self._request_id(asked)
        more = (*security_headers(scope["path"]), (b"x-request-id", request_id.encode()))
        try:
            identity = await self._counted_caller(scope, asked)
        except PortalError as refusal:
            answering = _Answering(send, more)
            await problem_of(refusal)(scope, receive, answering)
            self._tell(scope, answering, began, request_id=request_id, identity=ANYONE)
            return
        if "\n" in scope["path"]:
            # Routes are patterns whose dot is any character but this one: it would lead past them.
            answering = _Answering(send, more)
            nothing = problem("not-found", f"There is nothing at {scope['path'][:200]!a}")
            await nothing(scope, receive, answering)
            self._tell(scope, answering, began, request_id=request_id, identity=identity)
            return
        key = self._key(scope, identity)
        kept = self._kept.find(key) if key else None
        if kept is not None:
            status, size_bytes = await kept.answer.send_to(asked, send, more)
            self._tell_kept(kept, request_id, began, status=status, size_bytes=size_bytes)
            return
        answering = _Answering(send, more)
        state = scope.setdefault("state", {})
        state.update(identity=identity, request_id=request_id)
        state["members_only"] = self._portal.members_only
        if key is not None:
            state["kept"] = _Slot(self._kept, self._log, key, scope)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, answering)
            finally:
                self._tell(scope, answering, began, request_id=request_id, identity=identity)

    def _request_id(self, asked: Mapping[bytes, bytes]) -> str:
        given = asked.get(b"x-request-id")
        if given is not None and _SOUND_ID.fullmatch(given):
            return given.decode()
        return f"{self._id_prefix}-{next(self._numbers):x}"

    async def _counted_caller(self, scope: Scope, asked: Mapping[bytes, bytes]) -> Identity:
        """Return who calls, and count the call; one with a refused key counts for its address."""
        try:
            identity = self._caller(scope, asked)
        except PortalError:
            await self._count(scope, asked, ANYONE)
            raise
        await self._count(scope, asked, identity)
        return identity

    def _caller(self, scope: Scope, asked: Mapping[bytes, bytes]) -> Identity:
        if _CREDENTIALS.isdisjoint(asked):
            return ANYONE
        return self._authentication.identify(scope["method"], scope["headers"])

    async def _count(self, scope: Scope, asked: Mapping[bytes, bytes], identity: Identity) -> None:
        if not scope["path"].startswith("/api/"):
            return
        caller = self._household(scope, asked) if identity is ANYONE else identity.name
        try:
            await self._limiter.count(caller)
        except TooManyRequests:
            kind = "address" if identity is ANYONE else "key" if ":" in caller else "user"
            self._metrics.rate_limited(kind)
            raise

    def _household(self, scope: Scope, asked: Mapping[bytes, bytes]) -> str:
        address = self._address(scope, asked)
        # Only an address of IPv6 may stand for many; looking at the others is time lost.
        return household(address) if ":" in address else address

    def _address(self, scope: Scope, asked: Mapping[bytes, bytes]) -> str:
        client = scope.get("client")
        peer: str | None = client[0] if client else None
        if peer and ":" not in peer and b"x-forwarded-for" not in asked:
            return peer
        return self._authentication.address(peer, scope["headers"])

    def _key(self, scope: Scope, identity: Identity) -> Key | None:
        """Return the key of the answer to this request; None for what is never kept."""
        if scope["method"] != "GET" or (self._portal.members_only and identity is ANYONE):
            return None
        active_id = self._active_id(perf_counter())
        if active_id is None:
            return None
        try:
            form = form_asked(accepted(scope["headers"]))
        except NotAcceptable:
            return None
        return active_id, scope["path"], scope["query_string"], form.value

    def _active_id(self, now: float) -> str | None:
        """Return the active publication's id, looked up again after a few milliseconds."""
        if now - self._looked_at > _LOOK_EVERY_S:
            self._active, self._looked_at = self._portal.active_id(), now
        return self._active

    def _tell_kept(
        self, kept: KeptAnswer, request_id: str, began: float, *, status: int, size_bytes: int
    ) -> None:
        seconds = perf_counter() - began
        kept.line.write(request_id, seconds * 1000, cache_hit=True)
        self._metrics.request(
            kept.route,
            "GET",
            status=status,
            seconds=seconds,
            cache="hit",
            bytes_sent=size_bytes,
            rows=kept.answer.facts.rows,
        )

    def _tell(
        self,
        scope: Scope,
        answering: _Answering,
        began: float,
        *,
        request_id: str,
        identity: Identity,
    ) -> None:
        seconds = perf_counter() - began
        state = scope.get("state", {})
        facts: Facts | None = state.get("facts")
        route = _route_of(scope)
        self._metrics.request(
            route,
            scope["method"],
            status=answering.status,
            seconds=seconds,
            cache="miss" if "kept" in state and facts else "none",
            bytes_sent=answering.size_bytes,
            rows=facts.rows if facts else 0,
        )
        log.info(
            "api.read" if facts else "api.request",
            request_id=request_id,
            method=scope["method"],
            route=route,
            status=answering.status,
            caller=identity.name,
            **_told(facts),
            bytes=answering.size_bytes,
            milliseconds=round(seconds * 1000, 3),
            cache_hit=False,
        )


class _Slot:
    """The place of one request's answer among the kept ones."""

    def __init__(self, answers: KeptAnswers, read_log: ReadLog, key: Key, scope: Scope) -> None:
        self._answers = answers
        self._log = read_log
        self._key = key
        self._scope = scope

    def made_once(self, make: Callable[[], Answer]) -> Answer:
        """Return what *make* makes, once for all who ask the same at the same time; keep it."""
        answer = self._answers.made_once(self._key, make)
        self._keep(answer)
        return answer

    def _keep(self, answer: Answer) -> None:
        pinned = self._scope["state"].get("pinned", False)
        if not pinned and answer.facts.provenance.publication_id != self._key[0]:
            # Another publication was activated meanwhile: under this key it would be the wrong one.
            return
        route = _route_of(self._scope)
        line = self._log.template("api.read", route=route, **_told(answer.facts))
        self._answers.keep(self._key, KeptAnswer(answer, route, line))


class _Answering:
    """Sends an answer with more headers, and remembers its status and size."""

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


def _with_headers(send: Send, more: tuple[Header, ...]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return sending


def _route_of(scope: Scope) -> str:
    """Return the template of the address; one word for those without, so that none is made up."""
    route = scope.get("route")
    template = None if isinstance(route, Mount) else getattr(route, "path_format", None)
    if template is None:
        return "unmatched"
    return f"{scope.get('root_path', '')}{template}"


def _told(facts: Facts | None) -> dict[str, object]:
    if facts is None:
        return {}
    return {
        "publication_id": facts.provenance.publication_id,
        "dataset_id": facts.provenance.dataset_id,
        "model_version": facts.provenance.model_version,
        "data_sets": list(facts.provenance.data_sets),
        "rows": facts.rows,
    }
