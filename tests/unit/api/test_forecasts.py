"""The summary of forecasts: its totals and measures are those of the rows behind it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from tests.portals import get
from tests.reading import published_rows
from tests.served_portal import ServedPortal

Row = dict[str, Any]


def by_source(api: FastAPI, query: str = "") -> dict[str, Row]:
    rows = get(api, f"/v1/forecasts/summary?{query}").json()["data"]
    return {row["source"]: row for row in rows}


def rows_of(shared: ServedPortal, data_set: str) -> list[Row]:
    rows: list[Row] = published_rows(shared.portal.open(), data_set, 10_000).table.to_pylist()
    return rows


def total(rows: list[Row], column: str) -> float:
    return sum(row[column] for row in rows if row[column] is not None)


def test_totals_are_the_sums_of_the_span(shared: ServedPortal, shared_api: FastAPI) -> None:
    found = by_source(shared_api, "start=2026-11-10&end=2026-11-25")

    for source, row in found.items():
        days = [
            each
            for each in rows_of(shared, "agg_daily")
            if each["source"] == source and "2026-11-10" <= str(each["date"]) <= "2026-11-25"
        ]
        assert row["forecast_total"] == pytest.approx(total(days, "forecast"))
        assert row["actual_total"] == pytest.approx(total(days, "actual"))
        assert (row["first_date"], row["last_date"]) == ("2026-11-10", "2026-11-25")
    assert set(found) == {"arima", "naive"}


def test_nothing_observed_is_not_zero(shared_api: FastAPI) -> None:
    found = by_source(shared_api, "start=2026-12-01")

    assert {row["actual_total"] for row in found.values()} == {None}


def test_measures_are_those_of_the_aggregates(shared: ServedPortal, shared_api: FastAPI) -> None:
    found = by_source(shared_api)

    measured = [r for r in rows_of(shared, "agg_metrics") if r["group_by"] == "all"]
    assert {s: row["wape"] for s, row in found.items()} == {
        r["source"]: r["wape"] for r in measured
    }
    assert {row["items"] for row in found.values()} == {6}
    assert {row["horizon"] for row in found.values()} == {14}


def test_a_category_has_its_own_totals_and_parts(shared_api: FastAPI) -> None:
    whole, part = by_source(shared_api), by_source(shared_api, "category=Energia")

    assert part["arima"]["items"] == 2
    assert part["arima"]["forecast_total"] < whole["arima"]["forecast_total"]


def test_all_parts_by_name_have_the_totals_of_the_whole(shared_api: FastAPI) -> None:
    named = "&".join(f"item_ids=P0000{number}" for number in range(1, 7))

    parts, whole = by_source(shared_api, named), by_source(shared_api)

    for source, row in parts.items():
        assert row["forecast_total"] == pytest.approx(whole[source]["forecast_total"])
        assert row["actual_total"] == pytest.approx(whole[source]["actual_total"])
        assert row["items"] == 6
    assert set(parts) == set(whole)


def test_the_measures_of_named_parts_pool_their_backtest(
    shared: ServedPortal, shared_api: FastAPI
) -> None:
    found = by_source(shared_api, "item_ids=P00001&item_ids=P00004")

    for source, row in found.items():
        pairs = [
            each
            for each in rows_of(shared, "fact_backtest")
            if each["source"] == source and each["item_id"] in ("P00001", "P00004")
        ]
        errors = sum(abs(each["forecast"] - each["actual"]) for each in pairs)
        assert row["wape"] == pytest.approx(errors / total(pairs, "actual"))
        assert row["mape"] is None
        assert any(each["actual"] == 0 for each in pairs)
        assert (row["items"], row["horizon"]) == (2, 14)


def test_parts_outside_the_category_are_left_out(shared_api: FastAPI) -> None:
    both = by_source(shared_api, "item_ids=P00001&item_ids=P00003&category=Cabos")

    assert both == by_source(shared_api, "item_ids=P00003")


def test_a_part_that_there_is_not_is_refused_rather_than_left_out(shared_api: FastAPI) -> None:
    answer = get(shared_api, "/v1/forecasts/summary?item_ids=P00001&item_ids=P9")

    assert answer.status_code == 404
    assert "There is no part P9" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"item_ids=P{number}" for number in range(201)),
        "item_ids=%00",
        "location=nowhere",
        "source=oracle",
        "category=a&category=b",
        "start=2026-11-20&end=2026-11-19",
    ],
)
def test_what_can_not_be_summed_up_is_refused(shared_api: FastAPI, query: str) -> None:
    answer = get(shared_api, f"/v1/forecasts/summary?{query}")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_sources_can_be_chosen(shared_api: FastAPI) -> None:
    assert set(by_source(shared_api, "source=naive")) == {"naive"}
