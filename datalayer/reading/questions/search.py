"""Parts by half-remembered text: what is typed, folded and taken apart as the search reads it.

``sql/folded_item.sql`` folds the parts, ``fold`` what is typed, both alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Final

from datalayer.reading.database import Parameter
from datalayer.reading.filters import LONGEST_TEXT
from datalayer.reading.question import Question
from datalayer.reading.views import question_sql, select_matches

BEST_FIRST: Final = ("match_rank", "item_id")
"""The order of matches; codes decide between equal ones."""
MOST_WORDS: Final = 8
"""Further words of a text are left aside, so that no text takes long."""

_MOST_NEAR_WORDS = 3
_NEAR_LETTERS = range(4, 25)
_NEAR_WITH_DIGITS = range(5, 25)
_SUMMARY = (
    *("item_id", "sku", "name", "category", "supplier", "abc_class", "demand_class"),
    *("match", "matches"),
)
_BETWEEN_WORDS = re.compile(r"[\s,;|()\[\]{}]+")


def parts(text: str, limit: int = 20) -> Question:
    """Return the question of the parts that match *text*, best match first; no text matches all.

    Columns: item_id, sku, name, category, supplier, abc_class, demand_class, match (``exact`` and
    ``prefix`` of a code, ``words``, ``inside`` of words or codes, ``near``: with a slip of the
    pen) and matches, how many parts there are with or without *limit*.
    """
    readable = text[:LONGEST_TEXT].replace("\0", " ").encode(errors="ignore").decode()
    return Question(
        name="search_items",
        sql=select_matches(question_sql("search_items"), _SUMMARY, (), BEST_FIRST),
        parameters=parameters(readable),
        data_sets=("dim_item",),
        limit=limit,
    )


def parameters(text: str) -> Mapping[str, Parameter]:
    """Return the values of ``sql/search_items.sql`` for *text*, which is plain text."""
    folded, found = fold(text), words(text)
    code = folded.replace(" ", "")
    tolerant = sorted(filter(_may_be_near, found), key=len, reverse=True)[:_MOST_NEAR_WORDS]
    patterns = [_near(word) for word in tolerant] + [""] * (_MOST_NEAR_WORDS - len(tolerant))
    return {
        "text": text.strip(),
        "folded": folded,
        "code": code,
        "zeroless": code.lstrip("0"),
        "words": found,
        "strict": tuple(word for word in found if word not in tolerant),
        **{f"near_{number}": pattern for number, pattern in enumerate(patterns, start=1)},
    }


def words(text: str) -> tuple[str, ...]:
    """Return the first eight different words of *text*, folded.

    What holds a digit stays together, whatever signs are in it: ``7/16`` is ``7 16``.
    """
    return tuple(dict.fromkeys(_words(text)))[:MOST_WORDS]


def meets(word: str, asked: tuple[str, ...]) -> bool:
    """Return whether a *word* of a part is one of those *asked* for, part of one, or near one."""
    folded = fold(word)
    return folded != "" and any(
        each in folded
        or folded in each.split()
        or (_may_be_near(each) and re.search(_near(each), f" {folded}") is not None)
        for each in asked
    )


def fold(text: str) -> str:
    """Return *text* without accents, case and signs, a blank between words, letters and digits."""
    bare = "".join(letter for letter in unicodedata.normalize("NFD", text) if _kind(letter) != "M")
    # Letter by letter, as DuckDB does: a whole word would have its Greek end.
    lowered = "".join(letter.lower() for letter in unicodedata.normalize("NFC", bare))
    plain = "".join(letter if _kind(letter) in "LN" else " " for letter in lowered)
    parted = "".join(
        f"{letter} " if {_kind(letter), _kind(after)} == {"L", "N"} else letter
        for letter, after in pairwise(f"{plain} ")
    )
    return " ".join(parted.split())


def _words(text: str) -> Iterable[str]:
    for typed in _BETWEEN_WORDS.split(text):
        folded = fold(typed)
        if any(_kind(letter) == "N" for letter in folded):
            yield folded
        else:
            yield from folded.split()


def _may_be_near(word: str) -> bool:
    letters = word.replace(" ", "")
    return len(letters) in (_NEAR_LETTERS if letters.isalpha() else _NEAR_WITH_DIGITS)


@lru_cache(maxsize=256)
def _near(word: str) -> str:
    """Return a pattern of texts in which a word begins like *word* but for one slip.

    One sign too many, too few, wrong, or changed with the next: a Damerau-Levenshtein distance of
    one, which DuckDB finds so fifty times as fast as by comparing word by word. A folded word has
    no signs that mean something in a pattern.
    """
    places = range(len(word))
    slips = {
        *(f"{word[:at]}.{word[at + 1 :]}" for at in places),
        *(f"{word[:at]}{word[at + 1 :]}" for at in places),
        *(f"{word[:at]}{word[at + 1 : at + 2]}{word[at]}{word[at + 2 :]}" for at in places),
        *(f"{word[:at]}.{word[at:]}" for at in places),
    }
    return f" (?:{'|'.join(sorted(slips))})"


def _kind(letter: str) -> str:
    return unicodedata.category(letter)[0]
