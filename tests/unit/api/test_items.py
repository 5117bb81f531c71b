"""Parts over the API: the catalogue by search and filters, one part, and a part's series."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from tests.portals import get


def codes(api: FastAPI, address: str) -> list[str]:
    return [row["item_id"] for row in get(api, address).json()["data"]]


def walked(api: FastAPI, address: str) -> list[dict[str, Any]]:
    """Follow ``next`` to the last page."""
    rows, cursor = [], ""
    while True:
        page = get(api, f"{address}{cursor}").json()
        rows += page["data"]
        if page["next"] is None:
            return rows
        cursor = f"&cursor={page['next']}"


def test_parts_come_by_code_with_their_number(shared_api: FastAPI) -> None:
    page = get(shared_api, "/v1/items?limit=2").json()

    assert [row["item_id"] for row in page["data"]] == ["P00001", "P00002"]
    assert page["total"] == 6


@pytest.mark.parametrize("search", ["", "q=P0000&", "q=a&"])
def test_the_pages_together_are_the_whole_answer(shared_api: FastAPI, search: str) -> None:
    whole = get(shared_api, f"/v1/items?{search}limit=100").json()

    assert walked(shared_api, f"/v1/items?{search}limit=1") == whole["data"]
    assert len(whole["data"]) == whole["total"]


def test_the_best_match_comes_first(shared_api: FastAPI) -> None:
    assert codes(shared_api, "/v1/items?q=nc-p00003") == ["P00003"]


def test_a_search_says_how_each_part_matches(shared_api: FastAPI) -> None:
    rows = get(shared_api, "/v1/items?q=bateira").json()["data"]

    assert [(row["item_id"], row["match"]) for row in rows] == [("P00001", "near")]


def test_a_list_of_parts_has_no_matches(shared_api: FastAPI) -> None:
    rows = get(shared_api, "/v1/items").json()["data"]

    assert {row["match"] for row in rows} == {None}


def test_filters_narrow_a_search(shared_api: FastAPI) -> None:
    found = get(shared_api, "/v1/items?q=P0000&category=Energia&category=Cabos").json()

    assert {row["category"] for row in found["data"]} == {"Energia", "Cabos"}
    assert found["total"] == len(found["data"]) == 3


def test_a_value_that_the_contract_does_not_allow_is_refused(shared_api: FastAPI) -> None:
    answer = get(shared_api, "/v1/items?abc_class=Z")

    assert answer.status_code == 422
    assert "one of A, B, C" in answer.json()["detail"]


def test_one_part_is_its_row_of_the_catalogue(shared_api: FastAPI) -> None:
    row = get(shared_api, "/v1/items/P00002").json()["data"]

    assert (row["item_id"], row["sku"]) == ("P00002", "NC-P00002")


@pytest.mark.parametrize("address", ["/v1/items/P0000", "/v1/items/P0000/timeseries"])
def test_an_unknown_part_is_a_problem_with_the_nearest_codes(
    shared_api: FastAPI, address: str
) -> None:
    answer = get(shared_api, address)

    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/unknown-part")
    assert "P00001" in answer.json()["suggestions"]


def test_a_code_with_a_slash_is_a_code(shared_api: FastAPI) -> None:
    answer = get(shared_api, "/v1/items/AB%2F12")

    assert "There is no part AB/12" in answer.json()["detail"]


def test_a_series_is_history_first_and_then_each_source(shared_api: FastAPI) -> None:
    page = get(shared_api, "/v1/items/P00001/timeseries").json()

    sources = [row["source"] for row in page["data"]]
    assert sources == sorted(sources, key=lambda source: source or "")
    assert set(sources) == {None, "arima", "naive"}
    assert page["next"] is None


def test_both_ends_of_a_span_are_in_it(shared_api: FastAPI) -> None:
    address = "/v1/items/P00001/timeseries?start=2026-11-19&end=2026-11-22&source=naive"

    dates = {row["date"] for row in get(shared_api, address).json()["data"]}

    assert dates == {"2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("location=nowhere", "dim_location"),
        ("source=oracle", "one of prophet"),
        ("start=2026-11-20&end=2026-11-19", "on or before the end"),
        ("start=1700000000", "a date such as"),
    ],
)
def test_a_series_that_can_not_be_is_refused_with_what_would_be_right(
    shared_api: FastAPI, query: str, expected: str
) -> None:
    answer = get(shared_api, f"/v1/items/P00001/timeseries?{query}")

    assert answer.status_code == 422
    assert expected in answer.json()["detail"]


def test_a_projection_begins_with_the_stock_there_is(shared_api: FastAPI) -> None:
    page = get(shared_api, "/v1/items/P00001/projection").json()

    first, second, *_ = page["data"]
    assert first["position"] == first["position_with_order"] == first["stock_q100"]
    assert first["stockout_probability"] is None
    assert second["date"] > first["date"]
    assert page["metadata"]["data_sets"] == ["fact_projection", "fact_inventory"]


def test_a_projection_of_a_part_that_there_is_not_is_a_problem(shared_api: FastAPI) -> None:
    assert get(shared_api, "/v1/items/P0000/projection").status_code == 404
    assert get(shared_api, "/v1/items/P00001/projection?location=moon").status_code == 422
