"""Which bytes of a file a request asks for (RFC 9110, 14): one range, or all of them."""

from __future__ import annotations

import re

from datalayer.kernel.errors import RangeNotSatisfiable
from datalayer.portal import ByteSpan

# Nobody has a file of more digits; Python refuses to read numbers of thousands.
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,40})-([0-9]{0,40})[ \t]*", re.IGNORECASE)


def requested_span(text: str, size_bytes: int) -> ByteSpan | None:
    """Return the bytes that a ``Range`` asks for of a file of *size_bytes*.

    None for what may be ignored, so that the whole file answers: several ranges, another unit,
    and what is no range at all.

    Raises:
        RangeNotSatisfiable: The file has none of the bytes.
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None or found[0].endswith("=-"):
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(size_bytes - int(last), 0), size_bytes
    else:
        begin, end = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < begin:
            return None
    if begin >= size_bytes:
        raise RangeNotSatisfiable(found=text[:80], size_bytes=size_bytes)
    return ByteSpan(begin, end)


def still_holds(if_range: str | None, etag: str) -> bool:
    """Return True if a range may be answered: the file is the one whose tag ``If-Range`` names.

    Only a strong tag says so; no time does, since files here bear none.
    """
    return if_range is None or if_range.strip() == etag


def is_expected(if_match: str | None, etag: str) -> bool:
    """Return True if ``If-Match`` names the strong tag *etag*, or any, or is not there."""
    if if_match is None:
        return True
    return "*" in (tags := [each.strip() for each in if_match.split(",")]) or etag in tags
