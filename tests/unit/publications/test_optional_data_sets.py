"""A publication may do without the data sets that the contract calls optional."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from datalayer.access.identity import ANYONE
from datalayer.api.application import create_api
from datalayer.kernel.contract.claims import claims_of
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import UnknownDataSet
from datalayer.kernel.validation.validator import validate
from datalayer.portal import ExtractRequest, Portal
from datalayer.publications.losses import losses
from tests.portals import ADMIN, get, make_portal
from tests.publisher import Publisher, write_tables

OPTIONAL = "fact_projection"


def without_optional(publisher: Publisher) -> dict[str, pa.Table]:
    """The tables of a publication from before the contract had any optional data set."""
    optional = {d.name for d in publisher.registry.data_sets.values() if d.optional}
    return {name: table for name, table in publisher.tables().items() if name not in optional}


@pytest.fixture
def older(publisher: Publisher) -> Manifest:
    return publisher.publish(tables=without_optional(publisher))


@pytest.fixture
def portal(tmp_path: Path, older: Manifest) -> Iterator[Portal]:
    """A portal that serves it."""
    made = make_portal(tmp_path)
    made.activate(ADMIN)
    yield made
    made.close()


def test_it_is_valid_without_them(publisher: Publisher, registry: Registry, tmp_path: Path) -> None:
    report = validate(write_tables(without_optional(publisher), tmp_path), registry)

    assert report.faults == ()


def test_a_rule_that_reads_one_sees_no_row(
    publisher: Publisher, registry: Registry, tmp_path: Path
) -> None:
    tables = publisher.tables()
    del tables["fact_open_order"]

    assert validate(write_tables(tables, tmp_path), registry).faults == ()


def test_it_is_served_without_them(portal: Portal, older: Manifest) -> None:
    publication = portal.open()

    assert publication.manifest == older
    assert set(publication.registry.data_sets) == {file.data_set for file in older.files}
    assert OPTIONAL not in publication.freshness()


def test_one_that_is_not_there_can_not_be_taken_for_empty(portal: Portal) -> None:
    with pytest.raises(UnknownDataSet, match=f"no data set {OPTIONAL} in this publication"):
        portal.extracts.extract(portal.open(), ExtractRequest(OPTIONAL), ANYONE)

    api = create_api(portal)
    for address in (f"/v1/datasets/{OPTIONAL}", f"/v1/datasets/{OPTIONAL}/rows"):
        answer = get(api, address)
        assert (answer.status_code, answer.json()["type"]) == (
            404,
            "/api/v1/problems/unknown-data-set",
        )
    assert OPTIONAL not in {each["name"] for each in get(api, "/v1/datasets").json()["data"]}


def test_losing_one_is_a_loss(publisher: Publisher, older: Manifest) -> None:
    complete = publisher.publish()

    said = [str(loss) for loss in losses(older, complete)]

    rows = complete.file(OPTIONAL).rows
    assert f"{OPTIONAL} has 0 rows; the active publication has {rows}" in said


def test_it_takes_its_place_beside_one_that_has_them(
    portal: Portal, publisher: Publisher, older: Manifest
) -> None:
    complete = publisher.publish()
    portal.activate(ADMIN)

    assert OPTIONAL in portal.open().registry.data_sets
    assert OPTIONAL not in portal.open(older.publication_id).registry.data_sets
    assert portal.open().manifest == complete


# -- columns that are newer than the publication --

NEWER = {"fact_inventory": "cycle_demand", "fact_metrics": "verdict"}


def without_newer(publisher: Publisher) -> dict[str, pa.Table]:
    """The tables of a publication from before the contract had some columns, and the list."""
    tables = without_optional(publisher)
    return tables | {name: tables[name].drop_columns([column]) for name, column in NEWER.items()}


def generated_at(tables: Mapping[str, pa.Table]) -> datetime:
    """When the rows say that they were computed."""
    found: datetime = tables["dim_item"]["generated_at"][0].as_py()
    return found


def test_a_publication_of_an_earlier_minor_version_loads_without_newer_columns(
    tmp_path: Path, publisher: Publisher
) -> None:
    publisher.publish(tables=without_newer(publisher), contract_version="1.2.0")
    portal = make_portal(tmp_path)

    portal.activate(ADMIN)

    answer = get(create_api(portal), "/v1/datasets/fact_inventory/rows").json()["data"]
    assert {row["cycle_demand"] for row in answer} == {None}
    portal.close()


def test_what_it_lacks_is_a_warning(publisher: Publisher, tmp_path: Path) -> None:
    tables = without_newer(publisher)
    manifest = publisher.publish(tables=tables, contract_version="1.2.0")
    files = write_tables(tables, tmp_path)
    claims = replace(claims_of(manifest), generated_at=generated_at(tables))

    report = validate(files, publisher.registry, claims=claims)

    assert report.faults == ()
    assert {(each.data_set, each.column) for each in report.warnings} == set(NEWER.items())


def test_the_same_version_or_a_required_column_is_no_excuse(
    publisher: Publisher, tmp_path: Path
) -> None:
    tables = without_newer(publisher)
    same = publisher.publish(tables=tables)
    older = publisher.publish(tables=tables, contract_version="1.2.0")
    tables["fact_inventory"] = tables["fact_inventory"].drop_columns(["status"])
    files = write_tables(tables, tmp_path)

    def lacking(manifest: Manifest) -> set[str | None]:
        claims = replace(claims_of(manifest), generated_at=generated_at(tables))
        return {each.column for each in validate(files, publisher.registry, claims=claims).faults}

    assert lacking(older) == {"status"}
    assert lacking(same) == {"status", *NEWER.values()}
