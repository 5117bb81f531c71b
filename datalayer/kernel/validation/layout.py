"""A Parquet file's own description of itself, looked at before anything else of it is read.

A few bytes can announce billions of rows, and a description may be longer than any data. So
whoever validates a file looks at its footer first, and reads none of it beyond these limits.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from datalayer.kernel.contract.checks import READABLE
from datalayer.kernel.contract.manifest import most_rows
from datalayer.kernel.sentences import Sentence

MOST_FOOTER_BYTES: Final = 32 * 1024 * 1024
MOST_TEXT_BYTES: Final = 1024 * 1024
MOST_ROW_GROUPS: Final = 100_000
MOST_COLUMNS: Final = 500

_MAGIC: Final = b"PAR1"
_TAIL_BYTES: Final = 8  # the footer's length and the magic bytes
_BYTES_PER_CHARACTER: Final = 4  # the most that UTF-8 takes
_VALUE_BYTES: Final = 100  # lengths, levels and the page's own description
_LIMIT_EXCEEDED: Final = "Exceeded size limit"


@dataclass(frozen=True)
class LayoutProblem:
    """What is wrong with a file's description of itself.

    Attributes:
        expected: What would be right.
        readable: The file is Parquet; it is only larger in something than it may be.
    """

    found: str
    expected: str
    readable: bool = True


def layout_problems(path: Path, longest: Mapping[str, int]) -> Iterator[LayoutProblem]:
    """Yield what the file at *path* says of itself beyond what it may.

    Args:
        path: The file.
        longest: Most characters of a text, for each column of text.
    """
    try:
        footer_bytes = _footer_bytes(path)
    except OSError as error:
        yield _unreadable(error.strerror or str(error))
        return
    if footer_bytes is None:
        yield _unreadable(Sentence("no Parquet magic bytes at its end"))
        return
    if footer_bytes > MOST_FOOTER_BYTES:
        yield LayoutProblem(
            Sentence("a footer of {footer_bytes} bytes", footer_bytes=footer_bytes),
            Sentence("{most_footer_bytes} bytes at most", most_footer_bytes=MOST_FOOTER_BYTES),
        )
        return
    try:
        file = pq.ParquetFile(
            path,
            thrift_string_size_limit=MOST_TEXT_BYTES,
            thrift_container_size_limit=MOST_ROW_GROUPS,
        )
    except (OSError, ValueError) as error:  # Arrow's errors are of these two
        if _LIMIT_EXCEEDED not in str(error):
            yield _unreadable(str(error).partition("\n")[0].replace(f"{path.parent}/", ""))
            return
        found = Sentence("a footer with a text or a list that is too long")
        limits = Sentence(
            "texts of {most_text_bytes} bytes and {most_row_groups} row groups at most",
            most_text_bytes=MOST_TEXT_BYTES,
            most_row_groups=MOST_ROW_GROUPS,
        )
        yield LayoutProblem(found, limits)
        return
    with file:
        yield from _size_problems(file.metadata, path.stat().st_size)
        yield from _text_problems(file.metadata, longest)


def _size_problems(metadata: pq.FileMetaData, size_bytes: int) -> Iterator[LayoutProblem]:
    if metadata.num_columns > MOST_COLUMNS:
        yield LayoutProblem(
            Sentence("{num_columns} columns", num_columns=metadata.num_columns),
            Sentence("{most_columns} columns at most", most_columns=MOST_COLUMNS),
        )
    notes = sum(len(name) + len(text) for name, text in (metadata.metadata or {}).items())
    if notes > MOST_TEXT_BYTES:
        yield LayoutProblem(
            Sentence("{notes} bytes of notes beside the data", notes=notes),
            Sentence("{most_text_bytes} bytes at most", most_text_bytes=MOST_TEXT_BYTES),
        )
    groups = range(metadata.num_row_groups)
    rows = sum(metadata.row_group(group).num_rows for group in groups)
    if rows > most_rows(size_bytes):
        yield LayoutProblem(
            Sentence("{rows} rows in {size_bytes} bytes", rows=rows, size_bytes=size_bytes),
            Sentence(
                "{most_rows} rows at most in a file of that size", most_rows=most_rows(size_bytes)
            ),
        )


def _text_problems(
    metadata: pq.FileMetaData, longest: Mapping[str, int]
) -> Iterator[LayoutProblem]:
    """Yield the columns that hold more text than all of their rows together may have."""
    sizes = Counter[str]()
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for chunk in map(group.column, range(group.num_columns)):
            if chunk.path_in_schema in longest:
                sizes[chunk.path_in_schema] += chunk.total_uncompressed_size
    for name, size_bytes in sizes.items():
        # A text stands in its page, and twice among what is said of the page.
        row_bytes = 3 * _BYTES_PER_CHARACTER * longest[name] + _VALUE_BYTES
        most = metadata.num_rows * row_bytes + MOST_TEXT_BYTES
        if size_bytes > most:
            yield LayoutProblem(
                Sentence(
                    "{size_bytes} bytes of text in {name}, for {num_rows} rows",
                    size_bytes=size_bytes,
                    name=name,
                    num_rows=metadata.num_rows,
                ),
                Sentence("texts of {longest} characters at most", longest=longest[name]),
            )


def _footer_bytes(path: Path) -> int | None:
    """Return how long the footer is, as its last bytes say; None if it is no Parquet file."""
    with path.open("rb") as file:
        size_bytes = file.seek(0, os.SEEK_END)
        file.seek(max(0, size_bytes - _TAIL_BYTES))
        tail = file.read(_TAIL_BYTES)
    if len(tail) < _TAIL_BYTES or not tail.endswith(_MAGIC):
        return None
    return int.from_bytes(tail[:4], "little")


def _unreadable(problem: str) -> LayoutProblem:
    found = Sentence("the file can't be read: {problem}", problem=problem)
    return LayoutProblem(found, READABLE, readable=False)
