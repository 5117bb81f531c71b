"""Publications over the API: what is kept, what is active, what changed between two."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Portal
from tests.portals import ADMIN, get
from tests.publisher import Publisher


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


@pytest.mark.parametrize("query", ["reason=worse", "limit=0", "cursor=x", "offset=1"])
def test_other_parameters_are_refused(
    api: FastAPI, two: tuple[Manifest, Manifest], query: str
) -> None:
    before, after = (manifest.publication_id for manifest in two)

    answer = get(api, f"/v1/publications/{before}/changes/{after}?{query}")

    assert answer.status_code == 422


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
