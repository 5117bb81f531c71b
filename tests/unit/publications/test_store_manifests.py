"""The store's root manifest is believed only as far as the publication's own says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.manifest import MANIFEST_NAME
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import ManifestError
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.store_manifests import read_latest_manifest
from datalayer.publications.trust import Trust
from tests.publisher import LIMIT_BYTES, Publisher

EVERYTHING = Trust(Path("unused"), None, utc_now)

Change = Callable[[dict[str, Any]], None]


def rewrite_root(store: FolderStore, change: Change, **how: Any) -> None:
    """Change the root manifest alone."""
    fields = json.loads(store.read(MANIFEST_NAME, limit_bytes=LIMIT_BYTES))
    change(fields)
    store.write(MANIFEST_NAME, json.dumps(fields, **how).encode())


def set_rows(fields: dict[str, Any]) -> None:
    fields["files"][0]["rows"] += 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.update(model_version="other"), "model_version is 'other'; publications/"),
        (lambda f: f.update(data_through="2026-11-19"), "data_through is '2026-11-19'; "),
        (lambda f: f["lineage"].update(currency="BRL"), "lineage.currency is 'BRL'; "),
        (lambda f: f["lineage"].clear(), "lineage.frequency is None; "),
        (set_rows, "files.dim_item.rows is 7; publications/"),
    ],
)
def test_a_root_manifest_that_says_something_else_is_refused(
    publisher: Publisher, folder_store: FolderStore, registry: Registry, change: Change, said: str
) -> None:
    publisher.publish()
    rewrite_root(folder_store, change)

    with pytest.raises(ManifestError) as caught:
        read_latest_manifest(folder_store, registry, EVERYTHING)

    (fault,) = caught.value.faults
    assert said in fault


def test_a_root_manifest_under_another_id_than_its_files_is_refused(
    publisher: Publisher, folder_store: FolderStore, registry: Registry
) -> None:
    publisher.publish()
    other = "20261121T060000Z-00000000"
    rewrite_root(folder_store, lambda fields: fields.update(publication_id=other))

    with pytest.raises(ManifestError, match=f"it must lie in publications/{other}/"):
        read_latest_manifest(folder_store, registry, EVERYTHING)


def test_the_same_in_other_bytes_is_the_same(
    publisher: Publisher, folder_store: FolderStore, registry: Registry
) -> None:
    manifest = publisher.publish()
    rewrite_root(folder_store, lambda fields: fields["files"].reverse(), indent=7)

    found = read_latest_manifest(folder_store, registry, EVERYTHING)

    assert found.publication_id == manifest.publication_id


def test_an_own_manifest_that_is_damaged_is_refused(
    publisher: Publisher, folder_store: FolderStore, registry: Registry
) -> None:
    manifest = publisher.publish()
    folder_store.write(f"publications/{manifest.publication_id}/{MANIFEST_NAME}", b"{")

    with pytest.raises(ManifestError, match="it is not JSON"):
        read_latest_manifest(folder_store, registry, EVERYTHING)


def test_a_flat_folder_has_a_root_manifest_alone(
    publisher: Publisher, folder_store: FolderStore, registry: Registry
) -> None:
    manifest = publisher.publish()
    own = f"publications/{manifest.publication_id}/{MANIFEST_NAME}"
    publisher._remove(own)

    assert read_latest_manifest(folder_store, registry, EVERYTHING) == manifest
