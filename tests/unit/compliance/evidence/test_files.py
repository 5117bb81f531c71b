"""Which files are looked at, and how far."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.compliance.evidence.files import find_files
from datalayer.kernel.errors import EvidenceMissing


def test_all_files_are_found_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/model").write_bytes(b"GGUF" + bytes(100))
    (tmp_path / "code.py").write_bytes(b"x = 1")
    (tmp_path / "link").symlink_to(tmp_path / "code.py")

    found = find_files([tmp_path])

    assert {(file.path.name, file.first_bytes) for file in found.files} == {
        ("model", b"GGUF" + bytes(12)),
        ("code.py", b"x = 1"),
    }


def test_what_users_brought_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/model.pkl").touch()

    assert find_files([tmp_path], leave_out=[tmp_path / "state"]).files == ()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EvidenceMissing, match="is not there"):
        find_files([tmp_path / "nowhere"])
