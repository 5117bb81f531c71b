"""The files of a kept publication leave as they were published, to whom the extracts would."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer.access.identity import Role
from datalayer.kernel.contract.manifest import Manifest, manifest_json
from datalayer.kernel.storage.object_store import FolderStore
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal


def address_of(publication: str) -> str:
    return f"/api/v1/publications/{publication}/files"


def test_every_file_is_listed_with_what_proves_it(
    served: ServedPortal, activated: Manifest
) -> None:
    listed = served.get(address_of(activated.publication_id)).json()["data"]

    assert {each["data_set"] for each in listed} == {each.data_set for each in activated.files}
    for each in listed:
        file = served.get(each["href"])
        assert hashlib.sha256(file.content).hexdigest() == each["sha256"]
        assert len(file.content) == each["size_bytes"]
        assert int(file.headers["x-row-count"]) == each["rows"]
        assert file.headers["etag"] == f'"{each["sha256"]}"'
        name = f'attachment; filename="{each["name"]}"'
        assert file.headers["content-disposition"] == name


def test_a_file_is_read_by_ranges_and_kept_by_whoever_has_it(
    served: ServedPortal, activated: Manifest
) -> None:
    address = f"{address_of(activated.publication_id)}/dim_item.parquet"
    whole = served.get(address)

    part = served.get(address, **{"Range": "bytes=4-9", "If-Range": whole.headers["etag"]})
    again = served.get(address, **{"If-None-Match": whole.headers["etag"]})

    assert (part.status_code, part.content) == (206, whole.content[4:10])
    assert part.headers["repr-digest"] == whole.headers["repr-digest"]
    assert again.status_code == 304
    assert "immutable" in whole.headers["cache-control"]


def test_those_of_an_earlier_publication_are_there_while_it_is_kept(
    served: ServedPortal, activated: Manifest, publisher: Publisher
) -> None:
    publisher.publish(items=8)
    served.portal.activate(ADMIN)

    (listed,) = [
        each
        for each in served.get(address_of(activated.publication_id)).json()["data"]
        if each["data_set"] == "dim_item"
    ]

    assert listed["rows"] == 6
    assert hashlib.sha256(served.get(listed["href"]).content).hexdigest() == listed["sha256"]


def test_the_manifest_is_served_as_it_was_published(
    served: ServedPortal, activated: Manifest
) -> None:
    address = f"{address_of(activated.publication_id)}/metadata.json"

    found = served.get(address)

    assert found.content == manifest_json(activated)
    digest = hashlib.sha256(found.content)
    assert found.headers["etag"] == f'"{digest.hexdigest()}"'
    assert found.headers["repr-digest"] == f"sha-256=:{b64encode(digest.digest()).decode()}:"
    assert found.headers["content-type"] == "application/json"
    assert found.headers["x-publication-id"] == activated.publication_id
    assert "immutable" in found.headers["cache-control"]
    again = served.get(address, **{"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = served.get(address, **{"If-Match": '"another"'})
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (
        412,
        "precondition-failed",
    )


def test_a_description_is_that_of_its_publication_whatever_the_store_says_later(
    served: ServedPortal, publisher: Publisher, folder_store: FolderStore
) -> None:
    described = publisher.publish(items=8)
    key = f"publications/{described.publication_id}/croissant.json"
    folder_store.write(key, b"{}")
    served.portal.activate(ADMIN)
    folder_store.write(key, b"another")

    found = served.get(f"{address_of(described.publication_id)}/croissant.json")

    assert found.content == b"{}"
    assert found.headers["content-type"] == "application/ld+json"


def test_a_file_beside_the_data_that_was_altered_on_the_disk_is_refused(
    served: ServedPortal, activated: Manifest
) -> None:
    folder = served.portal.open().snapshot.folder
    (folder / "metadata.json").chmod(0o644)
    (folder / "metadata.json").write_bytes(b"{}")

    found = served.get(f"{address_of(activated.publication_id)}/metadata.json")

    assert found.status_code == 500
    assert "damaged metadata.json" in found.json()["detail"]


@pytest.mark.parametrize(
    ("publication", "file", "status", "kind"),
    [
        ("20261120T060000Z-00000000", "", 410, "publication-gone"),
        ("20261120T060000Z-00000000", "/dim_item.parquet", 410, "publication-gone"),
        ("latest", "", 422, "invalid-parameter"),
        ("latest", "/dim_item.parquet", 422, "invalid-parameter"),
        (None, "/oracle.parquet", 404, "unknown-data-set"),
        (None, "/dim_item.csv", 404, "unknown-file"),
        (None, "/attestation.json", 404, "unknown-file"),
        (None, "/secrets.json", 404, "unknown-file"),
        (None, "/..%2Fmetadata.json", 404, "unknown-file"),
        ("20261120T060000Z-00000000", "/metadata.json", 410, "publication-gone"),
    ],
)
def test_what_is_not_there_is_told(
    served: ServedPortal, activated: Manifest, publication: str, file: str, status: int, kind: str
) -> None:
    answer = served.get(address_of(publication or activated.publication_id) + file)

    assert answer.status_code == status
    assert answer.json()["type"].endswith(f"/{kind}")


def test_the_document_says_that_they_are_parquet(served: ServedPortal) -> None:
    paths = served.get("/api/v1/openapi.json").json()["paths"]
    told = paths["/v1/publications/{publication_id}/files/{name}.parquet"]["get"]["responses"]

    assert list(told["200"]["content"]) == ["application/vnd.apache.parquet"]


class TestFilesForMembers:
    @pytest.fixture
    def served(self, activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
        with served_portal(tmp_path, access="members") as served:
            yield served

    def test_a_file_takes_an_analyst_as_a_whole_data_set_does(
        self, served: ServedPortal, activated: Manifest
    ) -> None:
        file = f"{address_of(activated.publication_id)}/dim_item.parquet"
        paulo = {"Cookie": served.cookie("paulo", Role.PLANNER)}
        anita = {"Cookie": served.cookie("anita", Role.ANALYST)}

        statuses = [served.get(file, **who).status_code for who in ({}, paulo, anita)]
        part = served.get(file, Range="bytes=0-3", **paulo)

        assert statuses == [401, 403, 200]
        assert part.status_code == 403
        assert served.get(address_of(activated.publication_id)).status_code == 401

    def test_a_delivery_is_in_the_audit_log(
        self, served: ServedPortal, activated: Manifest
    ) -> None:
        anita = {"Cookie": served.cookie("anita", Role.ANALYST)}

        served.get(f"{address_of(activated.publication_id)}/dim_item.parquet", **anita)

        entry = served.portal.audit.entries(1)[0]
        assert (entry.actor, entry.action, entry.outcome) == ("anita", "extract", "delivered")
        assert entry.details["sha256"] == activated.file("dim_item").sha256
