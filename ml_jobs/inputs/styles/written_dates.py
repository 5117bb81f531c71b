"""What a text may say as a date: its parts, before it is known in which order they stand."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, StrEnum, auto
from functools import cache, lru_cache


class DateOrder(StrEnum):
    """In which order day, month and year are written; named as the option names it."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    YEAR_FIRST = "year-first"


class Shape(Enum):
    """A way of writing a date; what a file mixes of it says whether it names days or months."""

    DAY = auto()  # the order of its parts is certain
    PARTS = auto()  # three numbers, of which the last is a year of four digits
    SHORT = auto()  # three numbers of two digits
    MONTH = auto()
    WEEK = auto()
    SERIAL = auto()  # days since 1899-12-30, as spreadsheets count


@dataclass(frozen=True)
class WrittenDate:
    """The parts of a date as they were written, without the time of day.

    Attributes:
        parts: Year, month and day where the order is certain; else as they stand.
        separator: Between them, where that may tell their order.
    """

    shape: Shape
    parts: tuple[int, int, int]
    separator: str = ""

    def day(self, order: DateOrder) -> date | None:
        """Return the day that this is if written in *order*; of a month or week, its first."""
        one, two, three = self.parts
        if self.shape is Shape.PARTS and order is DateOrder.YEAR_FIRST:
            return None
        if self.shape in (Shape.PARTS, Shape.SHORT):
            year, month, day = {
                DateOrder.DAY_FIRST: (three, two, one),
                DateOrder.MONTH_FIRST: (three, one, two),
                DateOrder.YEAR_FIRST: (one, two, three),
            }[order]
            return _date(_whole_year(year) if self.shape is Shape.SHORT else year, month, day)
        if self.shape is Shape.WEEK:
            return _week(one, two, three)
        if self.shape is Shape.SERIAL:
            return date(1899, 12, 30) + timedelta(days=one)
        return _date(one, two, three)


_CLOCK = r"(?:(?:T|,?\s+)(?P<clock>.*))?"
_NUMBERS = re.compile(r"(?P<date>[0-9](?:[0-9./Ww-]|,(?=[0-9])){3,})" + _CLOCK, re.DOTALL)
_PATTERNS = tuple(
    (re.compile(pattern, re.ASCII), shape)
    for pattern, shape in (
        (r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})", Shape.DAY),
        (r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)", Shape.DAY),
        (r"(?P<y>\d\d?)(?P<s>[-/.])(?P<m>\d\d?)(?P=s)(?P<d>\d{4})", Shape.PARTS),
        (r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>(?:19|20)\d\d)", Shape.PARTS),
        (r"(?P<y>\d\d?)(?P<s>[-/.])(?P<m>\d\d?)(?P=s)(?P<d>\d\d)", Shape.SHORT),
        (r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})", Shape.MONTH),
        (r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|[1-4]\d|5[0-3])", Shape.MONTH),
        (r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})", Shape.MONTH),
        (r"(?P<y>\d{4})-?[Ww](?P<m>\d\d)(?:-?(?P<d>[1-7]))?", Shape.WEEK),
        (r"(?P<y>[2-7]\d{4})(?:[.,]\d+)?", Shape.SERIAL),
    )
)
_NAME, _BETWEEN = r"(?P<name>[^\W\d_]{3,9})", r"[\s./-]+(?:de\s+)?"
_NAMED = tuple(
    re.compile(f"(?P<date>{pattern}){_CLOCK}", re.DOTALL)
    for pattern in (
        rf"(?P<d>[0-9]{{1,2}}){_BETWEEN}{_NAME}{_BETWEEN}(?P<y>[0-9]{{4}}|[0-9]{{2}})",
        rf"{_NAME}[\s.]+(?P<d>[0-9]{{1,2}}),?\s+(?P<y>[0-9]{{4}})",
        rf"{_NAME}{_BETWEEN}(?P<y>[0-9]{{4}}|[0-9]{{2}})",
    )
)
_WEEKDAY = re.compile(
    r"(?:(?:segunda|ter[çc]a|quarta|quinta|sexta|seg|ter|qua|qui|sex)(?:-feira)?|s[áa]b(?:ado)?"
    r"|dom(?:ingo)?|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)\.?,?\s+",
    re.IGNORECASE,
)
_NAMES_OF_MONTHS = (
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "january february march april may june july august september october november december",
)


def split_clock(text: str) -> tuple[str, str]:
    """Return what of *text* may be a date, and the time of day or whatever follows it.

    The name of a weekday in front is left out.
    """
    if text[:1].isalpha():
        text = _WEEKDAY.sub("", text)
    for pattern in (_NUMBERS, *_NAMED):
        if match := pattern.fullmatch(text):
            clock = match["clock"] or ""
            return match["date"], clock
    return text, ""


@lru_cache(maxsize=1 << 16)
def written_date(text: str) -> WrittenDate | None:
    """Return the date that *text* is, without a time of day; None where it is none."""
    for pattern, shape in _PATTERNS:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            one, two, three = (int(parts.get(name) or 1) for name in "ymd")
            return WrittenDate(shape, (one, two, three), parts.get("s") or "")
    return _named(text)


def _named(text: str) -> WrittenDate | None:
    """Return a date with the name of its month, in Portuguese or English."""
    match = next(filter(None, (pattern.fullmatch(text) for pattern in _NAMED)), None)
    number = _month_called(match["name"]) if match else None
    if match is None or number is None:
        return None
    year, day = match["y"], match.groupdict().get("d")
    parts = (_whole_year(int(year)) if len(year) == 2 else int(year), number, int(day or 1))
    return WrittenDate(Shape.DAY if day else Shape.MONTH, parts)


@cache
def _month_called(name: str) -> int | None:
    decomposed = unicodedata.normalize("NFD", name.lower())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    for names in _NAMES_OF_MONTHS:
        for number, whole in enumerate(names.split(), start=1):
            if whole.startswith(plain):
                return number
    return None


def _whole_year(year: int) -> int:
    """Return the year that two digits stand for, as POSIX has it: 69 is 1969, 68 is 2068."""
    return year + (1900 if year >= 69 else 2000)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _week(year: int, week: int, weekday: int) -> date | None:
    try:
        return date.fromisocalendar(year, week, weekday)
    except ValueError:
        return None
