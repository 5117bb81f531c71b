"""Answers as bytes: made once by DuckDB or Arrow, kept with their zstd form, sent as they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Protocol

import pyarrow as pa
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from datalayer.api.cursors import cursor_text
from datalayer.api.forms import Form, accepted, form_asked, takes_zstd
from datalayer.api.headers import Header
from datalayer.kernel.errors import NotAcceptable
from datalayer.portal import Publication
from datalayer.reading.paging import JsonRows, TablePage
from datalayer.reading.question import Question
from datalayer.reading.results import Provenance

LEAST_COMPRESSED_BYTES = 1024
PINNED_FOR_S = 86_400


@dataclass(frozen=True)
class Facts:
    """What the log tells of a read: where it came from and how much it was."""

    provenance: Provenance
    rows: int


class Answer(Response):
    """An answer that is sent again and again without being made again.

    Attributes:
        facts: What the log tells of it.
    """

    def __init__(self, body: bytes, headers: Mapping[str, str], facts: Facts) -> None:
        super().__init__(body, headers=dict(headers))
        self.facts = facts
        plain = [*self.raw_headers]
        self._sent: dict[bool, tuple[list[Header], bytes]] = {False: (plain, body)}
        self._unchanged = [each for each in plain if not each[0].startswith(b"content-")]
        self._etag = headers["ETag"].encode()

    @property
    def size_bytes(self) -> int:
        """Memory held, about."""
        # The zstd form is made when it is first asked for; there is room for it from the start.
        return len(self.body) * 5 // 4 + 4096

    def packed(self) -> tuple[list[Header], bytes]:
        """Return headers and body of the zstd form, or of the plain one where that is small."""
        found = self._sent.get(True)
        if found is None:
            plain, body = self._sent[False]
            worth = len(body) >= LEAST_COMPRESSED_BYTES
            found = self._sent[True] = _zstd(plain, body) if worth else (plain, body)
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send what *scope* asks for."""
        await self.send_to(dict(scope["headers"]), send, ())

    async def send_to(
        self, asked: Mapping[bytes, bytes], send: Send, more: Sequence[Header]
    ) -> tuple[int, int]:
        """Send the body, its zstd form, or that nothing changed; return status and bytes."""
        if names(asked.get(b"if-none-match", b""), self._etag):
            status, headers, body = 304, self._unchanged, b""
        else:
            status = 200
            packed = takes_zstd(asked.get(b"accept-encoding", b""))
            headers, body = self.packed() if packed else self._sent[False]
        start = {"type": "http.response.start", "status": status, "headers": [*headers, *more]}
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return status, len(body)


class Place(Protocol):
    """Where the front keeps the answer to one request."""

    def made_once(self, make: Callable[[], Answer]) -> Answer:
        """Return what *make* makes, once for all who ask the same at the same time; keep it."""


def rows_answer(
    request: Request,
    view: Publication,
    question: Question,
    when_empty: Callable[[], object] | None = None,
) -> Response:
    """Return one page of the answer to *question*, as JSON or Arrow, whichever is asked for.

    Where there are no rows, *when_empty* is called first: it raises if there is a reason to tell.

    Raises:
        NotAcceptable: Neither is.
        ReadFailed, QueryTooLong: It can't be read.
    """
    form = form_asked(accepted(request.headers.raw))

    def make() -> Answer:
        rows = {Form.JSON: _json_rows, Form.ARROW: _arrow_rows}[form]
        body, facts = rows(request, view, question)
        if when_empty is not None and not facts.rows:
            when_empty()
        headers = {**_headers(request, view, form), "Content-Type": form.value}
        answer = Answer(body, headers, facts)
        if takes_zstd(request.headers.get("accept-encoding", "").encode("latin-1")):
            answer.packed()  # here, on a thread, and not where all requests are waiting
        return answer

    place: Place | None = _state(request).get("kept")
    answer = place.made_once(make) if place else make()
    tell(request, answer.facts)
    return answer


def object_answer(
    request: Request,
    view: Publication,
    data: object,
    data_sets: tuple[str, ...] = (),
    *,
    following: str | None = None,
) -> Response:
    """Return *data* as JSON in the envelope of every answer; made anew for each call.

    For what depends on more than the publication: ages, what is kept here.

    Raises:
        NotAcceptable: JSON is not among what is asked for.
    """
    form = form_asked(accepted(request.headers.raw))
    if form is not Form.JSON:
        raise NotAcceptable(form.value, Form.JSON.value)
    facts = Facts(view.provenance(data_sets), 1)
    envelope = {"data": data, "next": following, "metadata": asdict(facts.provenance)}
    body = _json(envelope)
    headers = {
        "Content-Type": form.value,
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:24]}"',
        "Cache-Control": cache_control(request, lasting=False),
        "Vary": "Accept, Accept-Encoding",
    }
    tell(request, facts)
    return Answer(body, headers, facts)


def json_answer(content: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return *content* as JSON, dates in ISO 8601 and times in UTC with a Z."""
    return Response(_json(content), media_type=Form.JSON.value, headers=headers)


def tell(request: Request, facts: Facts) -> None:
    """Leave for the log what the read of *request* was."""
    _state(request)["facts"] = facts


def cache_control(request: Request, *, lasting: bool = True) -> str:
    """Return how long, and by whom, the answer to *request* may be kept.

    One that is pinned for a day, if it is *lasting*: a function of its publication alone.
    """
    if _state(request).get("members_only"):
        # Asked for each time: who signed out, or was disabled, must not find it in the browser.
        return "private, no-cache"
    if lasting and _state(request).get("pinned"):
        return f"public, max-age={PINNED_FOR_S}, immutable"
    return "public, no-cache"


def names(if_none_match: bytes, etag: bytes) -> bool:
    """Say whether a list of tags has *etag*, by the weak comparison of RFC 9110, 8.8.3.2."""
    return if_none_match == b"*" or etag.removeprefix(b"W/") in if_none_match


def _json_rows(request: Request, view: Publication, question: Question) -> tuple[bytes, Facts]:
    rows = view.json_rows(question)
    provenance = view.provenance(question.data_sets, rows.sources)
    rest = _rest(request, question, rows, provenance)
    return b"".join((b'{"data":[', rows.data, b"],", rest[1:])), Facts(provenance, rows.rows)


def _arrow_rows(request: Request, view: Publication, question: Question) -> tuple[bytes, Facts]:
    rows = view.table_page(question)
    provenance = rows.result.provenance
    rest = _rest(request, question, rows, provenance)
    table = rows.result.table.replace_schema_metadata({b"farol": rest})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes()), Facts(provenance, table.num_rows)


def _rest(
    request: Request, question: Question, page: JsonRows | TablePage, provenance: Provenance
) -> bytes:
    """Return what an answer has beside its rows, as a JSON object."""
    following = None
    if page.more and question.limit is not None:
        passed = question.parameters.get("offset", 0)
        counted = (int(passed) + question.limit,) if isinstance(passed, int) else (question.limit,)
        after = page.last if question.order else counted
        following = cursor_text(request, provenance.publication_id, after)
    total = {} if page.total is None else {"total": page.total}
    return _json({"next": following, **total, "metadata": asdict(provenance)})


def _headers(request: Request, view: Publication, form: Form) -> dict[str, str]:
    publication_id = view.manifest.publication_id
    asked = f"{request.url.path}?{request.url.query}#{form.value}"
    digest = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return {
        # Weak: the zstd form has other bytes under the same tag.
        "ETag": f'W/"{publication_id}-{digest}"',
        "Cache-Control": cache_control(request),
        "Vary": "Accept, Accept-Encoding",
    }


def _state(request: Request) -> dict[str, Any]:
    state: dict[str, Any] = request.scope.setdefault("state", {})
    return state


def _zstd(plain: Sequence[Header], body: bytes) -> tuple[list[Header], bytes]:
    compressed = bytes(pa.compress(body, codec="zstd", asbytes=True))
    kept = [each for each in plain if each[0] != b"content-length"]
    length = (b"content-length", b"%d" % len(compressed))
    return [*kept, length, (b"content-encoding", b"zstd")], compressed


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_encoded).encode()


def _encoded(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an answer")
