"""The parts for which repeating the past was nearer, as a file over the API."""

from __future__ import annotations

import csv

import pyarrow as pa
import pytest
from fastapi import FastAPI

from datalayer.portal import Portal, questions
from tests.portals import ADMIN, get
from tests.publisher import Publisher

ADDRESS = "/v1/metrics/naive-nearer.csv"


@pytest.fixture
def nearer(publisher: Publisher, portal: Portal) -> Portal:
    """Serves six parts, for each of which repeating the past was nearer than the source in use."""
    tables = dict(publisher.tables(salt="nearer"))
    rows = tables["fact_metrics"].to_pylist()
    for row in rows:
        place = int(row["item_id"][1:])
        if row["source"] != "naive":
            row |= {"scaled_pinball": 1 + place / 8, "fva_vs_naive": -1.0 - place / 4}
            row["verdict"] = "worse" if place % 2 else "alike"
        else:
            row["scaled_pinball"] = 0.5
    schema = tables["fact_metrics"].schema
    tables["fact_metrics"] = pa.Table.from_pylist(rows, schema=schema)
    publisher.publish(tables=tables, salt="nearer")
    portal.activate(ADMIN, confirmed=True)
    return portal


def rows_of(api: FastAPI, query: str = "") -> list[dict[str, str]]:
    answer = get(api, f"{ADDRESS}?{query}")
    assert answer.status_code == 200
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert answer.headers["X-Row-Count"] == str(len(rows))
    return rows


@pytest.mark.parametrize("sort", ["much", "sure", "money", "part"])
def test_the_file_has_the_rows_of_the_list_in_its_order(
    api: FastAPI, nearer: Portal, sort: questions.accuracy.NearerSort
) -> None:
    listed = questions.accuracy.naive_nearer(questions.accuracy.JudgedParts(), sort)

    rows = rows_of(api, f"sort={sort}")

    seen = nearer.open().table(listed).table.to_pylist()
    assert [row["item_id"] for row in rows] == [row["item_id"] for row in seen]
    assert [float(row["fva_vs_naive"]) for row in rows] == [row["fva_vs_naive"] for row in seen]
    assert len(rows) == 6
    manifest = nearer.open().manifest
    assert {(row["dataset_id"], row["model_version"]) for row in rows} == {
        (manifest.dataset_id, manifest.model_version)
    }


def test_the_file_has_the_parts_that_were_chosen(api: FastAPI, nearer: Portal) -> None:
    rows = rows_of(api)
    chosen = rows[0]["demand_class"]

    of_class = rows_of(api, f"demand_class={chosen}")

    assert {row["item_id"] for row in of_class} == {
        row["item_id"] for row in rows if row["demand_class"] == chosen
    }
    assert rows_of(api, "source=naive") == []


def test_who_took_the_file_is_in_the_audit_log(api: FastAPI, nearer: Portal) -> None:
    rows_of(api, "sort=money")

    ended, begun = [each for each in nearer.audit.entries(10) if each.action == "extract"][:2]
    assert (ended.outcome, begun.outcome) == ("delivered", "begun")


@pytest.mark.parametrize(
    "asked",
    [
        "location=nowhere",
        "source=oracle",
        "category=nothing",
        "demand_class=a%00b",
        "sort=price",
        "dialect=excel-fr",
        "page=2",
        f"category={'x' * 10_000}",
    ],
)
def test_a_file_of_what_there_is_not_is_refused(api: FastAPI, nearer: Portal, asked: str) -> None:
    assert get(api, f"{ADDRESS}?{asked}").status_code in {400, 422}
