"""What stands beside a publication's data is kept as published, if it belongs to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.kernel.attestation.envelope import sign
from datalayer.kernel.attestation.keys import SigningKey
from datalayer.kernel.attestation.publication import publication_statement
from datalayer.kernel.contract.manifest import Manifest, manifest_json
from datalayer.kernel.errors import StoreDenied, StoreError
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.companions import fetch_companions
from tests.publisher import Publisher

DESCRIBED = {"datapackage.json": b"{}", "openlineage.ndjson": b"{}\n"}


@pytest.fixture
def manifest(publisher: Publisher) -> Manifest:
    return publisher.publish(items=1)


def write(store: FolderStore, manifest: Manifest, name: str, content: bytes) -> None:
    store.write(f"publications/{manifest.publication_id}/{name}", content)


def signature(manifest: Manifest, beside: dict[str, bytes]) -> bytes:
    statement = publication_statement(manifest, manifest_json(manifest), beside=beside)
    return sign(statement, SigningKey.generate())


def test_what_the_store_holds_is_found_as_it_is(
    folder_store: FolderStore, manifest: Manifest
) -> None:
    for name, content in DESCRIBED.items():
        write(folder_store, manifest, name, content)

    found = fetch_companions(manifest, folder_store)

    assert found == {"metadata.json": manifest_json(manifest), **DESCRIBED}


def test_a_signature_comes_along_though_nobody_here_asks_for_one(
    folder_store: FolderStore, manifest: Manifest
) -> None:
    envelope = signature(manifest, DESCRIBED)
    for name, content in {**DESCRIBED, "attestation.json": envelope}.items():
        write(folder_store, manifest, name, content)

    found = fetch_companions(manifest, folder_store)

    assert found["attestation.json"] == envelope
    assert found.keys() >= DESCRIBED.keys()


def test_a_description_that_is_not_the_signed_one_is_left_out(
    folder_store: FolderStore, manifest: Manifest
) -> None:
    envelope = signature(manifest, DESCRIBED)
    altered = {**DESCRIBED, "datapackage.json": b"altered", "attestation.json": envelope}
    for name, content in altered.items():
        write(folder_store, manifest, name, content)

    found = fetch_companions(manifest, folder_store)

    assert sorted(found) == ["attestation.json", "metadata.json", "openlineage.ndjson"]


@pytest.mark.parametrize("envelope", ["of another", "no envelope"])
def test_a_signature_of_something_else_is_left_out(
    folder_store: FolderStore, manifest: Manifest, publisher: Publisher, envelope: str
) -> None:
    other = signature(publisher.publish(items=2), {}) if envelope == "of another" else b"{}"
    write(folder_store, manifest, "attestation.json", other)

    found = fetch_companions(manifest, folder_store)

    assert sorted(found) == ["metadata.json"]


class Denying(FolderStore):
    """Denies or fails at every small file that it is asked for."""

    failure: type[StoreError] = StoreDenied

    def read(self, key: str, *, limit_bytes: int) -> bytes:
        if self.failure is StoreDenied:
            raise StoreDenied(address=self.address, key=key, reason="AccessDenied")
        raise StoreError(address=self.address, problem="broke off")


def test_a_store_that_denies_what_it_does_not_hold_keeps_nothing_back(
    folder_store: FolderStore, manifest: Manifest
) -> None:
    found = fetch_companions(manifest, Denying(Path(folder_store.address)))

    assert sorted(found) == ["metadata.json"]


def test_a_store_that_fails_is_an_error(folder_store: FolderStore, manifest: Manifest) -> None:
    store = Denying(Path(folder_store.address))
    store.failure = StoreError

    with pytest.raises(StoreError, match="broke off"):
        fetch_companions(manifest, store)
