"""Ways of writing a number: signs, the decimal mark, and the marks that part groups of three."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import isnan

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions

_BLANKS = "\u0020\u00a0\u2007\u2009\u202f"
_APOSTROPHES = "'\u2019"
_GROUP_MARKS = {"none": "", "space": _BLANKS, "'": _APOSTROPHES, ".": ".", ",": ","}
OTHER_MARK = {".": ",", ",": "."}
MARK_NAMES = {".": "point", ",": "comma"}

# Sign before or after, parentheses for a negative number, and the real's sign.
_SIGNED = re.compile(
    r"(?P<before>[+\-\u2212(]?)\s*(?P<currency>R\$\s*)?(?P<after>[+\-\u2212]?)"
    r"(?P<body>[0-9.,](?:[^()]*[0-9.,])?)\s*(?P<end>[\-\u2212)]?)"
)
_ONES = str.maketrans("23456789", "1" * 8)
_SIGNS = {"": 1.0, "+": 1.0, "-": -1.0, "()": -1.0}


@dataclass(frozen=True)
class Marks:
    """A way of writing numbers: the decimal mark, and the marks that may part groups of three."""

    decimal: str
    groups: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        mark, digits = re.escape(self.decimal), "[0-9]"
        grouped = f"[1-9]{digits}{{0,2}}([{re.escape(self.groups)}]){digits}{{3}}"
        ways = [
            rf"{digits}+(?:{mark}{digits}*)?(?:[eE][+-]?{digits}+)?",
            rf"{mark}{digits}+(?:[eE][+-]?{digits}+)?",
        ]
        if self.groups:
            ways.append(rf"{grouped}(?:\1{digits}{{3}})*(?:{mark}{digits}*)?")
        return re.compile("|".join(ways))

    @cached_property
    def _plain(self) -> Mapping[int, str | None]:
        return str.maketrans({**dict.fromkeys(self.groups), self.decimal: "."})

    @cached_property
    def _known_shapes(self) -> dict[str, tuple[float, slice] | None]:
        return {}

    def magnitude(self, body: str) -> float | None:
        """Return the number that *body*, without its sign, is; None if it is none."""
        if not self._pattern.fullmatch(body):
            return None
        return float(body.translate(self._plain))

    def value(self, text: str) -> float:
        """Return the number that *text*, trimmed, is, NaN if it is none."""
        shape = shape_of(text)
        if shape not in self._known_shapes:
            self._known_shapes[shape] = self._sign_and_place(shape)
        found = self._known_shapes[shape]
        if found is None:
            return float("nan")
        sign, place = found
        return sign * float(text[place].translate(self._plain))

    def _sign_and_place(self, text: str) -> tuple[float, slice] | None:
        """Return the sign of a number and where the rest of it stands; None if it is none."""
        signed = sign_and_body(text)
        if signed is None or not self._pattern.fullmatch(signed[1]):
            return None
        sign, body = signed
        begin = text.index(body)
        return sign, slice(begin, begin + len(body))

    def decimals(self, body: str) -> int:
        """Return how many digits stand behind the decimal mark."""
        return len(re.split("[eE]", body)[0].partition(self.decimal)[2])


def ways_of(reading: ReadingOptions) -> tuple[Marks, ...]:
    """Return the ways of writing that *reading* leaves, the decimal point's first."""
    if reading.decimal is not None and reading.decimal == reading.thousands:
        raise InvalidSelection(
            parameter="thousands",
            found=reading.thousands,
            expected=f"another mark than decimal, such as {OTHER_MARK[reading.decimal]}",
        )
    decimals = [reading.decimal] if reading.decimal else [".", ","]
    ways = [Marks(mark, OTHER_MARK[mark] + _APOSTROPHES + _BLANKS) for mark in decimals]
    if reading.thousands is None:
        return tuple(ways)
    groups = _GROUP_MARKS[reading.thousands]
    return tuple(replace(way, groups=groups) for way in ways if way.decimal != reading.thousands)


def is_number(text: str) -> bool:
    """Return whether *text*, trimmed, is a number in some way of writing."""
    return any(not isnan(way.value(text)) for way in ways_of(AS_FOUND))


def shape_of(text: str) -> str:
    """Return *text* with a 1 for every digit but 0: whether and how it is a number hangs on it."""
    return text.translate(_ONES)


def sign_and_body(text: str) -> tuple[float, str] | None:
    """Return the sign of a number, 1 or -1, and the rest of it; None where it has no such form."""
    match = _SIGNED.fullmatch(text)
    if match is None:
        return None
    signs = (match["before"] + match["after"] + match["end"]).replace("\u2212", "-")
    return (_SIGNS[signs], match["body"]) if signs in _SIGNS else None
