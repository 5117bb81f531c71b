"""The Publisher of the tests does to a store what its words say."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.manifest import MANIFEST_NAME, PublishedFile
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import ObjectMissing
from datalayer.kernel.storage.object_store import FolderStore
from tests.publisher import LIMIT_BYTES, Publisher


def content(store: FolderStore, file: PublishedFile) -> bytes:
    return store.read(file.path, limit_bytes=LIMIT_BYTES)


def is_as_announced(store: FolderStore, file: PublishedFile) -> bool:
    return hashlib.sha256(content(store, file)).hexdigest() == file.sha256


def test_a_publication_is_stored_as_its_manifest_says(
    publisher: Publisher, folder_store: FolderStore
) -> None:
    manifest = publisher.publish()

    assert publisher.latest == manifest
    for file in manifest.files:
        assert is_as_announced(folder_store, file)
        table = pq.read_table(io.BytesIO(content(folder_store, file)))
        assert (table.num_rows, len(content(folder_store, file))) == (file.rows, file.size_bytes)


def test_the_immutable_manifest_equals_the_root_one(
    publisher: Publisher, folder_store: FolderStore
) -> None:
    manifest = publisher.publish()

    key = f"publications/{manifest.publication_id}/{MANIFEST_NAME}"
    stored = folder_store.read(key, limit_bytes=LIMIT_BYTES)
    assert stored == folder_store.read(MANIFEST_NAME, limit_bytes=LIMIT_BYTES)


def test_each_publication_is_newer_than_the_one_before(publisher: Publisher) -> None:
    first, second = publisher.publish(), publisher.publish()

    assert second.generated_at == first.generated_at + timedelta(hours=1)
    assert second.publication_id > first.publication_id


def test_data_are_the_same_each_time_unless_salted(publisher: Publisher) -> None:
    assert publisher.tables() == publisher.tables()
    assert publisher.tables()["fact_demand"] != publisher.tables(salt="x")["fact_demand"]


def test_as_many_items_are_published_as_asked_for(publisher: Publisher) -> None:
    assert publisher.publish(items=9).file("dim_item").rows == 9


def test_given_tables_are_published_as_they_are(publisher: Publisher) -> None:
    tables = publisher.tables()
    tables["fact_exception"] = tables["fact_exception"].slice(0, 0)

    assert publisher.publish(tables=tables).file("fact_exception").rows == 0


def test_corrupting_changes_bytes_and_keeps_the_size(
    publisher: Publisher, folder_store: FolderStore
) -> None:
    file = publisher.publish().file("fact_forecast")

    publisher.corrupt("fact_forecast")

    assert len(content(folder_store, file)) == file.size_bytes
    assert not is_as_announced(folder_store, file)


def test_truncating_keeps_the_first_half(publisher: Publisher, folder_store: FolderStore) -> None:
    file = publisher.publish().file("fact_forecast")

    publisher.truncate("fact_forecast")

    assert len(content(folder_store, file)) == file.size_bytes // 2


def test_withholding_removes_the_file(publisher: Publisher, folder_store: FolderStore) -> None:
    file = publisher.publish().file("fact_forecast")

    publisher.withhold("fact_forecast")

    with pytest.raises(ObjectMissing):
        content(folder_store, file)


def test_swapping_puts_each_under_the_others_name(
    publisher: Publisher, folder_store: FolderStore
) -> None:
    manifest = publisher.publish()
    one, other = manifest.file("fact_demand"), manifest.file("fact_metrics")

    publisher.swap("fact_demand", "fact_metrics")

    assert hashlib.sha256(content(folder_store, one)).hexdigest() == other.sha256
    assert hashlib.sha256(content(folder_store, other)).hexdigest() == one.sha256


def test_going_back_makes_the_previous_one_the_latest(publisher: Publisher) -> None:
    first = publisher.publish()
    publisher.publish()

    publisher.go_back()

    assert publisher.latest == first


def test_a_manifest_is_rewritten_at_both_places(
    publisher: Publisher, folder_store: FolderStore, registry: Registry
) -> None:
    manifest = publisher.publish()

    publisher.rewrite_manifest(lambda fields: fields.update(model_version="other"))

    key = f"publications/{manifest.publication_id}/{MANIFEST_NAME}"
    copy = folder_store.read(key, limit_bytes=LIMIT_BYTES)
    assert publisher.latest.model_version == "other"
    assert parse_manifest(copy, location=key, registry=registry) == publisher.latest
