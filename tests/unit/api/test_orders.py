"""Files of orders over HTTP: those of the list's tiers, without what planners put aside."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import RowKey, Statement
from tests.marked_list import publish_without_list
from tests.portals import ADMIN, PLANNER
from tests.publisher import Publisher
from tests.served_portal import ServedPortal

ADDRESS = "/api/v1/orders.csv?profile=generic&tier=late&tier=this_week"


def test_the_orders_of_the_tiers_come_as_a_file(served: ServedPortal) -> None:
    answer = served.get(ADDRESS)

    publication_id = served.portal.open().id
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer.status_code == 200
    assert [line.split(";")[1] for line in lines] == ["item_id", '"P00002"', '"P00001"']
    assert answer.headers["x-row-count"] == "2"
    assert answer.headers["x-publication-id"] == publication_id
    name = f'attachment; filename="orders_{publication_id}_generic.csv"'
    assert answer.headers["content-disposition"] == name
    assert answer.headers["repr-digest"].startswith("sha-256=:")


def test_the_file_speaks_the_language_asked_for(served: ServedPortal) -> None:
    for language, tiers in (("pt-BR", ["Atrasado", "Esta semana"]), ("en", ["Late", "This week"])):
        answer = served.get(f"{ADDRESS}&language={language}")

        rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
        assert sorted({row["tier"] for row in rows}) == sorted(tiers)


def test_a_zip_has_the_files(served: ServedPortal) -> None:
    answer = served.get("/api/v1/orders.zip?profile=sap-pr&tier=late&location=network")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (name,) = archive.namelist()
        content = archive.read(name)
    assert name == f"orders_network_{served.portal.open().id}_sap-pr.csv"
    assert content.startswith(b"DOC_TYPE;PREQ_ITEM;MATERIAL;")
    assert answer.headers["content-type"] == "application/zip"


def test_what_a_planner_put_aside_is_left_out_at_once(served: ServedPortal) -> None:
    before = served.get(ADDRESS)
    key = RowKey("P00001", "network", "order", "-")
    served.portal.marks.mark(PLANNER, served.portal.open(), key, Statement("ordered"), seen=0)

    after = served.get(f"{ADDRESS}&p={served.portal.open().id}")

    assert (before.headers["x-row-count"], after.headers["x-row-count"]) == ("2", "1")
    assert before.headers["etag"] != after.headers["etag"]
    assert "immutable" not in after.headers["cache-control"]


def test_who_has_the_file_is_told_that_nothing_changed(served: ServedPortal) -> None:
    first = served.get(ADDRESS)

    again = served.call("GET", ADDRESS, {"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_each_file_taken_is_in_the_audit_log(served: ServedPortal) -> None:
    served.get(ADDRESS)

    delivered, begun = served.portal.audit.entries(2)
    assert (begun.outcome, delivered.outcome) == ("begun", "delivered")
    assert delivered.details["profile"] == "generic"
    assert delivered.details["tiers"] == "late, this_week"


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("profile=oracle&tier=late", 422, "one of generic, plain, sap-pr, protheus-sc"),
        ("profile=generic&tier=soon", 422, "tier is soon"),
        ("profile=generic", 422, "tier"),
        ("tier=late", 422, "profile"),
        ("profile=generic&tier=late&location=Nowhere", 422, "Nowhere"),
        ("profile=generic&tier=late&colour=red", 422, "colour"),
        ("profile=generic&tier=late&language=de", 422, "one of pt-BR, en"),
        ("profile=generic&tier=late&language=en&language=pt-BR", 422, "language"),
    ],
)
def test_what_can_not_be_asked_for_is_a_problem(
    shared: ServedPortal, query: str, status: int, detail: str
) -> None:
    answer = shared.get(f"/api/v1/orders.csv?{query}")

    assert answer.status_code == status
    assert detail in answer.json()["detail"]


def test_a_publication_from_before_actions_has_no_order_file(
    activated: Manifest, publisher: Publisher, served: ServedPortal
) -> None:
    old = publish_without_list(publisher)
    served.portal.activate(ADMIN, old.publication_id, confirmed=True)

    answer = served.get(ADDRESS)

    assert answer.status_code == 404
    assert answer.json()["type"].endswith("unknown-data-set")
    assert "fact_action" in answer.json()["detail"]
