"""A column added to a copy of the registry arrives everywhere by itself."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datalayer.access.identity import ANYONE
from datalayer.api.application import create_api
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.portal import ExtractRequest, Portal
from tests.portals import ADMIN, get, make_portal
from tests.publisher import Publisher
from tests.reading import published_rows

PROJECT = Path(__file__).parents[2]
LATER = datetime(2026, 11, 22, tzinfo=UTC)
ADDED = {
    "name": "shelf_life_days",
    "businessName": "Shelf life",
    "description": "How long the part keeps in store.",
    "logicalType": "integer",
    "physicalType": "BIGINT",
    "required": True,
    "logicalTypeOptions": {"minimum": 1, "maximum": 9},
    "customProperties": [
        {"property": "labelPtBr", "value": "Validade"},
        {"property": "descriptionPtBr", "value": "Por quanto tempo a peça se conserva."},
        {"property": "unit", "value": "d"},
    ],
}


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    """A portal whose registry has one column more, with data published for that registry."""
    document = json.loads((PROJECT / "schema_registry.json").read_text(encoding="utf-8"))
    items = next(data_set for data_set in document["schema"] if data_set["name"] == "dim_item")
    items["properties"].append(ADDED)
    copy = tmp_path / "registry.json"
    copy.write_text(json.dumps(document), encoding="utf-8")
    Publisher(FolderStore(tmp_path / "store"), load_registry(copy)).publish()
    made = make_portal(tmp_path, registry=copy)
    made.activate(ADMIN)
    return made


def test_an_added_column_arrives_in_the_view(portal: Portal) -> None:
    rows = published_rows(portal.open(), "dim_item").table

    assert set(rows.column("shelf_life_days").to_pylist()) <= set(range(1, 10))


def test_an_added_column_arrives_in_the_contract(portal: Portal) -> None:
    columns = get(create_api(portal), "/v1/datasets/dim_item").json()["data"]["columns"]

    added = next(each for each in columns if each["name"] == "shelf_life_days")
    assert (added["label"]["pt_BR"], added["unit"], added["minimum"]) == ("Validade", "d", 1)


def test_an_added_column_arrives_in_the_extract(portal: Portal) -> None:
    extract = portal.extracts.extract(portal.open(), ExtractRequest("dim_item"), ANYONE)

    lines = b"".join(extract.chunks).decode().splitlines()
    assert "shelf_life_days" in next(csv.reader(lines))


def test_an_added_column_arrives_in_the_api_and_its_description(portal: Portal) -> None:
    api = create_api(portal)

    rows = get(api, "/v1/datasets/dim_item/rows").json()["data"]
    assert {1 <= row["shelf_life_days"] <= 9 for row in rows} == {True}
    assert "shelf_life_days" in json.dumps(api.openapi())


def test_a_publication_without_the_added_column_is_refused(portal: Portal, tmp_path: Path) -> None:
    old = load_registry(PROJECT / "schema_registry.json")
    Publisher(FolderStore(tmp_path / "store"), old).publish(generated_at=LATER)

    report = portal.inspect(ADMIN).report

    assert [fault.column for fault in report.faults] == ["shelf_life_days"]
