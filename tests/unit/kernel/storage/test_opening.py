"""From an address to a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.kernel.errors import InvalidSelection, SettingsError
from datalayer.kernel.storage.object_store import FolderStore, S3Options
from datalayer.kernel.storage.opening import open_store

OPTIONS = S3Options("store.example:9000", "the-access-key", "the-secret-key")


def test_a_path_is_a_folder() -> None:
    store = open_store("exports/ml_results", None)

    assert isinstance(store, FolderStore)
    assert store.address == "exports/ml_results"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("s3://farol", "s3://farol (store.example:9000)"),
        ("s3://farol/", "s3://farol (store.example:9000)"),
        ("s3://farol/ml_results", "s3://farol/ml_results (store.example:9000)"),
        ("s3://farol/a/b/", "s3://farol/a/b (store.example:9000)"),
    ],
)
def test_an_s3_address_names_bucket_and_prefix(address: str, shown: str) -> None:
    assert open_store(address, OPTIONS).address == shown


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "http://store/x",
        "gs://bucket",
        "s3://",
        "s3://B",
        "s3://a_b/x",
        "s3://a..b",
        "s3://1.2.3.4/x",
    ],
)
def test_an_address_of_neither_kind_is_refused(address: str) -> None:
    with pytest.raises(InvalidSelection, match="must be a folder or s3://bucket/prefix"):
        open_store(address, OPTIONS)


def test_an_s3_address_needs_keys() -> None:
    with pytest.raises(SettingsError, match="needs an S3 endpoint, an access key and a secret key"):
        open_store("s3://farol", None)


def test_the_keys_are_not_shown() -> None:
    shown = f"{OPTIONS!r} {OPTIONS} {open_store('s3://farol', OPTIONS)!r}"

    assert "the-access-key" not in shown
    assert "the-secret-key" not in shown


def test_a_folder_store_is_made_with_its_first_object(tmp_path: Path) -> None:
    open_store(str(tmp_path / "a" / "b"), None).write("c/x", b"x")

    assert (tmp_path / "a" / "b" / "c" / "x").read_bytes() == b"x"
