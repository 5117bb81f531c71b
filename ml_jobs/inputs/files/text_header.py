"""The headings of a text file: their line, and what parts its cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.headings import MOST_TITLE_LINES, Wanted, heading_line
from ml_jobs.inputs.files.quotes import QuoteRules

DELIMITERS = (";", ",", "\t", "|")

_SEP_LINE = re.compile(r'"?sep=([\t !#-/:-@\[-`{-~])"?[;,\t]*\n?', re.IGNORECASE)
_NOTHING = "".join((*DELIMITERS, ' "\n'))
_MOST_HEADING_LINES = 20  # a heading in quotation marks may have line breaks


@dataclass(frozen=True)
class TextHeader:
    """The headings of a text.

    Attributes:
        begin, end: Places of its first line and of the line after its last one.
        titles: Lines above it that are not empty.
    """

    begin: int
    end: int
    delimiter: str
    names: tuple[str, ...]
    titles: int


def text_header(file: str, lines: pa.Array, wanted: Wanted) -> TextHeader:
    """Find the headings among the first of *lines*, each with its line break.

    A line ``sep=;`` above them names what parts the cells; else it is what gives the columns
    wanted, or the most cells.

    Raises:
        InputError: No line has a filled cell.
    """
    head = [line.as_py().decode() for line in lines.slice(0, 2 * MOST_TITLE_LINES)]
    first = next((place for place, line in enumerate(head) if line.strip()), None)
    if first is None:
        raise InputError(file=file, problem="is empty; a header line with column names is needed")
    delimiters: Sequence[str] = DELIMITERS
    if separator := _SEP_LINE.fullmatch(head[first]):
        delimiters, first = (separator.group(1),), first + 1
    found = list(_candidates(lines, head, first, delimiters))
    if not found:
        raise InputError(file=file, problem="is empty; a header line with column names is needed")
    return found[heading_line([header.names for header in found], wanted)]


def _candidates(
    lines: pa.Array, head: Sequence[str], first: int, delimiters: Sequence[str]
) -> Iterator[TextHeader]:
    """Yield what each line would be as headings, with most cells first where delimiters differ."""
    titles = 0
    for begin in range(first, min(first + MOST_TITLE_LINES, len(head))):
        if not head[begin].strip(_NOTHING):
            continue
        parsed = [_parsed(lines, head, begin, part, titles) for part in delimiters]
        yield from sorted(parsed, key=lambda header: len(header.names), reverse=True)
        titles += 1


def _parsed(
    lines: pa.Array, head: Sequence[str], begin: int, delimiter: str, titles: int
) -> TextHeader:
    reader = csv.reader(head[begin : begin + _MOST_HEADING_LINES], delimiter=delimiter)
    try:
        names = next(reader)
    except csv.Error:  # a cell longer than headings are
        return TextHeader(begin, begin + 1, delimiter, (head[begin],), titles)
    end = begin + reader.line_num
    if end > begin + 1:
        rows = QuoteRules(delimiter, len(names) - 1).rows_of(lines.slice(begin, reader.line_num))
        if 0 in rows.stray or rows.begins[1:].any():
            names, end = head[begin].rstrip("\n").split(delimiter), begin + 1
    return TextHeader(begin, end, delimiter, tuple(names), titles)
