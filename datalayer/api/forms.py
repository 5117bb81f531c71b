"""What a caller takes: JSON or Arrow, packed by zstd or gzip, or plain."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from datalayer.kernel.errors import NotAcceptable


class Form(StrEnum):
    """A media type in which rows are answered."""

    JSON = "application/json"
    ARROW = "application/vnd.apache.arrow.stream"


class Coding(StrEnum):
    """How the bytes of an answer are packed (RFC 9110, 8.4.1)."""

    PLAIN = "identity"
    ZSTD = "zstd"
    GZIP = "gzip"


def accept_header(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return what a request accepts: several ``Accept`` are one list (RFC 9110, 5.3)."""
    return b",".join([value for name, value in headers if name == b"accept"]) or b"*/*"


@lru_cache(maxsize=256)
def requested_form(accept: bytes) -> Form:
    """Return the form that an ``Accept`` header asks for; JSON where it leaves the choice.

    Raises:
        NotAcceptable: Neither JSON nor Arrow is among what it names.
    """
    weights = _weights(accept or b"*/*")
    for form in (Form.ARROW, Form.JSON):
        if weights.get(form.value, 0.0) > 0 and weights[form.value] == max(weights.values()):
            return form
    if any(weights.get(name, 0.0) > 0 for name in (Form.JSON.value, "application/*", "*/*")):
        return Form.JSON
    if weights.get(Form.ARROW.value, 0.0) > 0:
        return Form.ARROW
    known = " or ".join(form.value for form in Form)
    raise NotAcceptable(found=accept.decode("latin-1")[:200], known=known)


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
