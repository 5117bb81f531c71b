"""A file is the one announced, or it is refused with what is wrong about it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from datalayer.kernel.contract.manifest import PublishedFile
from datalayer.kernel.errors import IntegrityError
from datalayer.kernel.storage.digest import file_sha256, prove_file

CONTENT = b"content" * 100_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ID = "20261121T060000Z-1a2b3c4d"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file."""
    (tmp_path / "x").write_bytes(CONTENT)
    return tmp_path / "x"


def announced(size_bytes: int = len(CONTENT), sha256: str = SHA256) -> PublishedFile:
    """Return the announcement of a file."""
    return PublishedFile("dim_item", "dim_item.parquet", size_bytes, sha256, 1)


def test_the_digest_is_that_of_the_whole_file(path: Path) -> None:
    assert file_sha256(path) == SHA256


def test_a_file_that_is_as_announced_is_proved(path: Path) -> None:
    prove_file(path, announced(), ID)


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (announced(size_bytes=7), "has 700,000 bytes of dim_item; its manifest says 7"),
        (announced(sha256="0" * 64), f"damaged dim_item: its SHA-256 is {SHA256}, its manifest"),
    ],
)
def test_another_file_is_refused(path: Path, other: PublishedFile, problem: str) -> None:
    with pytest.raises(IntegrityError, match=problem):
        prove_file(path, other, ID)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=f"{ID}.*has no file for dim_item"):
        prove_file(tmp_path / "x", announced(), ID)
