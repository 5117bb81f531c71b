"""What tests of extracts share: the bytes and the cells of a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from datalayer.access.identity import ANYONE
from datalayer.reading.extracts.requests import ExtractRequest, Part
from datalayer.reading.extracts.service import Extract, Extracts
from datalayer.reading.extracts.settled_files import SettledFiles
from datalayer.reading.publication import Publication

AWKWARD = [
    "00123",
    "71477E3",
    "1-2",
    "MAR10",
    "out-12",
    "10%",
    "1/2",
    "1.234",
    "12:30",
    "(5)",
    "R$ 5",
    " 5",
    "VERDADEIRO",
    "false",
    "#N/D",
    "\u00a05",
    "2026-11-21",
    "9" * 30,
    '5"x',
    "7;8",
    'Cabo 1/2" preto, 3 m; rolo',
    "ç ã € 漢",
    "two\nlines",
    "3\r\n4",
    "'quoted'",
    " ",
]
"""Texts that readers of CSV like to turn into something else."""


def content(extract: Extract) -> bytes:
    """Return the bytes of a file."""
    return b"".join(extract.chunks)


def written(
    extracts: Extracts,
    publication: Publication,
    data_set: str,
    dialect: str | None = None,
    part: Part | None = None,
) -> bytes:
    """Return a data set as CSV."""
    request = ExtractRequest(data_set, "csv", dialect, part or Part())
    return content(extracts.extract(publication, request, ANYONE))


def cells_of(csv_bytes: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    """Return the rows of a CSV by their names."""
    text = io.StringIO(csv_bytes.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=delimiter, strict=True))


def settled_files(folder: Path) -> SettledFiles:
    """Return files that were made, kept below *folder*."""
    return SettledFiles(folder / "extracts", 2**24)
