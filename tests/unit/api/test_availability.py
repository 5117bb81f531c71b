"""Availability over the API: contracts, curves, what to buy and why, and what a budget buys."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pyarrow as pa
import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.availability import available_tables, silent_tables
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal

BASE = "/api/v1/availability"
LIST = f"{BASE}/buy-list"
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[ServedPortal]:
    """A portal with two contracts and six steps to buy."""
    folder = tmp_path_factory.mktemp("available")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    publisher.publish(tables=available_tables(publisher), lineage={"currency": "BRL"})
    with served_portal(folder, rate_limit="999999999/second") as served:
        served.portal.activate(ADMIN)
        yield served


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[ServedPortal]:
    """A portal whose publication is from before availability was weighed."""
    folder = tmp_path_factory.mktemp("silent")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    publisher.publish(tables=silent_tables(publisher))
    with served_portal(folder, rate_limit="999999999/second") as served:
        served.portal.activate(ADMIN)
        yield served


def data_of(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def ranks(answer: httpx.Response) -> list[int]:
    return [row["rank"] for row in data_of(answer)]


def test_contracts_tell_today_the_target_and_what_is_supported(served: ServedPortal) -> None:
    answer = served.get(f"{BASE}/contracts")

    first, second = data_of(answer)
    assert (first["contract_id"], second["contract_id"]) == ("CT-A", "CT-B")
    assert (first["today_towers_down"], first["meeting_point"]) == (5.0, 1)
    assert answer.json()["total"] == 2
    assert answer.json()["metadata"]["data_sets"] == ["agg_availability"]
    assert answer.json()["metadata"]["sources"]


def test_contracts_come_in_pages_and_by_their_code(served: ServedPortal) -> None:
    first = served.get(f"{BASE}/contracts?limit=1&columns=contract_id")
    second = served.get(
        f"{BASE}/contracts?limit=1&columns=contract_id&cursor={first.json()['next']}"
    )
    named = served.get(f"{BASE}/contracts?contract_id=CT-B&columns=name")

    assert data_of(first) + data_of(second) == [{"contract_id": "CT-A"}, {"contract_id": "CT-B"}]
    assert data_of(named) == [{"name": "Beta"}]


def test_a_curve_has_its_points_today_and_service_levels(served: ServedPortal) -> None:
    rows = data_of(served.get(f"{BASE}/contracts/CT-A/curve"))

    assert [row["policy"] for row in rows] == ["money", "money", "money", "today", "service"]
    assert [row["supported"] for row in rows[:3]] == [True, True, False]


@pytest.mark.parametrize("code", ["CT-Z", "CT%2FA", "x" * 200, "%C3%A9"])
def test_an_unknown_contract_is_refused_by_its_name(code: str, served: ServedPortal) -> None:
    answer = served.get(f"{BASE}/contracts/{code}/curve")

    assert answer.status_code == 422
    assert "contract_id" in answer.json()["detail"]


def test_what_is_left_out_is_counted_by_reason(served: ServedPortal) -> None:
    rows = data_of(served.get(f"{BASE}/left-out"))

    assert rows == [
        {"left_out": None, "parts": 4, "unsupported": 0},
        {"left_out": "no_tower", "parts": 2, "unsupported": 0},
    ]


def test_the_buy_list_stops_where_the_budget_ends(served: ServedPortal) -> None:
    answer = served.get(f"{LIST}?budget=100.3")

    assert ranks(answer) == [1, 2, 3]
    assert answer.json()["total"] == 3
    assert data_of(answer)[-1]["cumulative_cost"] == 100.3


def test_a_budget_of_0_buys_nothing(served: ServedPortal) -> None:
    assert ranks(served.get(f"{LIST}?budget=0")) == []


def test_under_a_filter_sums_and_budget_are_of_the_rows_left(served: ServedPortal) -> None:
    rows = data_of(served.get(f"{LIST}?contract_id=CT-B&budget=300.1"))

    assert [(row["rank"], row["cumulative_cost"]) for row in rows] == [(2, 0.1), (4, 300.1)]


@pytest.mark.parametrize("asked", ["", "location_id=DEPOT&", "budget=400.5&", "order=-cost&"])
def test_pages_together_are_the_whole(asked: str, served: ServedPortal) -> None:
    whole = served.get(f"{LIST}?{asked}").json()

    rows, cursor = [], ""
    for _ in range(whole["total"]):
        page = served.get(f"{LIST}?{asked}limit=1{cursor}").json()
        rows += page["data"]
        cursor = f"&cursor={page['next']}"

    assert rows == whole["data"]
    assert page["next"] is None


def test_columns_and_order_are_those_asked_for(served: ServedPortal) -> None:
    rows = data_of(served.get(f"{LIST}?columns=rank,cost&order=-cost&limit=2"))

    assert rows == [{"rank": 6, "cost": 599.6}, {"rank": 4, "cost": 300.0}]


@pytest.mark.parametrize(
    "asked",
    [
        *("budget=-1", "budget=nan", "budget=inf", "budget=1e999", "budget=R%24%2010", "budget="),
        *("budget=1&budget=2", "budget=%00", f"budget={'9' * 10_000}"),
        *("supported=maybe", "criticality=none", "contract_id=%00", "rank=1", "order=nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: str, served: ServedPortal) -> None:
    for address in (LIST, f"{LIST}.csv", f"{LIST}/effect"):
        answer = served.get(f"{address}?{asked}")
        assert answer.status_code in {414, 422}, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_same_rows_have_the_same_tag_and_cost_no_body_twice(served: ServedPortal) -> None:
    for address in (LIST, f"{BASE}/contracts", f"{LIST}/effect", f"{LIST}/1/explanation"):
        tag = served.get(address).headers["ETag"]
        assert served.get(address, **{"If-None-Match": tag}).status_code == 304


def test_rows_come_as_csv_and_as_arrow(served: ServedPortal) -> None:
    lines = list(csv.DictReader(io.StringIO(served.get(LIST, Accept="text/csv").text)))
    table = pa.ipc.open_stream(served.get(LIST, Accept=ARROW).content).read_all()

    assert [line["rank"] for line in lines] == list("123456")
    assert lines[0]["generated_at"]
    assert table["cumulative_cost"].to_pylist()[-1] == 1000.0


def test_the_whole_list_is_one_file_that_the_audit_log_has(served: ServedPortal) -> None:
    answer = served.get(f"{LIST}.csv?contract_id=CT-B&budget=300.1&dialect=excel-br")

    assert answer.status_code == 200
    assert answer.headers["X-Row-Count"] == "2"
    assert "buy_list_" in answer.headers["Content-Disposition"]
    assert len(answer.text.splitlines()) == 3
    last = served.portal.audit.entries(1)[-1]
    assert (last.details["budget"], last.details["filters"]) == ("300.1", "contract_id=CT-B")


def test_the_list_up_to_a_budget_is_taken_as_orders(served: ServedPortal) -> None:
    asked = "profile=plain&budget=100.2&language=pt-BR"
    answer = served.get(f"{LIST}/orders.csv?{asked}")

    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(line["item_id"], line["quantity"]) for line in lines] == [
        ("P00002", "2.0"),
        ("P00003", "1.0"),
    ]
    assert lines[0]["tier"] == "Pelo preço da hora de torre"
    assert answer.headers["X-Row-Count"] == "2"
    tag = answer.headers["ETag"]
    again = served.get(f"{LIST}/orders.csv?{asked}", **{"If-None-Match": tag})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "asked",
    ["", "profile=xls", "profile=plain&budget=-1", "profile=plain&language=fr", "profile=sap-pr"],
)
def test_orders_in_no_form_that_there_is_are_refused(asked: str, served: ServedPortal) -> None:
    answer = served.get(f"{LIST}/orders.csv?{asked}")

    assert answer.status_code == 422


def test_a_budget_says_what_it_buys_and_what_as_much_again_would(served: ServedPortal) -> None:
    told = data_of(served.get(f"{LIST}/effect?budget=250"))

    assert (told["steps"], told["cost"], told["next_steps"]) == (3, 100.3, 2)
    assert told["share"] == pytest.approx(0.5007)


def test_a_step_says_why_it_stands_there_in_both_languages(served: ServedPortal) -> None:
    told = data_of(served.get(f"{LIST}/4/explanation"))

    assert (told["before"]["rank"], told["step"]["rank"], told["after"]["rank"]) == (3, 4, 5)
    assert "R$ 1,000 avoid 100 h" in told["why"]["en"]
    assert "R$ 1.000 evitam 100 h" in told["why"]["pt_BR"]


def test_a_rank_that_the_list_has_not_is_not_found(served: ServedPortal) -> None:
    answer = served.get(f"{LIST}/7/explanation")

    assert answer.status_code == 404
    assert answer.json()["type"].endswith("unknown-rank")


@pytest.mark.parametrize("rank", ["0", "-1", "1.5", "first", "9" * 30])
def test_what_is_no_rank_is_refused(rank: str, served: ServedPortal) -> None:
    answer = served.get(f"{LIST}/{rank}/explanation")

    assert answer.status_code == 422
    assert "rank" in answer.json()["detail"]


def test_a_part_tells_what_its_stock_avoids_at_each_place(served: ServedPortal) -> None:
    (row,) = data_of(served.get("/api/v1/items/P00003/availability"))

    assert (row["location_id"], row["position"], row["supported"]) == ("DEPOT", 2.0, True)
    elsewhere = served.get("/api/v1/items/P00003/availability?location=network")
    assert data_of(elsewhere) == []


def test_a_part_says_why_it_is_or_is_not_to_be_bought(served: ServedPortal) -> None:
    listed = served.get("/api/v1/items/P00002/availability/explanation")
    left_out = served.get("/api/v1/items/P00001/availability/explanation")

    assert "It stands at 1 of 6" in data_of(listed)["why"]["en"]
    assert "takes no tower down" in data_of(left_out)["why"]["en"]


@pytest.mark.parametrize("end", ["", "/explanation"])
def test_unknown_parts_and_places_are_refused(end: str, served: ServedPortal) -> None:
    assert served.get(f"/api/v1/items/nobody/availability{end}").status_code == 404
    nowhere = served.get(f"/api/v1/items/P00002/availability{end}?location=nowhere")
    assert nowhere.status_code == 422


@pytest.mark.parametrize(
    ("address", "lacks"),
    [
        (f"{BASE}/contracts", "agg_availability"),
        (f"{BASE}/contracts/CT-A/curve", "agg_availability"),
        (f"{BASE}/left-out", "fact_availability"),
        (LIST, "fact_buy_list"),
        (f"{LIST}.csv", "fact_buy_list"),
        (f"{LIST}/orders.zip?profile=plain", "fact_buy_list"),
        (f"{LIST}/effect?budget=1", "fact_buy_list"),
        (f"{LIST}/1/explanation", "fact_buy_list"),
        ("/api/v1/items/P00002/availability", "fact_availability"),
        ("/api/v1/items/P00002/availability/explanation", "fact_availability"),
    ],
)
def test_a_publication_without_availability_says_which_data_set_it_lacks(
    address: str, lacks: str, silent: ServedPortal
) -> None:
    answer = silent.get(address)

    assert answer.status_code == 404
    assert answer.json()["type"].endswith("unknown-data-set")
    assert f"no data set {lacks}" in answer.json()["detail"]
