"""Moves over the API: what is worth most first, with what was known of the way."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.places_that_share import with_moves, with_orders_behind
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal

MOVES = "/api/v1/availability/moves"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[ServedPortal]:
    """A portal with three moves between two depots, which order what they lack behind them."""
    folder = tmp_path_factory.mktemp("moves")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    publisher.publish(tables=with_orders_behind(with_moves(publisher.tables())))
    with served_portal(folder, rate_limit="999999999/second") as served:
        served.portal.activate(ADMIN)
        yield served


def test_moves_are_told_with_both_places_by_name_what_is_worth_most_first(
    served: ServedPortal,
) -> None:
    answer = served.get(MOVES)

    assert answer.status_code == 200, answer.text
    rows = answer.json()["data"]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    first = rows[0]
    assert (first["from_location"], first["to_location"]) == ("CD Campinas", "CD Recife")
    assert (first["donor_stock_left"], first["donor_monthly_demand"]) == (5.0, 1.0)
    assert [row["freight"] for row in rows] == [42.0, None, None]
    assert "fact_transfer" in answer.json()["metadata"]["data_sets"]


def test_moves_can_be_asked_for_by_place_and_part_page_by_page(served: ServedPortal) -> None:
    first = served.get(f"{MOVES}?from_location_id=D1&limit=2").json()
    rest = served.get(f"{MOVES}?from_location_id=D1&limit=2&cursor={first['next']}").json()
    one = served.get(f"{MOVES}?item_id=P00002").json()
    none = served.get(f"{MOVES}?to_location_id=D1").json()

    assert [row["rank"] for row in first["data"]] == [1, 2]
    assert [row["rank"] for row in rest["data"]] == [3]
    assert [row["item_id"] for row in one["data"]] == ["P00002"]
    assert none["data"] == []


def test_a_move_is_explained_in_both_languages(served: ServedPortal) -> None:
    answer = served.get(f"{MOVES}/2/explanation")

    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert (data["move"]["rank"], data["move"]["from_location"]) == (2, "CD Campinas")
    assert "At CD Campinas, 0.25 tower-hours a month are lost" in data["why"]["en"]
    assert "Em CD Campinas, a falta delas custa 0,25 horas de torre" in data["why"]["pt_BR"]
    assert answer.json()["metadata"]["data_sets"] == ["fact_transfer", "dim_item", "dim_location"]


def test_a_rank_that_no_move_has_is_refused(served: ServedPortal) -> None:
    answer = served.get(f"{MOVES}/4/explanation")

    assert answer.status_code == 404
    assert answer.json()["type"].endswith("unknown-rank")
    assert "no row of rank 4; it has 3 rows" in answer.json()["detail"]


def test_a_file_of_orders_has_no_move(served: ServedPortal) -> None:
    answer = served.get("/api/v1/orders.csv?profile=plain&language=en&tier=late&tier=this_week")

    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    ordered = {(row["item_id"], row["location_id"], float(row["quantity"])) for row in rows}
    assert ordered == {("P00001", "D1", 3.0), ("P00002", "D2", 2.0), ("P00003", "D2", 3.0)}
    assert answer.headers["x-row-count"] == "3"


@pytest.mark.parametrize("profile", ["generic", "plain", "sap-pr", "protheus-sc"])
def test_where_all_that_is_late_is_moved_no_order_goes_to_a_supplier(
    served: ServedPortal, profile: str
) -> None:
    answer = served.get(f"/api/v1/orders.csv?profile={profile}&tier=late&location=D2")

    assert answer.status_code == 200, answer.text
    assert answer.headers["x-row-count"] == "0"


def test_a_publication_without_moves_says_which_data_set_it_lacks(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry
) -> None:
    folder = tmp_path_factory.mktemp("without")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    tables = {n: t for n, t in publisher.tables().items() if not n.endswith("_transfer")}
    publisher.publish(tables=tables)
    with served_portal(folder) as served:
        served.portal.activate(ADMIN)
        answers = [served.get(path) for path in (MOVES, f"{MOVES}/1/explanation")]

    assert [each.status_code for each in answers] == [404, 404]
    assert all("no data set fact_transfer" in each.json()["detail"] for each in answers)
