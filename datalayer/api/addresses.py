"""Addresses as the API routes them: as they came, so that an encoded slash is part of a code.

A server decodes an address before anybody asks where a code in it ends: ``items/A%2Ftimeseries``,
the part "A/timeseries", becomes ``items/A/timeseries``, the series of the part "A". So the API
routes by the address in percent-encoding, in one way of writing it, and a code is decoded last.
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import quote, unquote, unquote_to_bytes

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.types import Scope

PART = "{item_id:code}"
"""A part's code in the pattern of a route."""

PLAIN = re.compile(rb"(/[\w-][\w.~-]*)+")
"""Matches a raw address that ``routing_path`` would leave as it is: nearly all are such."""

_API = "/api"
_INDEX = "/api/v1"
_NOT_ENCODED = "!$&'()*+,;=:@"
_DOTS = re.compile(r"\.\.?")


def routing_path(scope: Scope) -> str:
    """Return the path of a request in percent-encoding, without the slash that it may end with.

    The API's own address is that of its index. Characters that may stand for themselves do; all
    others are encoded, and so are the dots of a
    segment of dots alone, which would lead elsewhere. Where a proxy or a server has decoded the
    address (there is no ``raw_path``, or it is of another path), encoded slashes are lost.
    """
    path: str = scope["path"]
    raw_path = scope.get("raw_path")
    raw = quote(path) if raw_path is None else raw_path.decode("ascii", "replace")
    if unquote(raw) != path:
        raw = quote(path)
    trimmed = "/".join(map(_encode_segment, raw.split("/"))).rstrip("/")
    return trimmed if trimmed != _API else _INDEX


def _encode_segment(segment: str) -> str:
    encoded = quote(unquote_to_bytes(segment), safe=_NOT_ENCODED)
    return encoded.replace(".", "%2E") if _DOTS.fullmatch(encoded) else encoded


class CodeConvertor(PathConvertor):
    """Reads a code, such as a part's, from an address: it may hold every character.

    Bytes that are no text become lone surrogates, which no code has.
    """

    convert = staticmethod(partial(unquote, errors="surrogateescape"))

    def to_string(self, value: str) -> str:
        """Return the code *value* as it stands in an address."""
        return quote(value, safe="")


register_url_convertor("code", CodeConvertor())
