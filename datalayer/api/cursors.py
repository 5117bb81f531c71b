"""Cursors: where the next page of an answer begins, and of which publication and question."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from datalayer.kernel.contract.manifest import is_publication_id
from datalayer.kernel.errors import InvalidCursor
from datalayer.reading.filters import PAGING
from datalayer.reading.question import Position

LONGEST_CURSOR = 10_240
"""Characters; a key of the longest texts that the contract allows has fewer."""


@dataclass(frozen=True)
class Cursor:
    """Where a page begins.

    Attributes:
        publication_id: The publication that the first page was read from: a page that follows
            is of the same one, whatever is active by then.
        after: Where the page before ended.
    """

    publication_id: str
    after: Position


def read_cursor(request: Request) -> Cursor | None:
    """Return the cursor that *request* carries; None for a first page.

    Raises:
        InvalidCursor: It is damaged, or was given for another address or other filters.
    """
    text = request.query_params.get("cursor")
    if text is None:
        return None
    try:
        publication_id, asked, after = _decode(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor(found=repr(text[:80])) from error
    if asked != _fingerprint(request):
        raise InvalidCursor(
            found="of another question",
            expected="sent to the address and with the filters it came from",
        )
    return Cursor(publication_id, after)


def cursor_text(request: Request, publication_id: str, after: Position) -> str:
    """Return the text of the cursor that follows *request*'s page."""
    content = [publication_id, _fingerprint(request), list(after)]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(text: str) -> tuple[str, str, Position]:
    if len(text) > LONGEST_CURSOR:
        raise ValueError(text[:80])
    content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    publication_id, asked, after = json.loads(content)
    plain = isinstance(after, list) and all(_is_plain(each) for each in after)
    if not (isinstance(publication_id, str) and is_publication_id(publication_id) and plain):
        raise ValueError(text[:80])
    return publication_id, asked, tuple(after)


def _is_plain(value: object) -> bool:
    if isinstance(value, str | bool) or value is None:
        return True
    return isinstance(value, int | float) and abs(value) < 2**62


def _fingerprint(request: Request) -> str:
    """Return a fingerprint of the address and the filters, whatever their order."""
    query = parse_qsl(request.url.query, keep_blank_values=True)
    filters = sorted(each for each in query if each[0] not in PAGING)
    content = json.dumps([request.url.path, filters])
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
