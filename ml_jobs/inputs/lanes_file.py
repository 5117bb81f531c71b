"""A file of lanes: how far it is from one place to another, how long it takes, what it costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from ml_jobs.columns import column_of
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.master_file import (
    LARGEST_NUMBER,
    MasterFile,
    MasterKey,
    NumberColumn,
    TextColumn,
    WantedColumn,
    read_master,
    samples,
)
from ml_jobs.inputs.styles import cells
from ml_jobs.lanes import Lane

FROM, TO = "from_location_id", "to_location_id"
NUMBERS = ("km", "days", "fixed_cost", "cost_per_kg")
COLUMNS: tuple[WantedColumn, ...] = (
    TextColumn(FROM, codes=True),
    TextColumn(TO, codes=True),
    # What is below 0 is read as well, so that its row can be named.
    *(NumberColumn(name, minimum=-LARGEST_NUMBER) for name in NUMBERS),
)


def read_lanes(path: Path, reading: ReadingOptions = AS_FOUND) -> MasterFile:
    """Read a file of lanes: ``from_location_id``, ``to_location_id`` and any of `NUMBERS`.

    A lane is from one place to another; back again is another one.

    Raises:
        InputError: The file can't be used; every fault is named, with its row and value.
    """
    key = MasterKey(FROM, unique=False)
    file = read_master(path, COLUMNS[1:], reading, key=key, required=(TO,))
    file.refuse(_faults(file))
    return file


def lanes_in(file: MasterFile | None, places: Collection[str]) -> dict[tuple[str, str], Lane]:
    """Return the lanes of *file* between known *places*, by the places from and to."""
    if file is None:
        return {}
    return {
        (row[FROM], row[TO]): Lane(*(row[name] for name in NUMBERS))
        for row in file.table.to_pylist()
        if row[FROM] in places and row[TO] in places
    }


def lane_notes(file: MasterFile | None, places: Collection[str]) -> Iterator[str]:
    """Return sentences about lanes that lead where no place is known, and columns not read."""
    if file is None:
        return
    name = file.source.name
    strange = [
        f"{file.source.place(number)}: {code}"
        for number, *codes in _ends(file)
        for code in codes
        if code not in places
    ]
    if strange:
        yield (
            f"{len(strange):,} end(s) of lanes of {name} are not among the locations, and those "
            f"lanes were left out: {samples(strange)}"
        )
    yield from file.unread_note()


def _ends(file: MasterFile) -> Iterator[tuple[int, str, str]]:
    """Number of each row, and the places from and to."""
    numbers = file.source.row_numbers.tolist()
    ends = (file.table.column(name).to_pylist() for name in (FROM, TO))
    yield from zip(numbers, *ends, strict=True)


def _faults(file: MasterFile) -> Iterator[str]:
    source, rows = file.source, file.source.row_numbers.tolist()
    for name in NUMBERS:
        column = source.find(name)
        if column is None:
            continue
        values = column_of(file.table, name)
        texts = cells.raw_texts(source, column, np.ones(len(values), np.bool_))
        for row, value, text in zip(rows, values.tolist(), texts, strict=True):
            if value < 0 or (np.isnan(value) and text):
                where = source.place(row)
                yield f"{where}: {name} is {text!r}; it must be a number from 0, or nothing"
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, start, end in _ends(file):
        seen[start, end].append(number)
        if not end:
            yield f"{source.place(number)}: {TO} is missing; a lane needs two places"
        if start == end:
            yield f"{source.place(number)}: {start!r} leads to itself; a lane needs two places"
    for (start, end), places in seen.items():
        if len(places) > 1:
            where = " and ".join(source.place(number) for number in places[:2])
            yield f"{where}: the lane from {start!r} to {end!r} stands twice"
