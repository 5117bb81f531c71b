"""The code blocks of docs/api.md."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.portals import ROOT

DOCUMENT = (ROOT / "docs/api.md").read_text(encoding="utf-8")
M_TEXT = r'"([^"]*)"'
"""A text in Power Query's language M."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """One piece of code, or of what code prints.

    Attributes:
        line: Of the document, where it begins.
    """

    line: int
    language: str
    text: str


BLOCKS = [
    Block(DOCUMENT.count("\n", 0, found.start()) + 1, found[1], found[2])
    for found in _BLOCK.finditer(DOCUMENT)
]
