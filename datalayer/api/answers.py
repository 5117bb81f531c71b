"""Answers as bytes: made once by DuckDB or Arrow, kept with their zstd form, sent as they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import pyarrow as pa
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from datalayer.api.cursors import Position, cursor_text
from datalayer.api.forms import Form, form_asked, takes_zstd
from datalayer.errors import NotAcceptable
from datalayer.portal import PublicationView
from datalayer.warehouse.questions import Question
from datalayer.warehouse.results import Provenance

LEAST_COMPRESSED_BYTES = 1024
PINNED_FOR_S = 86_400

Header = tuple[bytes, bytes]


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
        compressed = _zstd(body)
        self._bodies = {False: body, True: compressed or body}
        plain = [*self.raw_headers]
        self._heads: dict[bool, list[Header]] = {
            False: plain,
            True: _encoded_headers(plain, compressed) if compressed else plain,
        }
        self._unchanged = [each for each in plain if not each[0].startswith(b"content-")]
        self._etag = headers["ETag"].encode()

    @property
    def size_bytes(self) -> int:
        """Memory held, about."""
        return sum(len(body) for body in self._bodies.values()) + 4096

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send what *scope* asks for."""
        await self.send_to(dict(scope["headers"]), send, ())

    async def send_to(
        self, asked: Mapping[bytes, bytes], send: Send, more: Sequence[Header]
    ) -> tuple[int, int]:
        """Send the body, its zstd form, or that nothing changed; return status and bytes."""
        if _names(asked.get(b"if-none-match", b""), self._etag):
            status, headers, body = 304, self._unchanged, b""
        else:
            packed = takes_zstd(asked.get(b"accept-encoding", b""))
            status, headers, body = 200, self._heads[packed], self._bodies[packed]
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
    view: PublicationView,
    question: Question,
    when_empty: Callable[[], object] | None = None,
) -> Response:
    """Return one page of the answer to *question*, as JSON or Arrow, whichever is asked for.

    Where there are no rows, *when_empty* is called first: it raises if there is a reason to tell.

    Raises:
        NotAcceptable: Neither is.
        ReadFailed, QueryTooLong: It can't be read.
    """
    form = form_asked(request.headers.get("accept", "*/*").encode("latin-1"))

    def make() -> Answer:
        rows = {Form.JSON: _json_rows, Form.ARROW: _arrow_rows}[form]
        body, facts = rows(request, view, question)
        if when_empty is not None and not facts.rows:
            when_empty()
        return Answer(body, {**_headers(request, view, form), "Content-Type": form.value}, facts)

    place: Place | None = _state(request).get("kept")
    answer = place.made_once(make) if place else make()
    _state(request)["facts"] = answer.facts
    return answer


def object_answer(
    request: Request,
    view: PublicationView,
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
    form = form_asked(request.headers.get("accept", "*/*").encode("latin-1"))
    if form is not Form.JSON:
        raise NotAcceptable(form.value, Form.JSON.value)
    facts = Facts(view.provenance(data_sets), 1)
    envelope = {"data": data, "next": following, "metadata": metadata(facts.provenance)}
    body = _json(envelope)
    headers = {
        "Content-Type": form.value,
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:24]}"',
        "Cache-Control": "no-cache",
        "Vary": "Accept, Accept-Encoding",
    }
    _state(request)["facts"] = facts
    return Answer(body, headers, facts)


def json_answer(content: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return *content* as JSON, dates in ISO 8601 and times in UTC with a Z."""
    return Response(_json(content), media_type=Form.JSON.value, headers=headers)


def metadata(provenance: Provenance) -> dict[str, object]:
    """Return the metadata that every answer carries."""
    return {
        "publication_id": provenance.publication_id,
        "dataset_id": provenance.dataset_id,
        "model_version": provenance.model_version,
        "generated_at": provenance.generated_at,
        "data_through": provenance.data_through,
        "loaded_at": provenance.loaded_at,
        "data_sets": provenance.data_sets,
        "sources": provenance.sources,
    }


def _json_rows(request: Request, view: PublicationView, question: Question) -> tuple[bytes, Facts]:
    rows = view.json_rows(question)
    provenance = view.provenance(question.data_sets, rows.sources)
    end = _end(request, view, question, more=rows.more, last=rows.last)
    counted = {} if rows.total is None else {"total": rows.total}
    rest = _json({"next": end, **counted, "metadata": metadata(provenance)})
    return b'{"data":[' + rows.data + b"]," + rest[1:], Facts(provenance, rows.rows)


def _arrow_rows(request: Request, view: PublicationView, question: Question) -> tuple[bytes, Facts]:
    rows = view.table_page(question)
    provenance = rows.result.provenance
    end = _end(request, view, question, more=rows.more, last=rows.last)
    counted = {} if rows.total is None else {"total": rows.total}
    about = _json({"next": end, **counted, "metadata": metadata(provenance)})
    table = rows.result.table.replace_schema_metadata({b"farol": about})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes()), Facts(provenance, table.num_rows)


def _end(
    request: Request,
    view: PublicationView,
    question: Question,
    *,
    more: bool,
    last: Position,
) -> str | None:
    """Return the cursor of the page that follows, or None where there is none."""
    if not more or question.limit is None:
        return None
    passed = question.parameters.get("offset", 0)
    counted = (int(passed) + question.limit,) if isinstance(passed, int) else (question.limit,)
    after = last if question.order else counted
    return cursor_text(request, view.manifest.publication_id, after)


def _headers(request: Request, view: PublicationView, form: Form) -> dict[str, str]:
    publication_id = view.manifest.publication_id
    asked = f"{request.url.path}?{request.url.query}#{form.value}"
    digest = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    pinned = _state(request).get("pinned", False)
    scope = "private" if _state(request).get("members_only") else "public"
    kept = f"{scope}, max-age={PINNED_FOR_S}, immutable" if pinned else f"{scope}, no-cache"
    return {
        # Weak: the zstd form has other bytes under the same tag.
        "ETag": f'W/"{publication_id}-{digest}"',
        "Cache-Control": kept,
        "Vary": "Accept, Accept-Encoding",
    }


def _state(request: Request) -> dict[str, Any]:
    state: dict[str, Any] = request.scope.setdefault("state", {})
    return state


def _zstd(body: bytes) -> bytes | None:
    """Return *body* packed, or None where that is not worth it."""
    if len(body) < LEAST_COMPRESSED_BYTES:
        return None
    return bytes(pa.compress(body, codec="zstd", asbytes=True))


def _encoded_headers(plain: Sequence[Header], body: bytes) -> list[Header]:
    kept = [each for each in plain if each[0] != b"content-length"]
    return [*kept, (b"content-length", b"%d" % len(body)), (b"content-encoding", b"zstd")]


def _names(if_none_match: bytes, etag: bytes) -> bool:
    """Say whether a list of tags has *etag*, by the weak comparison of RFC 9110, 8.8.3.2."""
    return if_none_match == b"*" or etag.removeprefix(b"W/") in if_none_match


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_encoded).encode()


def _encoded(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an answer")
