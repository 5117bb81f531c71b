"""uvicorn's protocols with bounds: on a request's head and body, on time, and on connections.

uvicorn itself has none of them for httptools: a header of any size is kept, and a request that
never ends is waited for. Streamlit builds the server, so these classes are put in its place while
the application starts (``server_bounds.py``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from datalayer.api.headers import OF_DATA
from datalayer.api.problems import MEDIA_TYPE, PROBLEM_TYPES
from datalayer.server.connections import Connection, Connections, Refusal
from datalayer.server.upload_gate import DETAILS, UploadRules

KIBIBYTE: Final = 1024
HEAD_BYTES: Final = 64 * KIBIBYTE
"""Most bytes of request line and headers together."""

LINE_BYTES: Final = 16 * KIBIBYTE
"""Most bytes of an address with its query."""

HEADERS: Final = 100
BODY_BYTES: Final = 1024 * KIBIBYTE
"""Most bytes of a request's body, with what frames it."""

MESSAGE_BYTES: Final = 1024 * KIBIBYTE
"""Most bytes of one message of a page's websocket."""

PIPELINED: Final = 16
"""Most requests that wait on one connection for the answer before theirs."""

RETRY_AFTER_S: Final = 5

_ANSWERS: Final[Mapping[str, str]] = {
    "server-full": f"All connections are in use; try again in {RETRY_AFTER_S} s",
    "request-too-slow": "The request did not arrive in time; send it without pauses",
    "address-too-long": f"The address is longer than {LINE_BYTES // KIBIBYTE} KiB",
    "headers-too-large": (
        f"Request line and headers are more than {HEAD_BYTES // KIBIBYTE} KiB or {HEADERS} headers"
    ),
    "body-too-large": f"The body is more than {BODY_BYTES // KIBIBYTE} KiB",
    "malformed-request": "This is no request of HTTP/1.1",
}
_OF_REASON: Final[Mapping[Refusal, str]] = {
    Refusal.FULL: "server-full",
    Refusal.SLOW: "request-too-slow",
    Refusal.STUCK: "request-too-slow",
    Refusal.TOO_LARGE: "headers-too-large",
    Refusal.INVALID: "malformed-request",
    Refusal.NOT_ALLOWED: "not-allowed",
}
_WITHOUT_BODY: Final = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_IDLE, _HEAD, _BODY = range(3)


class _Refused(Exception):
    """A request that is not taken any further."""

    def __init__(self, reason: Refusal, slug: str) -> None:
        super().__init__(slug)
        self.reason = reason
        self.slug = slug


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 with the bounds of this module; *connections* has the times and the caps.

    Files of those whom *uploads* admits are longer, and may take longer.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
        uploads: UploadRules,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._bounds = connections
        self._uploads = uploads
        self._most_body = BODY_BYTES
        self._phase = _IDLE
        self._size = 0
        self._chunk_size = 0
        self._within_cap = True
        self._is_refused = False
        self._refusal: _Refused | None = None

    @property
    def unsent_bytes(self) -> int:
        """Bytes of answers that the client has not taken."""
        return self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take part in the caps."""
        super().connection_made(transport)
        self._within_cap = self._bounds.admit(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave them."""
        self._bounds.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and refuse what is more than a request may have."""
        if self._is_refused:
            return
        phase = self._phase
        self._chunk_size = len(data)
        self._size += self._chunk_size
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
                return
        except httptools.HttpParserError:
            self._end(self._refusal or _Refused(Refusal.INVALID, "malformed-request"))
            return
        if self._phase != _IDLE and self._size > self._most():
            slug = "headers-too-large" if self._phase == _HEAD else "body-too-large"
            self._end(_Refused(Refusal.TOO_LARGE, slug))
        elif self._phase != phase or self._phase == _IDLE:
            self._note_phase()

    def handle_websocket_upgrade(self) -> None:
        """Have a websocket take over this connection."""
        super().handle_websocket_upgrade()
        self._bounds.hand_over(self, cast("Connection", self.transport.get_protocol()))

    def on_message_begin(self) -> None:
        """Begin to count a request's head, with all that came in one piece with its beginning."""
        self._phase, self._size = _HEAD, self._chunk_size
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse a request by its head, or have it answered.

        Raises:
            _Refused: Inside of the parser, which ends with an error of its own.
        """
        refusal = self._judge_head()
        if refusal is not None:
            self._refusal = refusal
            raise refusal
        self._phase, self._size = _BODY, 0
        super().on_headers_complete()
        if not self._within_cap and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Note that nothing of the request is missing."""
        self._phase = _IDLE
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if self._phase == _IDLE and self.cycle.response_complete:
            self._bounds.awaits_request(self)

    def refuse(self, reason: Refusal) -> None:
        """Answer that the connection ends for this reason, where that is possible, and end it."""
        slug = _OF_REASON[reason]
        if reason is Refusal.SLOW and self._phase == _IDLE and not self._size:
            # Whoever has asked nothing would take an answer for that to what he is about to ask.
            self.cut()
        elif reason is Refusal.SLOW or self._refusal is None:
            self._answer(slug)
        else:
            self._answer(self._refusal.slug)

    def cut(self) -> None:
        """End the connection at once."""
        self._is_refused = True
        self.transport.abort()

    def _judge_head(self) -> _Refused | None:
        """Return why the request whose head has arrived is refused; None if it is not."""
        if len(self.url) > LINE_BYTES:
            return _Refused(Refusal.TOO_LARGE, "address-too-long")
        if len(self.headers) > HEADERS or self._has_large_head():
            return _Refused(Refusal.TOO_LARGE, "headers-too-large")
        if not self._within_cap and b"/health" not in self.url.partition(b"?")[0]:
            return _Refused(Refusal.FULL, "server-full")
        if len(self.pipeline) >= PIPELINED:
            return _Refused(Refusal.INVALID, "malformed-request")
        self._most_body = BODY_BYTES
        return self._judge_body() if self.parser.get_method() not in _WITHOUT_BODY else None

    def _judge_body(self) -> _Refused | None:
        """Return why the body that is about to arrive is not read; None if it is."""
        file = self._uploads.admit_raw(self.parser.get_method(), self.url, self.headers)
        if file is None:
            large = self._announced_bytes() > BODY_BYTES
            return _Refused(Refusal.TOO_LARGE, "body-too-large") if large else None
        self._most_body = file.most_bytes
        if not file.slug:
            return None
        large = file.slug == "body-too-large"
        return _Refused(Refusal.TOO_LARGE if large else Refusal.NOT_ALLOWED, file.slug)

    def _most(self) -> int:
        return HEAD_BYTES if self._phase == _HEAD else self._most_body

    def _has_large_head(self) -> bool:
        if self._size <= HEAD_BYTES:
            return False
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        return size > HEAD_BYTES

    def _announced_bytes(self) -> int:
        return max((int(v) for name, v in self.headers if name == b"content-length"), default=0)

    def _note_phase(self) -> None:
        if self._phase == _HEAD:
            self._bounds.awaits_head(self)
        elif self._phase == _BODY:
            self._bounds.awaits_body(self, is_file=self._most_body > BODY_BYTES)
        elif self.cycle is not None and not self.cycle.response_complete:
            # Empty lines may come before a request; they are no reason to wait any longer.
            self._bounds.works(self)

    def _end(self, refusal: _Refused) -> None:
        self._refusal = refusal
        # What came is a request, if also of a connection that nothing was awaited of till now.
        self._bounds.works(self)
        self._bounds.refuse(self, refusal.reason)

    def _answer(self, slug: str) -> None:
        self._is_refused = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or self.pipeline:
                self.transport.abort()
                return
            # The application learns that nobody listens, and what it still says is dropped.
            cycle.disconnected = True
            cycle.message_event.set()
        self.flow.resume_reading()
        self.transport.write(_refusal(slug))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """A websocket that takes part in the caps, and ends where its client answers nothing."""

    def __init__(self, *, connections: Connections, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._bounds = connections

    @property
    def unsent_bytes(self) -> int:
        """Bytes of messages that the client has not taken."""
        return self.transport.get_write_buffer_size()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the caps."""
        self._bounds.remove(self)
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """End a connection whose client did not answer; closing would wait for it to read."""
        super().keepalive_timeout()
        self.transport.abort()

    def refuse(self, reason: Refusal) -> None:  # noqa: ARG002 - a websocket can't be told
        """End the connection."""
        self.cut()

    def cut(self) -> None:
        """End the connection at once."""
        self.transport.abort()


def _refusal(slug: str) -> bytes:
    kind = PROBLEM_TYPES[slug]
    content = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": _ANSWERS.get(slug) or DETAILS[slug],
    }
    body = json.dumps(content).encode()
    lines = [
        f"content-type: {MEDIA_TYPE}",
        f"content-length: {len(body)}",
        "cache-control: no-store",
        *(f"{name.decode()}: {value.decode()}" for name, value in OF_DATA),
        "connection: close",
    ]
    if kind.status == 503:
        lines.append(f"retry-after: {RETRY_AFTER_S}")
    return STATUS_LINE[kind.status] + "\r\n".join([*lines, "", ""]).encode() + body
