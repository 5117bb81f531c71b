"""What a caller takes: JSON, CSV or Arrow, packed by zstd or gzip, or plain."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from datalayer.kernel.errors import NotAcceptable


class Form(StrEnum):
    """A media type in which rows are answered."""

    JSON = "application/json"
    ARROW = "application/vnd.apache.arrow.stream"
    CSV = "text/csv"


class Coding(StrEnum):
    """How the bytes of an answer are packed (RFC 9110, 8.4.1)."""

    PLAIN = "identity"
    ZSTD = "zstd"
    GZIP = "gzip"


def accept_header(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return what a request accepts: several ``Accept`` are one list (RFC 9110, 5.3)."""
    return b",".join([value for name, value in headers if name == b"accept"]) or b"*/*"


@lru_cache(maxsize=256)
def requested_form(accept: bytes, query: bytes = b"") -> Form:
    """Return the form that an ``Accept`` header asks for.

    Where it leaves the choice, that is CSV if the *query* names a dialect of CSV, as a link that
    is opened in a browser may, and else JSON.

    Raises:
        NotAcceptable: None of the forms is among what it names.
    """
    weights = _weights(accept or b"*/*")
    for form in (Form.ARROW, Form.CSV, Form.JSON):
        if weights.get(form.value, 0.0) > 0 and weights[form.value] == max(weights.values()):
            return form
    forms = (Form.CSV, Form.JSON) if names_dialect(query) else (Form.JSON, Form.CSV)
    for form in (*forms, Form.ARROW):
        kind = form.value.partition("/")[0]
        ranges = (form.value, f"{kind}/*", "*/*")
        given = next((weights[each] for each in ranges if each in weights), 0.0)
        if given > 0:
            return form
    known = " or ".join(form.value for form in Form)
    raise NotAcceptable(found=accept.decode("latin-1")[:200], known=known)


def names_dialect(query: bytes) -> bool:
    """Return True if a query string has the parameter ``dialect``."""
    return query.startswith(b"dialect=") or b"&dialect=" in query


@lru_cache(maxsize=256)
def content_coding(accept_encoding: bytes) -> Coding:
    """Return how to pack the answer to a request with this ``Accept-Encoding``.

    What weighs most, zstd before gzip; plain to those who name neither of them.

    Raises:
        NotAcceptable: It refuses the plain form, and names no other one that is here.
    """
    weights = _weights(accept_encoding)
    others = weights.get("*")
    plain = weights.get(Coding.PLAIN, others)
    named = [each for each in (Coding.ZSTD, Coding.GZIP) if weights.get(each, 0.0) > 0]
    if named:
        best = max(named, key=weights.__getitem__)
        if plain is None or weights[best] >= plain:
            return best
    if plain is None or plain > 0:
        return Coding.PLAIN
    for each in (Coding.GZIP, Coding.ZSTD):
        if others and each not in weights:
            return each
    known = ", ".join(Coding)
    found = f"the codings {accept_encoding.decode('latin-1')[:200]}"
    raise NotAcceptable(found=found, known=known)


def _weights(header: bytes) -> dict[str, float]:
    """Return the names of a header such as ``Accept`` with their weights from 0 to 1."""
    weights = {}
    for part in header.decode("latin-1").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        given = [each[2:] for each in parameters if each.startswith("q=")]
        try:
            weights[name] = min(1.0, max(0.0, float(given[0]))) if given else 1.0
        except ValueError:
            weights[name] = 0.0
    return weights
