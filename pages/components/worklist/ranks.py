"""Rows of one publication's list as an address names them: ``1-12,40``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence

MOST: Final = 100_000
"""Most rows that an address names: no list is longer."""

_SHOWN: Final = 60
_SPAN: Final = re.compile(r"([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?", re.ASCII)


def written(ranks: Iterable[int]) -> str:
    """Return *ranks* in their order, those that follow each other as a span; empty for none."""
    spans: list[tuple[int, int]] = []
    for rank in sorted(set(ranks)):
        if spans and rank == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], rank)
        else:
            spans.append((rank, rank))
    return ",".join(f"{first}-{last}" if first < last else str(first) for first, last in spans)


def read(text: str, parameter: str = "rows") -> tuple[int, ...]:
    """Return the ranks that *text* names, each once, in their order; none for an empty text.

    Args:
        text: As ``written`` returns it.
        parameter: Of the address, that *text* is the value of.

    Raises:
        InvalidSelection: *text* is something else than ``written`` returns, or names too many.
    """
    found: set[int] = set()
    for part in text.split(",") if text else ():
        span = _SPAN.fullmatch(part)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if not first <= last < first + MOST:
            raise _invalid(text, parameter)
        found.update(range(first, last + 1))
        if len(found) > MOST:
            raise _invalid(text, parameter)
    return tuple(sorted(found))


def _invalid(text: str, parameter: str) -> InvalidSelection:
    return InvalidSelection(
        parameter=parameter,
        found=ascii(text[:_SHOWN]),
        expected=Sentence("places in the list and spans of them, such as 1-12,40"),
    )
