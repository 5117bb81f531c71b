"""How codes of items and places are spelt: what counts as one code, and what as none."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable

LONGEST_CODE = 200
CODE = "a code of at most 200 characters, all of which can be seen"

# As no program shows them, though they are no characters of control: fillers, joiners, selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff]"
)
# Of formulas, in English and Portuguese.
_ERRORS = (
    *("#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#DIV/0!"),
    *("#N/D", "#VALOR!", "#NOME?", "#N\u00daM!", "#NULO!"),
)
# What a spreadsheet makes of a long number; the digits that told codes apart are lost.
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}")
_FRACTION = re.compile(r"[0-9]+[.,]0")
_MARKS = re.compile(r"[\W_]+")


def plain_code(text: str) -> str:
    """Return *text* with composed letters, plain blanks, and none of them at its ends.

    What looks the same becomes the same: a letter and its accent may come as one character or as
    two, and a blank may be one that doesn't break.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    return _no_breaks(composed).strip()


def is_code(text: str) -> bool:
    """Return whether *text* can stand in an address and in a file of any program.

    Characters that can't be seen (of control, of no width), more than `LONGEST_CODE` characters,
    the names ``.`` and ``..``, also between slashes, and what a spreadsheet shows for an error
    (``#N/A``) can't, nor can what it makes of a long number (``7,89E+12``). The contract
    refuses no code that is one here.
    """
    if _SHORTENED.fullmatch(text):
        return False
    if text in _ERRORS or len(text) > LONGEST_CODE or _UNSEEN.search(text):
        return False
    if not {".", ".."}.isdisjoint(text.split("/")):
        return False
    return text.isprintable() or not any(
        unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in text
    )


def case_twins(codes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of *codes* that differ in letter case only, in order."""
    return _twins(codes, str.casefold)


def zero_twins(codes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of *codes*, all digits, that differ in zeros in front only, in order."""
    digits = (code for code in codes if code.isascii() and code.isdigit())
    return _twins(digits, lambda code: code.lstrip("0"))


def is_fraction(code: str) -> bool:
    """Return whether *code* is a whole number written as a fraction, such as ``101.0``."""
    return _FRACTION.fullmatch(code) is not None


def likeness(code: str) -> str:
    """Return what *code* has in common with codes that may mean the same.

    Letter case, accents, blanks, punctuation and zeros in front don't count.
    """
    decomposed = unicodedata.normalize("NFKD", code.casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _MARKS.sub("", letters).lstrip("0")


def _twins(codes: Iterable[str], likeness: Callable[[str], str]) -> list[tuple[str, ...]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for code in sorted(codes):
        groups[likeness(code)].append(code)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _no_breaks(text: str) -> str:
    # Tabs and line ends stay: they are of control, and no part of a code.
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in text)
