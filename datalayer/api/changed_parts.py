"""The parts of two publications that are asked for: which, and how many on a page."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import Request

from datalayer.api.described_parameters import NO_NUL, document_list
from datalayer.api.forms import Form, accept_header, requested_form
from datalayer.kernel.errors import InvalidSelection
from datalayer.reading.filters import LONGEST_TEXT, MOST_VALUES, plain_text

_FILTERS: Final = ("category", "demand_class")
_TEXT: Final[dict[str, Any]] = {"type": "string", "maxLength": LONGEST_TEXT, "pattern": NO_NUL}

PART_FILTERS: Final = [
    document_list("category", _TEXT, "Only parts of these categories.", ["Energia"]),
    document_list("demand_class", _TEXT, "Only parts of these demand classes.", ["lumpy"]),
]
"""What the OpenAPI document says of the filters."""


def kept_values(request: Request, parts: pa.Table) -> dict[str, list[str]]:
    """Return the values that *request* asks for by column of *parts*; an empty list for all.

    Raises:
        InvalidSelection: There are too many, or one that no part has: it would leave nothing, as
            if nothing had changed.
    """
    kept = {name: _values(request, name) for name in _FILTERS}
    for name, values in kept.items():
        _require_known(parts, name, values)
    return kept


def is_file(request: Request) -> bool:
    """Return whether *request* takes rows as CSV or as Arrow, and not as JSON.

    Raises:
        NotAcceptable: It takes none of them.
    """
    form = requested_form(accept_header(request.headers.raw), request.scope["query_string"])
    return form is not Form.JSON or "dialect" in request.query_params


def page_rows(request: Request, limit: int) -> int | None:
    """Return the most rows of a page; None for all, which a file has that no page is asked of."""
    is_paged = "limit" in request.query_params or "cursor" in request.query_params
    return limit if is_paged or not is_file(request) else None


def _values(request: Request, name: str) -> list[str]:
    asked = request.query_params.getlist(name)
    if len(asked) > MOST_VALUES:
        found, expected = f"given {len(asked)} times", f"given at most {MOST_VALUES} times"
        raise InvalidSelection(parameter=name, found=found, expected=expected)
    return [plain_text(name, value) for value in asked]


def _require_known(parts: pa.Table, name: str, values: list[str]) -> None:
    known = pc.unique(parts[name]).to_pylist()
    for value in values:
        if value not in known:
            named = sorted(each for each in known if each is not None)[:20]
            expected = f"one of {', '.join(named)}"
            raise InvalidSelection(parameter=name, found=ascii(value[:80]), expected=expected)
