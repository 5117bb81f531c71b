"""The settings of a store, and from its address to the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.kernel.errors import InvalidSelection, SettingsError
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.kernel.storage.settings import StoreSettings

S3 = StoreSettings.model_validate(
    {
        "s3_endpoint": "store.example:9000",
        "s3_access_key": "the-access-key",
        "s3_secret_key": "hidden-key-0123-of-the-store",
    }
)


def test_a_path_is_a_folder() -> None:
    store = StoreSettings().open_store("exports/ml_results")

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
    assert S3.open_store(address).address == shown


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
        S3.open_store(address)


def test_an_s3_address_needs_keys() -> None:
    settings = StoreSettings.model_validate({"s3_endpoint": "store.example:9000"})

    with pytest.raises(SettingsError) as raised:
        settings.open_store("s3://farol")

    assert raised.value.faults == (
        "FAROL_S3_ACCESS_KEY is missing; s3://farol needs it",
        "FAROL_S3_SECRET_KEY is missing; s3://farol needs it",
    )


def test_an_s3_address_in_the_settings_needs_no_keys_until_it_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAROL_STORE", "s3://farol")

    assert StoreSettings.load().open_store("exports").address == "exports"


def test_every_fault_is_told_at_once_and_names_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAROL_S3_ENDPOINT", "https://host/path")
    monkeypatch.setenv("FAROL_STORE_TIMEOUT_S", "soon")

    with pytest.raises(SettingsError) as raised:
        StoreSettings.load()

    endpoint, timeout = raised.value.faults
    expected = "it must be host:port, without https://"
    assert endpoint == f"FAROL_S3_ENDPOINT is 'https://host/path'; {expected}"
    assert timeout.startswith("FAROL_STORE_TIMEOUT_S is 'soon': ")


def test_the_keys_are_not_shown() -> None:
    shown = f"{S3!r} {S3} {S3.open_store('s3://farol')!r}"

    assert "the-access-key" not in shown
    assert "hidden-key-0123-of-the-store" not in shown


def test_a_folder_store_is_made_with_its_first_object(tmp_path: Path) -> None:
    StoreSettings(store=str(tmp_path / "a" / "b")).open_store().write("c/x", b"x")

    assert (tmp_path / "a" / "b" / "c" / "x").read_bytes() == b"x"
