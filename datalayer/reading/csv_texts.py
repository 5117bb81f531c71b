"""CSV of what is told in words, such as the audit trail: safe in a spreadsheet in every dialect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from datalayer.kernel.contract.registry import Language
from datalayer.reading.csv_dialects import (
    CONVERTED,
    EXCEL_BR,
    FORMULA_STARTS,
    LONGEST_IN_FORMULA,
    RFC,
    CsvDialect,
)

Cell = str | datetime | None

_CONVERTED = re.compile(CONVERTED.replace(r"\x{00A0}", "\u00a0"), re.IGNORECASE)


def dialect_of(language: Language) -> CsvDialect:
    """Return the dialect that the spreadsheet of who speaks *language* opens rightly."""
    return EXCEL_BR if language == "pt_BR" else RFC


def csv_of_texts(
    dialect: CsvDialect, headings: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Iterator[bytes]:
    """Yield the file line by line; a time is UTC, which its heading should say.

    What a spreadsheet would run has an apostrophe before it, in RFC 4180 as well: unlike what was
    published, what is told here may have been typed by anybody.
    """
    mark = "\ufeff" if dialect.byte_order_mark else ""
    yield f"{mark}{_line(dialect, headings)}".encode()
    for row in rows:
        yield _line(dialect, row).encode("utf-8", "replace")


def _line(dialect: CsvDialect, cells: Iterable[Cell]) -> str:
    return dialect.delimiter.join(_cell(dialect, cell) for cell in cells) + "\r\n"


def _cell(dialect: CsvDialect, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return _time(dialect, cell)
    quoted = cell.replace('"', '""')
    if cell.startswith(FORMULA_STARTS):
        return f'"\'{quoted}"'
    if dialect.spelt and len(cell) <= LONGEST_IN_FORMULA and _CONVERTED.fullmatch(cell):
        return '"=""{}"""'.format(cell.replace('"', '""""'))
    return f'"{quoted}"'


def _time(dialect: CsvDialect, at: datetime) -> str:
    in_utc = at.astimezone(UTC)
    if dialect.time.endswith("X"):
        return in_utc.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"{in_utc:%d/%m/%Y %H:%M:%S}"
