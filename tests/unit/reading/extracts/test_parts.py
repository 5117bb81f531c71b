"""Spans of a file are read from one making of it, and are its bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import ReadFailed
from datalayer.reading.extracts import writing
from datalayer.reading.extracts.delivery import ByteSpan
from datalayer.reading.extracts.digests import Digest
from datalayer.reading.extracts.requests import ExtractRequest, Part
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.publication import Publication
from tests.extracted import content

ANITA = Identity("anita", Role.ANALYST)
REQUESTS = [
    ExtractRequest("fact_demand"),
    ExtractRequest("fact_demand", "arrow"),
    ExtractRequest("fact_demand", "parquet"),
    ExtractRequest("fact_demand", "parquet", part=Part("P00001")),
]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that a CSV file was made."""
    times: list[int] = []
    make = writing.csv_chunks

    def counting(*arguments: Any) -> Iterator[bytes]:
        times.append(1)
        return make(*arguments)

    monkeypatch.setattr(writing, "csv_chunks", counting)
    return times


def part_of(extracts: Extracts, publication: Publication, request: ExtractRequest) -> bytes:
    part = extracts.extract(publication, request, ANITA, is_sized=True).part(ByteSpan(10, 40))
    assert part is not None
    return b"".join(part)


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_part_is_the_bytes_of_the_whole(
    extracts: Extracts, publication: Publication, request_: ExtractRequest
) -> None:
    whole = content(extracts.extract(publication, request_, ANITA))

    assert part_of(extracts, publication, request_) == whole[10:40]


def test_many_parts_are_read_from_one_making(
    extracts: Extracts, publication: Publication, made: list[int]
) -> None:
    start = threading.Barrier(4)

    def read(_: int) -> bytes:
        start.wait()
        return part_of(extracts, publication, REQUESTS[0])

    with ThreadPoolExecutor(4) as threads:
        parts = set(threads.map(read, range(4)))

    assert len(parts) == 1
    assert len(made) == 1


def test_a_whole_file_is_read_from_the_disk_once_it_lies_there(
    extracts: Extracts, publication: Publication, made: list[int]
) -> None:
    part_of(extracts, publication, REQUESTS[0])

    whole = content(extracts.extract(publication, REQUESTS[0], ANITA))

    assert len(whole) > 1000
    assert len(made) == 1


def test_a_file_that_comes_out_otherwise_than_told_is_no_file_to_read_parts_of(
    extracts: Extracts, publication: Publication
) -> None:
    extract = extracts.extract(publication, REQUESTS[0], ANITA)
    file = content(extract)
    told = Digest(extract.rows, len(file), "0" * 64)
    extracts._memo.keep(extract.key, told)

    with pytest.raises(ReadFailed, match="was announced"):
        part_of(extracts, publication, REQUESTS[0])

    assert part_of(extracts, publication, REQUESTS[0]) == file[10:40]
