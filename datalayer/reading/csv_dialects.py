"""CSV in the dialects that users choose from, as SQL: DuckDB makes whole lines.

Numbers pass through ``to_json``, which writes a DOUBLE in the shortest form that reads back to the
same number, 2.5 times as fast as a cast (measured; docs/decisions/0011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datalayer.kernel.contract.registry import ColumnType
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.views import as_lines, quoted_name, quoted_text

# A spreadsheet takes a cell that begins so for a formula: OWASP's list (CSV Injection), with the
# full-width forms that some spreadsheets fold to the signs.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n", "\r", "＝", "＋", "－", "＠")
# What Excel and LibreOffice under pt-BR turn into a number, a date, a time, a share, money, an
# error or a truth value; they don't look at the quotes around it.
CONVERTED = (
    r"[\s\x{00A0}]*(?:[a-z]{0,3}[$€£¥]|[\d.,(#%]"
    r"|(?:jan|fev|feb|mar|abr|apr|mai|may|jun|jul|ago|aug|set|sep|out|oct|nov|dez|dec)"
    r"[a-zç]*[\s./-]*\d|(?:verdadeiro|falso|true|false)\s*$).*"
)
LONGEST_IN_FORMULA = 255
"""Characters that a text in an Excel formula may have."""


@dataclass(frozen=True)
class CsvDialect:
    """One way of writing CSV; every dialect ends lines with CR LF and quotes all text.

    Attributes:
        name: What callers and file names call it.
        decimal: The decimal separator.
        date: Form of a date, in the letters of Unicode TS 35 as CSVW has it.
        time: Form of a time, the same; always UTC. One without its zone is what a spreadsheet
            reckons with: then the name of the column says the zone.
        truth: The two truth values, true first.
        guarded: Whether text that a spreadsheet would run has an apostrophe before it.
        spelt: Whether text that a spreadsheet would convert is written as ``="00123"``. What is
            neither guarded nor spelt is text as it is.
    """

    name: str
    delimiter: str
    decimal: str
    byte_order_mark: bool
    date: str
    time: str
    truth: tuple[str, str]
    guarded: bool
    spelt: bool

    def head(self, columns: Mapping[str, ColumnType]) -> bytes:
        """Return what stands before the first row: the byte order mark and the names."""
        mark = "\ufeff" if self.byte_order_mark else ""
        names = (self.heading(name, kind) for name, kind in columns.items())
        return f"{mark}{self.delimiter.join(names)}\r\n".encode()

    def heading(self, name: str, kind: ColumnType) -> str:
        """Return what stands above a column; a time has its zone there or in its cells."""
        in_heading = kind is ColumnType.TIMESTAMP and not self.time.endswith("X")
        return f"{name}_utc" if in_heading else name

    def lines(self, sql: str, columns: Mapping[str, ColumnType], beside: Sequence[str] = ()) -> str:
        """Return a query of the rows of *sql* as text, a line each; null is an empty cell.

        Columns that are wanted as they are, too, stand *beside* the line.
        """
        write = {
            ColumnType.TEXT: self._text,
            ColumnType.DOUBLE: self._number,
            ColumnType.INTEGER: "cast({} as varchar)".format,
            ColumnType.BOOLEAN: self._truth,
            ColumnType.DATE: _WRITTEN[self.date].format,
            ColumnType.TIMESTAMP: _WRITTEN[self.time].format,
        }
        cells = [write[kind](quoted_name(name)) for name, kind in columns.items()]
        return as_lines(sql, cells, separator=self.delimiter, beside=beside)

    def _text(self, column: str) -> str:
        quotes = f"""replace({column}, '"', '""')"""
        as_it_is = f"""'"' || {quotes} || '"'"""
        cases = []
        if self.guarded:
            cases.append(f"""when {_would_run(column)} then '"''' || {quotes} || '"' """)
        if self.spelt:
            cases.append(
                f"""when {_would_convert(column)} """
                f"""then '"=""' || replace({column}, '"', '\"\"\"\"') || '\"\"\"' """
            )
        return f"case {''.join(cases)}else {as_it_is} end" if cases else as_it_is

    def _number(self, column: str) -> str:
        written = f"cast(to_json({column}) as varchar)"
        return written if self.decimal == "." else f"replace({written}, '.', '{self.decimal}')"

    def _truth(self, column: str) -> str:
        true, false = self.truth
        return f"case when {column} then '{true}' when not {column} then '{false}' end"


def _would_run(column: str) -> str:
    starts = ", ".join(f"chr({ord(each)})" for each in FORMULA_STARTS)
    return f"{column}[1] in ({starts})"


def _would_convert(column: str) -> str:
    pattern = quoted_text(CONVERTED)
    short = f"length({column}) <= {LONGEST_IN_FORMULA}"
    return f"{short} and regexp_full_match({column}, {pattern}, 'i')"


# SQL that writes a column in a form.
_WRITTEN = {
    "yyyy-MM-dd": "cast({} as varchar)",
    "dd/MM/yyyy": "strftime({}, '%d/%m/%Y')",
    "yyyyMMdd": "strftime({}, '%Y%m%d')",
    "yyyy-MM-ddTHH:mm:ssX": "replace(replace(cast({} as varchar), ' ', 'T'), '+00', 'Z')",
    "dd/MM/yyyy HH:mm:ss": "strftime({}, '%d/%m/%Y %H:%M:%S')",
}

RFC = CsvDialect(
    name="rfc",
    delimiter=",",
    decimal=".",
    byte_order_mark=False,
    date="yyyy-MM-dd",
    time="yyyy-MM-ddTHH:mm:ssX",
    truth=("true", "false"),
    guarded=False,
    spelt=False,
)
"""RFC 4180, UTF-8, comma and point."""

EXCEL_BR = CsvDialect(
    name="excel-br",
    delimiter=";",
    decimal=",",
    byte_order_mark=True,
    date="dd/MM/yyyy",
    time="dd/MM/yyyy HH:mm:ss",
    truth=("VERDADEIRO", "FALSO"),
    guarded=True,
    spelt=True,
)
"""What Excel in Brazil opens rightly by a double click: semicolon, decimal comma, dd/mm/aaaa."""

DIALECTS: Mapping[str, CsvDialect] = {each.name: each for each in (RFC, EXCEL_BR)}


def dialect_named(name: str | None) -> CsvDialect:
    """Return the dialect of that name; rfc for None.

    Raises:
        InvalidSelection: There is none.
    """
    if name is not None and name not in DIALECTS:
        raise InvalidSelection(
            parameter="dialect",
            found=repr(name[:80]),
            expected=Sentence("one of {values:s}", values=tuple(DIALECTS)),
        )
    return DIALECTS[name or RFC.name]
