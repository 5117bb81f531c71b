"""A demand file, or a folder of such: which files are read, and which of them together.

A folder may hold whole items in each file, a file for each month, or a Hive tree
(``location_id=SP/part-0.parquet``), whose values become columns. Files whose items overlap are read
together, as one history; others one at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.column_kinds import of_one_kind
from ml_jobs.inputs.files.headings import normal
from ml_jobs.inputs.files.packed_file import SUFFIXES
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.inputs.files.source_file import SourceFile, read_source
from ml_jobs.inputs.master_file import samples

# Files of tables all the same: a folder with one of them was meant to be read with it.
OTHER_TABLES = (
    *(".tab", ".dat", ".json", ".jsonl", ".ndjson", ".xml", ".orc", ".avro", ".feather"),
    *(".arrow", ".bz2", ".zst", ".xz", ".7z", ".rar"),
)
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class DemandFile:
    """A file of demand.

    Attributes:
        name: With the folders below the one that was named.
        partitions: What the names of those folders say, by column; None where they say nothing.
    """

    path: Path
    name: str
    partitions: Mapping[str, str | None] = field(default_factory=dict)

    def read(self, reading: ReadingOptions, required: Sequence[Sequence[str]] = ()) -> SourceFile:
        """Read the file, with a column for each partition that it has no column for.

        *required* are groups of names, of each of which it is to have a column.

        Raises:
            InputError: The file can't be read.
        """
        told = {name.lower() for name in self.partitions}
        wanted = [names for names in required if told.isdisjoint(names)]
        source = replace(read_source(self.path, reading, required=wanted), name=self.name)
        table = source.table
        for name, value in self.partitions.items():
            if source.find(name) is None:
                values = pa.repeat(pa.scalar(value, pa.string()), table.num_rows)
                table = table.append_column(name, values)
        return replace(source, table=table)


@dataclass(frozen=True)
class DemandFolder:
    """The demand files that a path names, by their names, and what was not read beside them."""

    files: tuple[DemandFile, ...]
    unread: tuple[str, ...] = ()


def find_demand(path: Path) -> DemandFolder:
    """Return *path* itself, or the demand files in the folder that it is, and below it.

    Names that begin with a dot or an underscore are not of demand (``_SUCCESS``), nor are the marks
    of workbooks that somebody has open (``~$demand.xlsx``).

    Raises:
        InputError: The folder has no such file, or one of a table in a form that is not read.
    """
    if not path.is_dir():
        return DemandFolder((DemandFile(path, path.name),))
    found, unread, strange = [], [], []
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        name = file.relative_to(path)
        if any(part.startswith((".", "_", "~$")) for part in name.parts):
            unread.append(name.as_posix())
        elif name.name.lower().endswith(SUFFIXES):
            found.append(DemandFile(file, name.as_posix(), _partitions(name)))
        elif name.name.lower().endswith(OTHER_TABLES):
            strange.append(name.as_posix())
        else:
            unread.append(name.as_posix())
    kinds = ", ".join(SUFFIXES)
    if strange:
        raise InputError(
            file=path.name,
            problem=f"holds {samples(strange)}, which can't be read; save it as one of {kinds}, or "
            "move it out of the folder",
        )
    if not found:
        beside = f"; it holds {samples(unread)}" if unread else ""
        raise InputError(
            file=path.name, problem=f"is a folder without a file of {kinds}, also below it{beside}"
        )
    return DemandFolder(tuple(found), tuple(unread))


def overlapping(ranges: Sequence[tuple[str, str]]) -> list[tuple[int, ...]]:
    """Return the places of *ranges* in groups that overlap, in the order of their items.

    A range has the first and the last item of a file, by bytes.
    """
    groups: list[list[int]] = []
    last = ""
    for place in sorted(range(len(ranges)), key=lambda place: (*ranges[place], place)):
        if groups and ranges[place][0] <= last:
            groups[-1].append(place)
        else:
            groups.append([place])
        last = max(last, ranges[place][1])
    return [tuple(sorted(group)) for group in groups]


def together(sources: Sequence[SourceFile], read: Sequence[str]) -> SourceFile:
    """Return the rows of all *sources* as those of one file; a column says which each is of.

    Dates that are stored in several ways become alike, and so do the columns that stand for none
    of the names *read*.

    Raises:
        InputError: A column that is read has values of one kind in one file, and of another in
            another.
    """
    first, *others = sources
    if not others:
        return first
    needed = {normal(column) for name in read if (column := first.find(name))}
    column = "file" if all(source.find("file") is None for source in sources) else "source_file"
    plain = [_plain(source.table, first.table.column_names) for source in sources]
    tables = [
        table.append_column(column, pa.repeat(pa.scalar(source.name), table.num_rows))
        for source, table in zip(sources, of_one_kind(plain, needed), strict=True)
    ]
    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise InputError(
            file=first.name,
            problem=f"and {samples([source.name for source in others])} have one history, but "
            f"columns of different kinds ({error}); write all files alike",
        ) from error
    malformed = [
        replace(row, text=f"{source.name}: {row.text}")
        for source in sources
        for row in source.malformed
    ]
    return replace(
        first,
        name=f"{first.name} and {len(others):,} more",
        table=table,
        row_numbers=np.concatenate([source.row_numbers for source in sources]),
        malformed=tuple(malformed),
        notes=tuple(note for source in sources for note in source.notes),
        lines=None,
        half_numbers={c: e for each in reversed(sources) for c, e in each.half_numbers.items()},
    )


def _partitions(name: Path) -> dict[str, str | None]:
    pairs = [part.partition("=") for part in name.parts[:-1] if "=" in part]
    values = {unquote(key): unquote(value) for key, _, value in pairs}
    return {key: None if value == _NO_VALUE else value for key, value in values.items()}


def _plain(table: pa.Table, headings: Sequence[str]) -> pa.Table:
    """Return *table* with *headings* where its own are the same but for letter case and blanks.

    It has no dictionaries, which don't mix with the texts that they stand for.
    """
    alike = {normal(heading): heading for heading in headings}
    table = table.rename_columns([alike.get(normal(own), own) for own in table.column_names])
    kinds = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(kinds))
