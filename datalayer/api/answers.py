"""Answers of the reads: rows as DuckDB or Arrow writes them, and objects as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import pyarrow as pa
from fastapi import Request, Response
from pydantic_core import to_json

from datalayer.api.call import call_of, route_of
from datalayer.api.cursors import cursor_text
from datalayer.api.forms import Coding, Form, accept_header, content_coding, requested_form
from datalayer.api.kept_answers import Answer, Read
from datalayer.kernel.errors import InvalidSelection, NotAcceptable
from datalayer.portal import Publication
from datalayer.reading.csv_dialects import dialect_named
from datalayer.reading.extracts.requests import MEDIA_TYPES
from datalayer.reading.nulls import zero_nulls
from datalayer.reading.paging import Page
from datalayer.reading.question import Question
from datalayer.reading.results import Provenance

PINNED_FOR_S = 86_400

_VARY = "Accept, Accept-Encoding"
_MEDIA_TYPES = {Form.CSV: MEDIA_TYPES["csv"]}


def rows_answer(
    request: Request,
    publication: Publication,
    question: Question,
    when_empty: Callable[[], object] | None = None,
    *,
    single: bool = False,
    changes: bool = False,
) -> Response:
    """Return one page of the answer to *question*, as JSON, CSV or Arrow, as is asked for.

    Callers who ask the same at the same time wait for one making, and the answer is kept. Where
    there are no rows, *when_empty* is called first: it raises if there is a reason to tell. In
    JSON the rows are a list; of a *single* one the object itself, or null where there is none.
    What *changes* while the publication stays is made anew each time.

    Raises:
        NotAcceptable: None is, or in no coding that is asked for.
        InvalidSelection: A dialect is unknown, or not of CSV.
        ReadFailed, QueryTooLong: It can't be read.
    """
    form = requested_form(accept_header(request.headers.raw), request.scope["query_string"])
    if form is not Form.CSV and "dialect" in request.query_params:
        found = f"given with {form.value}"
        raise InvalidSelection(
            parameter="dialect", found=found, expected="left out: only CSV has one"
        )
    coding = requested_coding(request)
    publication_id = publication.manifest.publication_id
    # By itself or by a cursor; else the active publication is read.
    is_pinned = "p" in request.query_params or "cursor" in request.query_params
    is_same_for_ever = is_pinned and not changes
    call = call_of(request)

    def make() -> Answer:
        written = _WRITERS[form](request, publication, question, single)
        read = written.read
        if when_empty is not None and not read.rows:
            when_empty()
        asked = f"{request.url.path}?{request.url.query}#{form.value}"
        told = asked.encode("utf-8", "surrogatepass") + (written.body if changes else b"")
        digest = hashlib.sha256(told).hexdigest()[:16]
        headers = {
            "Content-Type": _MEDIA_TYPES.get(form, form.value),
            # Weak: another process may write the same rows in other bytes.
            "ETag": f'W/"{publication_id}-{digest}"',
            "Cache-Control": cache_control(request, pinned=is_same_for_ever),
            "Vary": _VARY,
            **written.headers,
        }
        answer = Answer(written.body, headers, read=read, route=route_of(request.scope))
        answer.pack(coding)  # here, on a thread, and not where all requests are waiting
        return answer

    if changes or call.kept_answers is None or call.key is None:
        answer = make()
    else:
        # Another publication may have been activated since the key was made.
        active_id = call.key[0] if is_pinned else publication_id
        answer = call.kept_answers.get_or_make((active_id, *call.key[1:]), make)
    call.outcome.read = answer.read
    return answer


def object_answer(
    request: Request,
    publication: Publication,
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
    form = requested_form(accept_header(request.headers.raw))
    if form is not Form.JSON:
        raise NotAcceptable(found=form.value, known=Form.JSON.value)
    provenance = publication.provenance(data_sets)
    body = to_json({"data": data, "next": following, "metadata": provenance})
    return made_answer(request, body, form.value, provenance)


def made_answer(
    request: Request, body: bytes, content_type: str, provenance: Provenance
) -> Response:
    """Return *body*, made for this call of what *provenance* says, packed as it is asked for.

    Raises:
        NotAcceptable: In no way that is here.
    """
    coding = requested_coding(request)
    read = Read(provenance, 1)
    headers = {
        "Content-Type": content_type,
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:24]}"',
        "Cache-Control": cache_control(request, pinned=False),
        "Vary": _VARY,
    }
    call_of(request).outcome.read = read
    answer = Answer(body, headers, read=read, route=route_of(request.scope))
    answer.pack(coding)
    return answer


def requested_coding(request: Request) -> Coding:
    """Return how the answer to *request* is to be packed.

    Raises:
        NotAcceptable: In no way that is here.
    """
    return content_coding(request.headers.get("accept-encoding", "").encode("latin-1"))


def json_answer(content: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return *content* as JSON, dates in ISO 8601 and times in UTC with a Z."""
    return Response(to_json(content), media_type=Form.JSON.value, headers=headers)


def cache_control(request: Request, *, pinned: bool) -> str:
    """Return how long, and by whom, the answer to *request* may be kept.

    Args:
        request: What is answered.
        pinned: Whether it names the publication that is read, and its answer depends on that
            publication alone: it is the same for ever.
    """
    if call_of(request).members_only:
        # Asked for each time: who signed out, or was disabled, must not find it in the browser.
        return "private, no-cache"
    if pinned:
        return f"public, max-age={PINNED_FOR_S}, immutable"
    return "public, no-cache"


@dataclass(frozen=True)
class _Written:
    """The body of an answer of rows, and what its headers tell.

    Attributes:
        headers: Where the next page is, how many rows there are, and what the form adds.
    """

    body: bytes
    read: Read
    headers: dict[str, str]


def _json_rows(
    request: Request, publication: Publication, question: Question, single: bool
) -> _Written:
    page = publication.json_page(question)
    provenance = publication.provenance(question.data_sets, tuple(sorted(page.sources)))
    rest, headers = _around(request, question, page, provenance)
    data = (page.rows or b"null",) if single else (b"[", page.rows, b"]")
    body = b"".join((b'{"data":', *data, b",", to_json(rest)[1:]))
    return _Written(body, Read(provenance, page.count), headers)


def _arrow_rows(
    request: Request,
    publication: Publication,
    question: Question,
    single: bool,  # noqa: ARG001 - a table has rows, be it one
) -> _Written:
    page = publication.table_page(question)
    provenance = publication.provenance(question.data_sets, page.sources)
    rest, headers = _around(request, question, page, provenance)
    table = page.rows.replace_schema_metadata({b"farol": to_json(rest)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.to_batches():
            writer.write_batch(zero_nulls(batch))
    return _Written(bytes(sink.getvalue().to_pybytes()), Read(provenance, page.count), headers)


def _csv_rows(
    request: Request,
    publication: Publication,
    question: Question,
    single: bool,  # noqa: ARG001 - as above
) -> _Written:
    dialect = dialect_named(request.query_params.get("dialect"))
    page = publication.csv_page(question, dialect)
    provenance = publication.provenance(question.data_sets, tuple(sorted(page.sources)))
    _, headers = _around(request, question, page, provenance)
    called = question.file_name or question.data_sets[0]
    name = f"{called}_{provenance.publication_id}_{dialect.name}.csv"
    headers |= {"X-Row-Count": str(page.count), **origin_headers(provenance)}
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _Written(page.rows, Read(provenance, page.count), headers)


_WRITERS = {Form.JSON: _json_rows, Form.ARROW: _arrow_rows, Form.CSV: _csv_rows}


def origin_headers(provenance: Provenance) -> dict[str, str]:
    """Return the headers of a file that tell where what is in it comes from."""
    return {
        "X-Publication-Id": provenance.publication_id,
        "X-Dataset-Id": provenance.dataset_id,
        "X-Model-Version": provenance.model_version,
        "X-Generated-At": provenance.generated_at.isoformat().replace("+00:00", "Z"),
    }


def _around(
    request: Request,
    question: Question,
    page: Page[bytes] | Page[pa.Table],
    provenance: Provenance,
) -> tuple[dict[str, object], dict[str, str]]:
    """Return what an answer has beside its rows, in its body and in its headers."""
    following, headers = None, {}
    if page.more and question.limit is not None:
        counted = ((question.offset or 0) + question.limit,)
        after = page.last if question.order else counted
        following = cursor_text(request, provenance.publication_id, after)
        asked = [each for each in request.query_params.multi_items() if each[0] != "cursor"]
        # Relative to the address that was asked, whatever stands before it on the way here.
        headers["Link"] = f'<?{urlencode([*asked, ("cursor", following)])}>; rel="next"'
    rest: dict[str, object] = {"next": following}
    if page.total is not None:
        rest["total"] = page.total
        headers["X-Total-Count"] = str(page.total)
    return rest | {"metadata": provenance}, headers
