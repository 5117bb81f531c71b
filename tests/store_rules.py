"""The rules of an object store, kept by every kind of it: the suite of both.

``tests/unit/kernel/storage`` runs it on a folder, ``tests/integration`` on a real S3 server.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datalayer.kernel.errors import InvalidSelection, ObjectExists, ObjectMissing, ObjectTooLarge
from datalayer.kernel.storage.object_store import WRITE_CHECK_KEY, ObjectStore

MEBIBYTE = 1024 * 1024


def ignore_bytes(chunk_bytes: int) -> None:
    """Report to nobody."""


class StoreRules:
    """To be inherited beside a fixture ``store``: an empty store of one kind."""

    def test_what_is_written_is_read_back(self, store: ObjectStore) -> None:
        store.write("metadata.json", b"{}")

        assert store.read("metadata.json", limit_bytes=2) == b"{}"

    def test_writing_replaces_the_object(self, store: ObjectStore) -> None:
        store.write("metadata.json", b"the first content")

        store.write("metadata.json", b"second")

        assert store.read("metadata.json", limit_bytes=100) == b"second"

    def test_a_missing_object_is_named(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectMissing, match=r"holds no publications/x\.parquet") as raised:
            store.read("publications/x.parquet", limit_bytes=10)

        assert store.address in str(raised.value)

    def test_a_missing_object_is_not_downloaded(self, store: ObjectStore, tmp_path: Path) -> None:
        with pytest.raises(ObjectMissing):
            store.download("x.parquet", tmp_path / "x", limit_bytes=10, report=ignore_bytes)

    def test_a_folder_of_objects_is_no_object(self, store: ObjectStore) -> None:
        store.write("publications/x", b"x")

        with pytest.raises(ObjectMissing):
            store.read("publications", limit_bytes=10)

    def test_no_more_is_read_than_allowed(self, store: ObjectStore) -> None:
        store.write("metadata.json", b"12345")

        with pytest.raises(ObjectTooLarge, match="longer than the 4 bytes"):
            store.read("metadata.json", limit_bytes=4)

    def test_a_file_comes_back_as_it_was_sent(self, store: ObjectStore, tmp_path: Path) -> None:
        # Larger than one part of a multipart upload, and no multiple of it.
        content = os.urandom(17 * MEBIBYTE + 5)
        (tmp_path / "sent").write_bytes(content)
        sent: list[int] = []
        received: list[int] = []

        store.upload(tmp_path / "sent", "a/b/large.parquet", report=sent.append)
        store.download(
            "a/b/large.parquet",
            tmp_path / "received",
            limit_bytes=len(content),
            report=received.append,
        )

        assert (tmp_path / "received").read_bytes() == content
        assert sum(sent) == sum(received) == len(content)

    def test_an_empty_file_is_an_object(self, store: ObjectStore, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()

        store.upload(tmp_path / "empty", "empty", report=ignore_bytes)

        assert store.read("empty", limit_bytes=0) == b""

    def test_a_download_stops_at_the_bytes_announced(
        self, store: ObjectStore, tmp_path: Path
    ) -> None:
        store.write("long", bytes(3 * MEBIBYTE))
        target = tmp_path / "target"

        with pytest.raises(ObjectTooLarge):
            store.download("long", target, limit_bytes=2 * MEBIBYTE, report=ignore_bytes)

        assert target.stat().st_size <= 2 * MEBIBYTE

    def test_a_refusing_local_disk_is_not_blamed_on_the_store(
        self, store: ObjectStore, tmp_path: Path
    ) -> None:
        store.write("x", b"x")

        with pytest.raises(FileNotFoundError):
            store.download("x", tmp_path / "missing" / "x", limit_bytes=1, report=ignore_bytes)

    def test_an_object_that_must_be_new_replaces_none(self, store: ObjectStore) -> None:
        store.write("metadata.json", b"first", must_be_new=True)

        with pytest.raises(ObjectExists, match=r"metadata\.json exists"):
            store.write("metadata.json", b"second", must_be_new=True)

        assert store.read("metadata.json", limit_bytes=100) == b"first"

    def test_of_many_creators_one_succeeds(self, store: ObjectStore) -> None:
        store.write("other", b"")  # so that folders exist
        at_once = threading.Barrier(6)

        def create(number: int) -> bool:
            at_once.wait()
            try:
                store.write("metadata.json", f"{number}".encode(), must_be_new=True)
            except ObjectExists:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            created = list(pool.map(create, range(6)))

        assert created.count(True) == 1
        winner = str(created.index(True)).encode()
        assert store.read("metadata.json", limit_bytes=10) == winner

    @pytest.mark.parametrize(
        "key",
        ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "a\\b", "a/", "a\0b", "a\nb"],
    )
    def test_a_key_never_leads_elsewhere(
        self, store: ObjectStore, key: str, tmp_path: Path
    ) -> None:
        (tmp_path / "x").write_bytes(b"outside")

        with pytest.raises(InvalidSelection, match="relative path"):
            store.read(key, limit_bytes=10)
        with pytest.raises(InvalidSelection):
            store.write(key, b"")
        with pytest.raises(InvalidSelection):
            store.download(key, tmp_path / "t", limit_bytes=10, report=ignore_bytes)

        assert (tmp_path / "x").read_bytes() == b"outside"

    def test_asking_whether_it_takes_writes_leaves_nothing(self, store: ObjectStore) -> None:
        store.try_write()

        with pytest.raises(ObjectMissing):
            store.read(WRITE_CHECK_KEY, limit_bytes=100)
