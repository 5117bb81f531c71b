"""How input files are to be read, where the files can't tell: headings, encoding, marks."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic.dataclasses import dataclass

from ml_jobs.option_kinds import Help, Kind, one_of

ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "cp1252",
    "latin-1",
    "iso-8859-15",
    "cp850",
    "cp437",
    "mac-roman",
)
DATE_STYLES = ("day-first", "month-first", "year-first")

# A name, an equals sign, and a heading; one with a comma or a quotation mark stands in quotes.
_PAIR = re.compile(r'\s*([^=,"]+?)\s*=\s*(?:"((?:[^"]|"")*)"|([^,"]*?))\s*(?:,|\Z)')


def _parse_columns(text: str) -> object:
    """Return the headings that a command line's ``NAME=HEADING,...`` gives, by name."""
    headings: dict[str, str] = {}
    place = 0
    while place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None or pair.group(1) in headings:
            raise ValueError
        name, quoted, plain = pair.groups()
        headings[name] = quoted.replace('""', '"') if quoted is not None else plain
        place = pair.end()
    return headings


def _check_sheets(found: object) -> object:
    names = [found] if isinstance(found, str) else found
    if not isinstance(names, list | tuple) or not names:
        raise ValueError
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError
    return tuple(names)


def _parse_sheets(text: str) -> object:
    return next(csv.reader([text], skipinitialspace=True), [])


def _check_columns(found: object) -> object:
    if not isinstance(found, Mapping) or not found:
        raise ValueError
    if not all(isinstance(text, str) and text.strip() for pair in found.items() for text in pair):
        raise ValueError
    return {name.strip().lower(): heading.strip() for name, heading in found.items()}


def columns_argument(headings: Mapping[str, str]) -> str:
    """Return *headings*, by name, as a command line takes them: ready to be copied."""
    pairs = []
    for name, heading in headings.items():
        shown = heading
        if re.search('[,"]', heading):
            doubled = heading.replace('"', '""')
            shown = f'"{doubled}"'
        pairs.append(f"{name}={shown}")
    return f"--columns {shlex.quote(','.join(pairs))}"


_COLUMNS = Kind(
    "a heading for each name that differs in the files, such as item_id=Material,date=Data",
    "NAME=HEADING,...",
    _check_columns,
    _parse_columns,
)
_Columns: TypeAlias = Annotated[Mapping[str, str], _COLUMNS]
_Sheets: TypeAlias = Annotated[
    tuple[str, ...],
    Kind("the name of a sheet, or several", "NAME,...", _check_sheets, _parse_sheets),
]
_Decimal: TypeAlias = Annotated[str, one_of((".", ","), "MARK")]
_Thousands: TypeAlias = Annotated[str, one_of((".", ",", "'", "space", "none"), "MARK")]
_Dates: TypeAlias = Annotated[str, one_of(DATE_STYLES, "STYLE")]
_Encoding: TypeAlias = Annotated[str, one_of(ENCODINGS, "NAME")]


@dataclass(frozen=True)
class ReadingOptions:
    """How input files are to be read; None means that the files themselves decide."""

    columns: Annotated[
        _Columns | None,
        Help("input", "what the files call a column, such as item_id=Material,date=Data"),
    ] = None
    sheet: Annotated[
        _Sheets | None, Help("input", "of workbooks, by name; else the only one with the columns")
    ] = None
    encoding: Annotated[
        _Encoding | None, Help("input", "of text files; else as their bytes show")
    ] = None
    decimal: Annotated[
        _Decimal | None, Help("input", "decimal mark of numbers; else as the files show")
    ] = None
    thousands: Annotated[
        _Thousands | None, Help("input", "what parts thousands; else as the files show")
    ] = None
    dates: Annotated[
        _Dates | None, Help("input", "order of day, month and year; else as the files show")
    ] = None

    @property
    def headings(self) -> Mapping[str, str]:
        """What the files call a column, by the name that it is read as."""
        return self.columns or {}


AS_FOUND = ReadingOptions()
