"""CSV of what is told in words: whole when read back, safe in a spreadsheet, times in UTC."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest

from datalayer.reading.csv_dialects import EXCEL_BR, RFC
from datalayer.reading.csv_texts import csv_of_texts, dialect_of

HEADINGS = ("When (UTC)", "Details")
NOON = datetime(2026, 11, 21, 9, tzinfo=timezone(timedelta(hours=-3)))


def read(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))


def test_each_language_has_the_dialect_of_its_spreadsheet() -> None:
    assert (dialect_of("pt_BR"), dialect_of("en")) == (EXCEL_BR, RFC)


@pytest.mark.parametrize("text", ["plain", 'a "b"', "a,b;c", "two\nlines", "é ŝ", ""])
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    content = b"".join(csv_of_texts(RFC, HEADINGS, [(NOON, text)]))

    assert read(content) == [list(HEADINGS), ["2026-11-21T12:00:00Z", text]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "＝1"])
@pytest.mark.parametrize("dialect", [RFC, EXCEL_BR], ids=lambda dialect: dialect.name)
def test_what_a_spreadsheet_would_run_is_text_in_every_dialect(text: str, dialect: object) -> None:
    assert isinstance(dialect, type(RFC))
    content = b"".join(csv_of_texts(dialect, HEADINGS, [(None, text)]))

    assert read(content, dialect.delimiter)[1][1] == f"'{text}"


def test_what_excel_would_convert_stays_text_in_its_dialect() -> None:
    content = b"".join(csv_of_texts(EXCEL_BR, HEADINGS, [(NOON, "20261121T060000Z-1a2b3c4d")]))

    assert read(content, ";")[1] == ["21/11/2026 12:00:00", '="20261121T060000Z-1a2b3c4d"']


def test_no_value_is_an_empty_cell() -> None:
    content = b"".join(csv_of_texts(RFC, HEADINGS, [(None, None)]))

    assert content.splitlines()[1] == b","


def test_a_character_that_is_none_does_not_end_the_file() -> None:
    content = b"".join(csv_of_texts(RFC, HEADINGS, [(NOON, "\ud800"), (NOON, "next")]))

    assert read(content)[2][1] == "next"


def test_the_year_has_four_digits_in_both() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)

    assert b"2026-01-02T00:00:00Z" in b"".join(csv_of_texts(RFC, HEADINGS, [(at, "x")]))
    assert b"02/01/2026 00:00:00" in b"".join(csv_of_texts(EXCEL_BR, HEADINGS, [(at, "x")]))
