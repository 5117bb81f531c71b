"""Secrets are read from a folder of files, and what keeps them from being read is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datalayer.kernel.errors import SettingsError
from datalayer.kernel.storage.settings import StoreSettings

KEY = "7f1c0d96be3a48522b1e"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that FAROL_SECRETS names, with a key of the store in it."""
    for name in StoreSettings.model_fields:
        monkeypatch.delenv(f"FAROL_{name.upper()}", raising=False)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "farol_s3_secret_key").write_text(f"{KEY}\n")
    monkeypatch.setenv("FAROL_SECRETS", str(secrets))
    return secrets


def faults() -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        StoreSettings.load()
    return raised.value.faults


def test_a_setting_is_read_from_the_file_of_its_name(folder: Path) -> None:
    secret_key = StoreSettings.load().s3_secret_key

    assert secret_key
    assert secret_key.get_secret_value() == KEY


def test_a_variable_wins_over_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAROL_S3_SECRET_KEY", KEY[::-1])

    secret_key = StoreSettings.load().s3_secret_key

    assert secret_key
    assert secret_key.get_secret_value() == KEY[::-1]


def test_what_a_mount_links_within_its_folder_is_read(folder: Path) -> None:
    # As Kubernetes lays secrets out.
    (folder / "..data").mkdir()
    (folder / "farol_s3_secret_key").rename(folder / "..data" / "farol_s3_secret_key")
    (folder / "farol_s3_secret_key").symlink_to("..data/farol_s3_secret_key")

    assert StoreSettings.load().s3_secret_key


def test_files_of_other_names_are_left_alone(folder: Path) -> None:
    (folder / "certificate.pem").write_bytes(b"\xff")
    (folder / "farol_redis_url").write_text("")  # the portal's, not the store's

    assert StoreSettings.load().s3_secret_key


def test_a_folder_that_does_not_exist_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAROL_SECRETS", "/nowhere")

    assert faults() == ("FAROL_SECRETS is '/nowhere', which does not exist; it must be a folder",)


def test_a_file_in_place_of_the_folder_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAROL_SECRETS", str(folder / "farol_s3_secret_key"))

    (fault,) = faults()

    assert "which is a file; it must be the folder around it" in fault


def test_an_empty_file_is_a_fault(folder: Path) -> None:
    (folder / "farol_s3_secret_key").write_text(" \n")

    (fault,) = faults()

    assert fault.startswith(f"The secret {folder}/farol_s3_secret_key is empty; it must hold")


def test_a_file_that_was_missing_when_it_was_mounted_is_a_fault(folder: Path) -> None:
    (folder / "farol_s3_access_key").mkdir()

    (fault,) = faults()

    assert fault.startswith(f"The secret {folder}/farol_s3_access_key is a folder, so its file")


def test_a_file_of_other_bytes_than_text_is_a_fault(folder: Path) -> None:
    (folder / "farol_s3_secret_key").write_bytes(b"\xff\xfe")

    (fault,) = faults()

    assert fault.endswith("is not utf-8 text; it must hold the value of the setting alone")


@pytest.mark.parametrize("name", ["s3_access_key", "s3_secret_key"])
@pytest.mark.parametrize(
    ("content", "place"),
    [
        (f"\ufeff{KEY}", 1),
        (f"{KEY}\0", 21),
        (f"{KEY}\n{KEY[::-1]}\n", 21),
        (f"{KEY[:8]} {KEY[8:]}", 9),
        (f"{KEY}\u200b", 21),
        ("".join(f"{character}\0" for character in KEY), 2),
    ],
    ids=["byte order mark", "zero", "two lines", "blank", "invisible", "utf-16"],
)
def test_a_secret_that_is_no_single_word_is_a_fault(
    folder: Path, name: str, content: str, place: int
) -> None:
    (folder / f"farol_{name}").write_text(content, encoding="utf-8")

    (fault,) = faults()

    assert fault.startswith(f"FAROL_{name.upper()} has a blank, a line break, a byte order mark")
    assert f"the first at place {place} of " in fault
    assert KEY[:8] not in fault


def test_what_windows_ends_a_line_with_is_no_part_of_a_secret(folder: Path) -> None:
    (folder / "farol_s3_secret_key").write_bytes(f"{KEY}\r\n".encode())

    secret_key = StoreSettings.load().s3_secret_key

    assert secret_key
    assert secret_key.get_secret_value() == KEY


def test_a_link_out_of_the_folder_is_a_fault(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(KEY)
    (folder / "farol_s3_access_key").symlink_to(tmp_path / "elsewhere")

    (fault,) = faults()

    assert "leads out of its folder" in fault


def test_a_link_to_itself_is_a_fault(folder: Path) -> None:
    (folder / "farol_s3_access_key").symlink_to("farol_s3_access_key")

    (fault,) = faults()

    assert "can't be read" in fault


@pytest.mark.skipif(os.getuid() == 0, reason="root reads every file")
def test_a_file_that_this_user_may_not_read_is_a_fault(folder: Path) -> None:
    (folder / "farol_s3_secret_key").chmod(0)

    (fault,) = faults()

    assert "can't be read (Permission denied); its permissions must let this user read it" in fault


def test_every_fault_of_the_folder_is_told_at_once(folder: Path) -> None:
    (folder / "farol_s3_access_key").write_text("")
    (folder / "farol_s3_secret_key").write_text("")

    assert len(faults()) == 2


def test_a_weak_secret_in_a_file_is_refused_by_its_variable(folder: Path) -> None:
    (folder / "farol_s3_secret_key").write_text("changeme-changeme-1")

    (fault,) = faults()

    assert fault.startswith("FAROL_S3_SECRET_KEY is a sample, or holds a word")
    assert "changeme" not in fault


def test_a_secret_key_that_is_the_access_key_is_refused(folder: Path) -> None:
    (folder / "farol_s3_access_key").write_text(KEY)

    assert faults() == (
        "FAROL_S3_SECRET_KEY is the same as FAROL_S3_ACCESS_KEY; it must be another",
    )
