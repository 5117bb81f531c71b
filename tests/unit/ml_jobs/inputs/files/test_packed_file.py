"""Packed files are unpacked within bounds, and files of other kinds are named."""

from __future__ import annotations

import contextlib
import gzip
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.packed_file import FileKind, unpacked
from ml_jobs.inputs.files.source_file import read_source

pytestmark = pytest.mark.ml

Pack = Callable[[bytes], bytes]

TEXT = b"item_id;date;quantity\nA;2026-01-01;5\n"


def zipped(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def parquet() -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table({"item_id": ["A"]}), held)
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        gzip.compress(TEXT, mtime=0),
        gzip.compress(TEXT[:9], mtime=0) + gzip.compress(TEXT[9:], mtime=0),
    ],
)
def test_a_text_is_read_out_of_gzip(content: bytes) -> None:
    assert unpacked("f", content) == (FileKind.TEXT, TEXT)


def test_the_one_file_of_a_zip_is_read() -> None:
    content = zipped(**{"data/": b"", "__MACOSX/._d.csv": b"x", ".DS_Store": b"x", "d.csv": TEXT})

    assert unpacked("f", content) == (FileKind.TEXT, TEXT)


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped(d=content)])
def test_parquet_is_read_out_of_a_pack(pack: Pack) -> None:
    kind, content = unpacked("f", pack(parquet()))

    assert (kind, content) == (FileKind.PARQUET, parquet())


def test_a_zip_of_several_files_is_refused_with_their_names() -> None:
    with pytest.raises(InputError, match=r"d.zip holds 2 files: a.csv, b.csv; it must hold one"):
        unpacked("d.zip", zipped(**{"a.csv": TEXT, "b.csv": TEXT}))


def test_a_zip_without_a_file_is_refused() -> None:
    with pytest.raises(InputError, match="holds 0 files: no file"):
        unpacked("d.zip", zipped(**{"a/": b""}))


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped(d=content)])
def test_what_unpacks_to_far_more_than_an_export_is_refused(pack: Pack) -> None:
    with pytest.raises(InputError, match="unpacks to more than 64 MiB"):
        unpacked("d", pack(bytes(80 << 20)))


def test_what_is_packed_twice_is_refused() -> None:
    with pytest.raises(InputError, match="packed twice"):
        unpacked("d", gzip.compress(gzip.compress(TEXT, mtime=0)))


@pytest.mark.parametrize("content", [gzip.compress(TEXT, mtime=0), zipped(d=TEXT * 50)])
@pytest.mark.parametrize("cut", [0.3, 0.7])
def test_a_damaged_pack_is_refused(content: bytes, cut: float) -> None:
    with pytest.raises(InputError, match="is damaged"):
        unpacked("d", content[: int(len(content) * cut)])


def test_a_zip_with_a_flipped_byte_is_refused() -> None:
    content = bytearray(zipped(d=TEXT * 50))
    content[45] ^= 0xFF

    with pytest.raises(InputError, match="is damaged zip"):
        unpacked("d", bytes(content))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7", "a PDF document; export the table as CSV"),
        (b"BZh91AY", "packed with bzip2; unpack it"),
        (b"\x28\xb5\x2f\xfd\x00", "packed with zstd; unpack it"),
        (b"\xfd7zXZ\x00", "packed with xz"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\x07\x00", "a RAR archive"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"ARROW1\x00\x00", "an Arrow file; save it as Parquet"),
        (b"PK\x05\x06" + bytes(18), "an empty zip archive"),
        (b"\n<html><body><table>", "a web page or XML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "a web page or XML"),
        ("\ufeff<table>".encode("utf-16-le"), "a web page or XML"),
        (b'[{"item_id": 1}]', "JSON"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "a workbook with a password",
        ),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_to_do(content: bytes, what: str) -> None:
    with pytest.raises(InputError, match=f"d.xls is {what}"):
        unpacked("d.xls", content)


_CHANGES = st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(
    content=st.sampled_from(
        [
            TEXT * 9,
            gzip.compress(TEXT * 9, mtime=0),
            zipped(d=TEXT * 9),
            zipped(d=parquet()),
            parquet(),
        ]
    ),
    changes=_CHANGES,
)
def test_damaged_bytes_are_read_or_refused(
    content: bytes, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(content)
    for place, byte in changes:
        damaged[int(place * len(damaged))] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "d.csv")
        path.write_bytes(bytes(damaged))

        with contextlib.suppress(InputError):
            assert read_source(path).rows > 0
