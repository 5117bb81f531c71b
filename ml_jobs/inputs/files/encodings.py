"""The encoding of a text file: by its mark, by its bytes, by the words that they spell.

UTF-8 proves itself. Windows-1252 and the DOS code page 850 don't: nearly every byte is a letter in
one and a sign in the other, so the words with such bytes are spelt in both, and the one that
spells words is taken. Where both do, or neither, the file is refused with both spellings.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ml_jobs.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES: Mapping[str, str] = {
    "cp1252": "Windows-1252",
    "cp850": "DOS code page 850",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32-le": "UTF-32",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_HIGH = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(rb"[A-Za-z0-9\x80-\xff]*[\x80-\xff][A-Za-z0-9\x80-\xff]*")
_MOST_WORDS = 20_000

# Letters of Portuguese, Spanish, French and German names; the first are those of Portuguese.
_PORTUGUESE = frozenset("áàâãçéêíóôõúüÁÀÂÃÇÉÊÍÓÔÕÚÜ")
_NEIGHBOURS = frozenset("äåèëìîïñòöùûýÿæøœšžÄÅÈËÌÎÏÑÒÖÙÛÝÆØŒŠŽ")
_SIGNS_IN_WORDS = frozenset("ªº°²³¹½¼¾’–—®™·×\xa0")
# A no-break space in Windows-1252 and a letter in DOS: beside letters it may be either.
_NO_BREAK = 0xA0
_BESIDE = re.compile(rb"(?<![0-9])\xa0[A-Za-z]|[A-Za-z]\xa0(?![0-9])")
# What is another letter in the other page; ``ç`` is none there, and stands anywhere in short forms.
_FOLLOWED_BY = {"Ç": "aouãõáóúâô", "ã": "oeisnm", "Ã": "oeisnm", "õ": "es", "Õ": "es"}
_SHORT_FORMS = ("pç", "pçs", "lçto", "lçtos")  # often the only words with an accent
_CTRL_Z = b"\x1a"


@dataclass(frozen=True)
class DecodedText:
    """The content of a text file in UTF-8, without mark.

    Attributes:
        encoding: What it was taken for.
        notes: What it was taken for, where that is not UTF-8, as a sentence.
    """

    content: bytes
    encoding: str
    notes: tuple[str, ...] = ()


def decode(file: str, content: bytes, asked: str | None = None) -> DecodedText:
    """Return *content* in UTF-8; *asked* is its encoding where it does not prove one itself.

    A mark at the begin and bytes that are UTF-8 prove themselves. A Ctrl-Z at the end, with which
    DOS ends a text, is left out.

    Raises:
        InputError: The encoding can't be told, is not the one *asked*, or this is no text.
    """
    mark, marked = next(((m, e) for m, e in _MARKS if content.startswith(m)), (b"", None))
    body = content[len(mark) :]
    if (wide := _wide(body)) and marked is None:
        encoding = _wide_as_asked(file, wide, asked)
    else:
        encoding = marked or _narrow(file, body.rstrip(_CTRL_Z), asked)
    if encoding == "utf-8":
        plain = body.rstrip(_CTRL_Z)
    else:
        plain = _decoded(file, body, encoding).rstrip("\x1a").encode()
    while plain.startswith(codecs.BOM_UTF8):  # some programs put a mark before the mark
        plain = plain[len(codecs.BOM_UTF8) :]
    _refuse_control(file, plain, len(mark) if encoding == "utf-8" else 0)
    notes = () if encoding == "utf-8" else (f"read as {_NAMES.get(encoding, encoding)}",)
    return DecodedText(plain, encoding, notes)


def _narrow(file: str, body: bytes, asked: str | None) -> str:
    """Return the encoding of a text whose characters are bytes."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        strange = error.start
    else:
        return "utf-8"
    if asked == "utf-8":
        problem = f"is not in UTF-8: {_place(body, strange)} makes no sense in it"
        raise InputError(file=file, problem=f"{problem}; leave --encoding out, or name another")
    if asked:
        return asked
    _refuse_control(file, body, 0)
    _refuse_damaged_utf8(file, body, strange)
    return _by_words(file, body, strange)


def _wide(body: bytes) -> str | None:
    """Return the UTF-16 that *body* seems to be in: every second byte of its begin is NUL."""
    head = body[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < max(len(head), 16):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _wide_as_asked(file: str, wide: str, asked: str | None) -> str:
    if asked in ("utf-16", wide):
        return wide
    offset = 1 if wide == "utf-16-le" else 0
    problem = (
        f"is no text or in an unknown encoding: the byte at offset {offset} is a control "
        f"character, as in UTF-16 without its mark; say --encoding {wide}, or save it as UTF-8"
    )
    raise InputError(file=file, problem=problem)


def _decoded(file: str, body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        problem = (
            f"is not in {_NAMES.get(encoding, encoding)}: {_place(body, error.start)} makes no "
            "sense in it; name another --encoding, or save it as UTF-8"
        )
        raise InputError(file=file, problem=problem) from error


def _refuse_control(file: str, body: bytes, before: int) -> None:
    if control := _CONTROL.search(body):
        problem = (
            f"is no text or in an unknown encoding: {_place(body, control.start(), before)} is a "
            "control character, as in UTF-16 or a damaged file; save it as UTF-8"
        )
        raise InputError(file=file, problem=problem)


def _refuse_damaged_utf8(file: str, body: bytes, strange: int) -> None:
    """Refuse UTF-8 with some bytes that are not: in any other encoding all the rest is garbled."""
    letters = len(_UTF8_LETTER.findall(body))
    others = len(_HIGH.findall(_UTF8_LETTER.sub(b"", body)))
    if letters > others:
        problem = (
            f"is in UTF-8 with {others} place(s) that are not: {_place(body, strange)} makes no "
            "sense in it; save all of it as UTF-8, or say --encoding cp1252 where that is right"
        )
        raise InputError(file=file, problem=problem)


def _place(body: bytes, offset: int, before: int = 0) -> str:
    return f"the byte at offset {before + offset} (line {body.count(10, 0, offset) + 1})"


def _by_words(file: str, body: bytes, strange: int) -> str:
    """Return the code page in which the words of *body* are words.

    A word speaks for a page by being one in it and not in the other; nearly all must agree.
    """
    words = [word for word, _ in Counter(_WORD.findall(body)).most_common(_MOST_WORDS)]
    scores = [(_likeness(word, "cp1252"), _likeness(word, "cp850")) for word in words]
    ansi = sum(a > max(o, 1) for a, o in scores)
    oem = sum(o > max(a, 1) for a, o in scores)
    best, against = ("cp850", ansi) if oem > ansi else ("cp1252", oem)
    no_word = sum(score[best == "cp850"] < 0 for score in scores)
    agreed = 10 * max(against, no_word) <= max(ansi, oem)
    if agreed and not (ansi or oem):
        beside = any(_BESIDE.search(word) for word in words)
        agreed = not beside and all(a >= 0 >= o for a, o in scores)
    if agreed:
        return best
    word = next((w for w, (a, o) in zip(words, scores, strict=True) if min(a, o) < 0), words[0])
    spelt = " or ".join(
        f"{word.decode(page, 'replace')!r} in {_NAMES[page]} (--encoding {page})"
        for page in ("cp1252", "cp850")
    )
    problem = (
        f"is in an unknown encoding: {_place(body, strange)} makes no sense in UTF-8, and a word "
        f"of it is {spelt}; say which, or save the file as UTF-8"
    )
    raise InputError(file=file, problem=problem)


def _likeness(word: bytes, page: str) -> int:
    """Return how much *word* is one in *page*: above 0 if its letters are, below 0 if not."""
    try:
        text = word.decode(page)
    except UnicodeDecodeError:
        return -9
    if text.lower() in _SHORT_FORMS:
        return 3
    telling = (place for place, byte in enumerate(word) if byte >= 0x80 and byte != _NO_BREAK)
    return sum(_fit(text, place) for place in telling)


def _fit(text: str, place: int) -> int:
    """Return how well the letter or sign at *place* fits into its word."""
    letter = text[place]
    before, after = text[:place][-1:], text[place + 1 :][:1]
    if letter.isalpha() and letter not in "Øªº" and (before.isdigit() or after.isdigit()):
        return -1
    if not (before.isalpha() or after.isalpha()):
        return 0
    if letter in _SIGNS_IN_WORDS:
        return 0 if not (letter in "°×" and before.isalpha() and after.isalpha()) else -1
    if letter not in _PORTUGUESE | _NEIGHBOURS:
        return -3
    follows = _FOLLOWED_BY.get(letter)
    if _is_misplaced(text, place) or (follows and after and after.lower() not in follows):
        return -2
    return 2 if letter in _PORTUGUESE else 1


def _is_misplaced(text: str, place: int) -> bool:
    """Return whether the letter is a capital within small letters, or the other way round."""
    letter, before, after = text[place], text[:place], text[place + 1 :][:1]
    if letter.islower():
        return after.isupper() or (len(before) > 1 and all(each.isupper() for each in before[-2:]))
    return before[-1:].islower() or (bool(before) and after.islower())
