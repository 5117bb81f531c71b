"""Zips from outside: what is no plain archive of plain files is refused unread."""

from __future__ import annotations

import io
import stat
import struct
from collections.abc import Callable
from zipfile import ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.errors import PortalError, UploadRefused
from datalayer.publications.zip_directory import MOST_ENTRIES, read_directory
from datalayer.publications.zipped_publication import ZippedPublication
from tests.zipping import (
    NAME,
    as_zip64,
    with_end,
    with_flag,
    with_method,
    with_offset,
    with_size,
    zipped,
    zipped_entries,
)

FILES = {"metadata.json": b"{}" * 40, "dim_item.parquet": bytes(range(256))}
SOUND = zipped(FILES)


def refusal(content: bytes) -> str:
    """Return why a file is refused."""
    with pytest.raises(UploadRefused) as refused:
        read_directory(io.BytesIO(content), NAME)
    assert str(refused.value).startswith(f"The file {NAME} ")
    return str(refused.value)


def entry_of(name: str, mode: int = 0) -> ZipInfo:
    entry = ZipInfo("x")
    entry.filename = entry.orig_filename = name
    entry.external_attr = mode << 16
    return entry


def with_names(*names: str) -> bytes:
    return zipped_entries([(entry_of(name), b"x") for name in names])


def test_plain_files_are_listed_by_path() -> None:
    _, entries = read_directory(io.BytesIO(SOUND), NAME)

    assert sorted(entries) == sorted(FILES)


@pytest.mark.parametrize("method", [ZIP_STORED, 8])
def test_files_may_be_packed_or_not(method: int) -> None:
    _, entries = read_directory(io.BytesIO(zipped(FILES, method=method)), NAME)

    assert len(entries) == len(FILES)


def test_an_archive_may_have_a_comment() -> None:
    content = io.BytesIO(SOUND)
    with ZipFile(content, "a") as archive:
        archive.comment = b"made on Monday"

    _, entries = read_directory(content, NAME)

    assert len(entries) == len(FILES)


def test_what_systems_leave_in_folders_is_left_out() -> None:
    left = {"__MACOSX/._dim_item.parquet": b"x", ".DS_Store": b"x", "Thumbs.db": b"x"}

    _, entries = read_directory(io.BytesIO(zipped(FILES | left)), NAME)

    assert sorted(entries) == sorted(FILES)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 and so on", "is no zip"),
        (b"x" + SOUND, "is no zip"),
        (b"PK", "is damaged or was cut off"),
        (SOUND[: len(SOUND) // 2], "is damaged or was cut off"),
        (SOUND[:-1], "is damaged or was cut off"),
        (SOUND + b"more", "is damaged or was cut off"),
        (as_zip64(SOUND), "is a zip64"),
        (with_end(SOUND, 4, 1), "is one part of a split zip"),
        (with_flag(SOUND, 0x1), "is encrypted"),
        (with_flag(SOUND, 0x40), "is encrypted"),
        (with_method(SOUND, ZIP_LZMA), "by the method 14"),
        (with_offset(SOUND, 1, 0), "share the same bytes"),
        (with_size(SOUND, 1, 50_000_000), "would unpack to 50,0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_plain_zip_is_refused(content: bytes, sentence: str) -> None:
    assert sentence in refusal(content)


@pytest.mark.parametrize(
    "name",
    [
        "../metadata.json",
        "a/../../metadata.json",
        "/etc/passwd",
        "C:/metadata.json",
        "C:metadata.json",
        "a\\metadata.json",
        "..\\metadata.json",
        "./metadata.json",
        "a//metadata.json",
        "a\nb",
        "a\x00b",
        "a\u202eb",
        "x" * 500,
    ],
)
def test_a_path_that_leads_out_or_is_none_is_refused(name: str) -> None:
    assert "holds the path" in refusal(with_names(name))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO])
def test_a_link_or_a_device_is_refused(kind: int) -> None:
    content = zipped_entries([(entry_of("metadata.json", kind | 0o644), b"/etc/passwd")])

    assert "which is a link or a device" in refusal(content)


@pytest.mark.parametrize(
    "names",
    [
        ("a.parquet", "a.parquet"),
        ("a.parquet", "A.PARQUET"),
        ("\u00e9.parquet", "e\u0301.parquet"),
        ("a", "a/"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(names: tuple[str, str]) -> None:
    assert "twice" in refusal(with_names(*names))


def test_more_files_than_a_publication_has_are_refused_before_they_are_listed() -> None:
    content = with_names(*(f"{number}.parquet" for number in range(MOST_ENTRIES + 1)))

    assert "holds 1,001 files; a publication has no more than 1,000" in refusal(content)


def test_a_zip_of_zeros_is_refused_by_what_it_would_unpack_to() -> None:
    assert "would unpack to" in refusal(zipped({"metadata.json": bytes(10_000_000)}))


def test_an_entry_of_a_zip64_is_refused() -> None:
    entry = ZipInfo("metadata.json")
    entry.extra = struct.pack("<HHQQ", 1, 16, 2, 2)

    assert "zip64" in refusal(zipped_entries([(entry, b"{}")]))


def test_a_long_name_is_cut_and_a_strange_one_made_printable() -> None:
    told = refusal(with_names("\x1b[31m" + "x" * 10_000))

    assert "\x1b" not in told
    assert len(told) < 500


@given(st.binary(max_size=400))
def test_whatever_the_bytes_nothing_but_a_refusal_comes(content: bytes) -> None:
    with pytest.raises(UploadRefused):
        ZippedPublication(io.BytesIO(b"PK" + content), NAME)


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=6))
def test_a_zip_with_bytes_changed_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(SOUND)
    for at, value in changes:
        content[at] = value

    def read_all() -> None:
        archive = ZippedPublication(io.BytesIO(bytes(content)), NAME)
        for name in FILES:
            archive.read(name, limit_bytes=1_000)

    assert _is_refused_or_done(read_all)


def _is_refused_or_done(work: Callable[[], None]) -> bool:
    try:
        work()
    except PortalError as error:
        return bool(str(error))
    return True
