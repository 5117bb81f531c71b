"""Results as responses: JSON rows with their metadata, files with it in headers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime

import pyarrow as pa
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from datalayer.extracts import iso_times
from datalayer.portal import Extract, PublicationView
from datalayer.warehouse.results import Provenance, Result


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


def rows_answer(request: Request, result: Result) -> Response:
    """Return the rows of *result*; only a 304 if the caller has them already.

    A publication never changes, so its id and the address name the answer.
    """
    etag = _etag(request, result.provenance)
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    rows = _as_json_values(result.table).to_pylist()
    content = {"metadata": metadata(result.provenance), "rows": rows}
    return json_answer(content, headers)


def json_answer(content: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return *content* as JSON, dates in ISO 8601 and times in UTC with a Z."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_encoded)
    return Response(text.encode(), media_type="application/json", headers=headers)


def file_answer(view: PublicationView, extract: Extract) -> Response:
    """Return *extract* as a download that says its rows and publication in headers."""
    headers = {
        "Content-Disposition": f'attachment; filename="{extract.file_name}"',
        "X-Row-Count": str(extract.rows),
        "X-Publication-Id": view.manifest.publication_id,
        "X-Dataset-Id": view.manifest.dataset_id,
        "X-Model-Version": view.manifest.model_version,
        "X-Generated-At": _encoded(view.manifest.generated_at),
    }
    if extract.size_bytes is not None:
        headers["Content-Length"] = str(extract.size_bytes)
    return StreamingResponse(extract.chunks, media_type=extract.media_type, headers=headers)


def _as_json_values(table: pa.Table) -> pa.Table:
    """Return *table* with its dates and times as text.

    Arrow writes a column of dates in the time in which Python's encoder asks back about one.
    """
    for index, field in enumerate(table.schema):
        column = table.column(index)
        if pa.types.is_date(field.type):
            table = table.set_column(index, field.name, column.cast(pa.string()))
        elif pa.types.is_timestamp(field.type):
            times = pa.chunked_array([iso_times(c) for c in column.chunks], pa.string())
            table = table.set_column(index, field.name, times)
    return table


def _etag(request: Request, provenance: Provenance) -> str:
    address = f"{request.url.path}?{request.url.query}"
    return f'"{provenance.publication_id}-{hashlib.sha256(address.encode()).hexdigest()[:16]}"'


def _encoded(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an answer")
