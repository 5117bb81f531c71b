"""What holds for the store that is a folder beyond the rules of every store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from datalayer.kernel.errors import InvalidSelection, ObjectExists, ObjectMissing, StoreError
from datalayer.kernel.storage.durable import PARTIAL_SUFFIX, open_durably, write_durably
from datalayer.kernel.storage.object_store import FolderStore, ObjectStore
from tests.store_rules import StoreRules


class TestAFolder(StoreRules):
    """It keeps the rules of every store."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        """An empty store."""
        return FolderStore(tmp_path / "store")

    def test_nobody_can_tell_who_may_write_without_credentials(self, store: ObjectStore) -> None:
        assert store.try_write() is None


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    store.write("x", b"")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "store" / "link").symlink_to(tmp_path)
    (tmp_path / "store" / "loop").symlink_to(tmp_path / "store" / "loop")

    with pytest.raises(InvalidSelection, match="not a link out of it"):
        store.read("link/secret", limit_bytes=100)
    with pytest.raises(InvalidSelection):
        store.write("link/secret", b"changed")
    with pytest.raises(StoreError):
        store.read("loop", limit_bytes=100)

    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_a_folder_reached_through_a_link_is_a_store(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    store = FolderStore(tmp_path / "link")

    store.write("a/x", b"x")

    assert store.read("a/x", limit_bytes=1) == b"x"


def test_an_object_half_written_is_no_object(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    killed_while_writing(tmp_path / "metadata.json")

    with pytest.raises(ObjectMissing):
        store.read("metadata.json", limit_bytes=10)
    store.write("metadata.json", b"whole", must_be_new=True)
    assert store.read("metadata.json", limit_bytes=10) == b"whole"


def test_a_failed_write_leaves_the_object_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "x"
    write_durably(target, b"before")

    with pytest.raises(ZeroDivisionError):
        write_half_of(target)

    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_refused_creation_leaves_nothing_beside_the_object(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.write("x", b"first")

    with pytest.raises(ObjectExists):
        store.write("x", b"second", must_be_new=True)

    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_what_is_stored_can_be_read_by_other_users_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)

    try:
        FolderStore(tmp_path).write("x", b"")
    finally:
        os.umask(before)

    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644


def test_a_store_that_is_a_file_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    store = FolderStore(tmp_path / "store")

    with pytest.raises(StoreError, match="Not a directory"):
        store.read("metadata.json", limit_bytes=10)
    with pytest.raises(StoreError):
        store.write("metadata.json", b"")


def test_a_folder_that_this_user_may_not_read_is_denied(tmp_path: Path) -> None:
    store = tmp_path / "store"
    FolderStore(store).write("a/x", b"")
    store.chmod(0o700)
    tmp_path.chmod(0o755)

    answers = as_nobody(store, "read('a/x', limit_bytes=1)", "write('y', b'')")

    assert answers == ["StoreDenied"] * 2


def write_half_of(target: Path) -> None:
    """Fail in the middle of writing *target*."""
    with open_durably(target) as file:
        file.write(b"half")
        raise ZeroDivisionError


def killed_while_writing(target: Path) -> None:
    """Leave what a process leaves that is killed in the middle of writing *target*."""
    code = (
        "import os, pathlib, signal, sys\n"
        "from datalayer.kernel.storage.durable import open_durably\n"
        "with open_durably(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'half')\n"
        "    file.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, target], check=False)
    assert [path.suffix for path in target.parent.iterdir()] == [PARTIAL_SUFFIX]


def as_nobody(store: Path, *calls: str) -> list[str]:
    """Return the type of error that each call on the store ends with for a user without rights."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from datalayer.kernel.storage.object_store import FolderStore\n"
        "store = FolderStore(Path(sys.argv[1]))\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "else: os.chmod(sys.argv[1], 0)\n"
        "for call in sys.argv[2:]:\n"
        "    try: print(eval('store.' + call))\n"
        "    except Exception as error: print(type(error).__name__)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, store, *calls], check=True, capture_output=True, text=True
    )
    store.chmod(0o700)
    return answer.stdout.split()
