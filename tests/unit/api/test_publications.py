"""Publications over the API: what is kept, what is active, what changed between two."""

from __future__ import annotations

from csv import DictReader
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Portal
from tests.portals import ADMIN, get
from tests.publisher import FIRST_GENERATED_AT, Publisher, replace_column
from tests.unit.reading.order_situations import PLAIN, with_situations


@pytest.fixture
def two(portal: Portal, publisher: Publisher) -> tuple[Manifest, Manifest]:
    """Two kept publications; the later one is active and has two parts more."""
    later = publisher.publish(items=8, salt="later")
    portal.activate(ADMIN)
    return publisher.published[0], later


def changes(api: FastAPI, ends: tuple[Manifest, Manifest], query: str = "") -> dict[str, Any]:
    before, after = (manifest.publication_id for manifest in ends)
    answer: dict[str, Any] = get(api, f"/v1/publications/{before}/changes/{after}?{query}").json()
    return answer


def test_kept_publications_are_listed_newest_first(
    api: FastAPI, two: tuple[Manifest, Manifest]
) -> None:
    kept = get(api, "/v1/publications").json()["data"]

    assert [each["publication_id"] for each in kept] == [
        two[1].publication_id,
        two[0].publication_id,
    ]
    assert [each["active"] for each in kept] == [True, False]
    assert kept[0]["size_bytes"] == sum(file.size_bytes for file in two[1].files)


def test_a_roll_back_shows_at_once(
    api: FastAPI, portal: Portal, two: tuple[Manifest, Manifest]
) -> None:
    get(api, "/v1/publications")

    portal.roll_back(ADMIN)

    kept = get(api, "/v1/publications").json()["data"]
    assert [each["active"] for each in kept] == [False, True]


def test_the_active_publication_tells_its_rows_and_lineage(
    api: FastAPI, two: tuple[Manifest, Manifest]
) -> None:
    active = get(api, "/v1/publications/active").json()["data"]

    assert active["publication_id"] == two[1].publication_id
    assert active["rows"]["dim_item"] == 8
    assert active["lineage"]["frequency"] == "D"
    assert active["active"] is True


def test_changes_say_what_they_compare(api: FastAPI, two: tuple[Manifest, Manifest]) -> None:
    data = changes(api, two)["data"]

    assert (data["before"], data["after"]) == tuple(each.publication_id for each in two)
    assert (data["first_date"], data["last_date"]) == ("2026-11-21", "2026-12-18")
    assert {g["value"]: g["parts"] for g in data["groups"]["reason"]} == {"changed": 6, "new": 2}


@pytest.mark.parametrize("amount", ["forecast_total", "reorder_point", "order_quantity"])
def test_what_is_shown_adds_up_to_the_last_digit(
    api: FastAPI, two: tuple[Manifest, Manifest], amount: str
) -> None:
    data = changes(api, two)["data"]

    def added(rows: list[dict[str, Any]]) -> Decimal:
        return sum((Decimal(str(row[f"{amount}_change"])) for row in rows), Decimal(0))

    total = Decimal(str(data["totals"][f"{amount}_change"]))
    assert added(data["parts"]) == total
    assert {added(groups) for groups in data["groups"].values()} == {total}


def test_units_are_told_apart(api: FastAPI, portal: Portal, publisher: Publisher) -> None:
    counted = ["un", "m", "un", None, "un", "m"]
    tables = publisher.tables(generated_at=publisher.next_time())
    tables["dim_item"] = replace_column(tables["dim_item"], "unit", counted)
    later = publisher.publish(tables=tables)
    portal.activate(ADMIN)

    data = changes(api, (publisher.published[0], later))["data"]

    found = {group["value"]: group for group in data["groups"]["unit_after"]}
    assert {unit: group["parts"] for unit, group in found.items()} == {"m": 2, "none": 1, "un": 3}
    of_metres = [each for each in data["parts"] if each["unit_after"] == "m"]
    assert found["m"]["forecast_total_after"] == pytest.approx(
        sum(each["forecast_total_after"] for each in of_metres)
    )


def test_the_pages_of_the_parts_are_all_of_them(
    api: FastAPI, two: tuple[Manifest, Manifest]
) -> None:
    first = changes(api, two, "limit=5")
    second = changes(api, two, f"limit=5&cursor={first['next']}")

    assert first["data"]["parts"] + second["data"]["parts"] == changes(api, two)["data"]["parts"]
    assert second["next"] is None


def test_parts_can_be_chosen_by_reason_and_sums_are_of_all(
    api: FastAPI, two: tuple[Manifest, Manifest]
) -> None:
    data = changes(api, two, "reason=new")["data"]

    assert {part["item_id"] for part in data["parts"]} == {"P00007", "P00008"}
    assert data["totals"] == changes(api, two)["data"]["totals"]


def test_a_publication_that_is_not_kept_is_gone(
    api: FastAPI, two: tuple[Manifest, Manifest]
) -> None:
    gone = "20200101T000000Z-00000000"

    answer = get(api, f"/v1/publications/{gone}/changes/{two[1].publication_id}")

    assert answer.status_code == 410
    assert two[0].publication_id in answer.json()["detail"]


def test_what_is_no_publication_id_is_refused(api: FastAPI) -> None:
    answer = get(api, "/v1/publications/one/changes/two")

    assert answer.status_code == 422
    assert "before is 'one'" in answer.json()["detail"]


class TestCausesOverHttp:
    @pytest.fixture
    def ordered(self, publisher: Publisher, portal: Portal) -> tuple[Manifest, Manifest]:
        """Two publications whose orders follow the rule; in between stock and demand changed."""
        sold = [replace(PLAIN, position=12.0 - n, rate=0.8 + n / 10) for n in range(6)]
        for days, situations in ((1, [PLAIN] * 6), (4, sold)):
            generated_at = FIRST_GENERATED_AT + timedelta(days=days)
            tables = publisher.tables(generated_at=generated_at)
            tables["fact_inventory"] = with_situations(tables["fact_inventory"], situations)
            proposed = [each.order for each in situations[:2]]
            tables["fact_action"] = replace_column(tables["fact_action"], "quantity", proposed)
            publisher.publish(generated_at=generated_at, tables=tables, lineage={"frequency": "D"})
            portal.activate(ADMIN)
        before, after = publisher.published[-2:]
        return before, after

    def test_those_of_parts_and_groups_add_up_to_the_change(
        self, api: FastAPI, ordered: tuple[Manifest, Manifest]
    ) -> None:
        data = changes(api, ordered)["data"]

        total = Decimal(str(data["totals"]["order_quantity_change"]))
        assert total > 0
        for rows in (data["parts"], [data["totals"]], *data["groups"].values()):
            causes = [v for row in rows for name, v in row.items() if name.startswith("cause_")]
            assert sum(map(Decimal, map(str, causes))) == total
        assert data["totals"]["cause_together"] == data["totals"]["cause_levels"] == 0

    def test_they_are_summed_by_the_tier_of_the_action(
        self, api: FastAPI, ordered: tuple[Manifest, Manifest]
    ) -> None:
        groups = changes(api, ordered)["data"]["groups"]["tier_after"]

        assert {group["value"]: group["parts"] for group in groups} == {
            "late": 1,
            "none": 4,
            "this_week": 1,
        }

    def test_the_parts_come_as_csv_with_the_same_pages(
        self, api: FastAPI, ordered: tuple[Manifest, Manifest]
    ) -> None:
        before, after = (manifest.publication_id for manifest in ordered)
        address = f"/v1/publications/{before}/changes/{after}?limit=4"

        first = get(api, address, Accept="text/csv")
        following = first.headers["Link"].split(">")[0].removeprefix("<")
        second = get(api, address.partition("?")[0] + following, Accept="text/csv")

        rows = [*DictReader(first.text.splitlines()), *DictReader(second.text.splitlines())]
        listed = changes(api, ordered)["data"]["parts"]
        assert [row["item_id"] for row in rows] == [part["item_id"] for part in listed]
        said = {name: "" if value is None else str(value) for name, value in listed[0].items()}
        said |= {name: value.lower() for name, value in said.items() if name.startswith("is_")}
        whence = {name: rows[0][name] for name in ("dataset_id", "model_version", "generated_at")}
        assert rows[0] == said | whence
        assert whence["model_version"] == ordered[1].model_version
        assert whence["dataset_id"] == ordered[1].dataset_id
        assert whence["generated_at"] == f"{ordered[1].generated_at:%Y-%m-%dT%H:%M:%SZ}"

    def test_a_place_that_neither_has_is_refused(
        self, api: FastAPI, ordered: tuple[Manifest, Manifest]
    ) -> None:
        before, after = (manifest.publication_id for manifest in ordered)

        answer = get(api, f"/v1/publications/{before}/changes/{after}?location=moon")

        assert answer.status_code == 422
        assert "location is 'moon'" in answer.json()["detail"]


def test_categories_and_classes_leave_their_parts_and_their_sums(
    api: FastAPI, two: tuple[Manifest, Manifest]
) -> None:
    whole = changes(api, two)["data"]
    category = whole["parts"][0]["category"]
    wanted = {row["item_id"] for row in whole["parts"] if row["category"] == category}

    data = changes(api, two, f"category={category}")["data"]

    assert {row["item_id"] for row in data["parts"]} == wanted
    assert 0 < len(wanted) < len(whole["parts"])
    assert data["totals"]["parts"] == len(wanted)
    assert [group["value"] for group in data["groups"]["category"]] == [category]


@pytest.mark.parametrize(
    "query",
    [
        "reason=worse",
        "limit=0",
        "cursor=x",
        "offset=1",
        "category=nothing",
        "demand_class=nothing",
        "category=a%00b",
    ],
)
def test_what_no_parameter_or_part_has_is_refused(
    api: FastAPI, two: tuple[Manifest, Manifest], query: str
) -> None:
    before, after = (manifest.publication_id for manifest in two)

    answer = get(api, f"/v1/publications/{before}/changes/{after}?{query}")

    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json()["detail"]
