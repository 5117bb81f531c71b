"""Items and stock: files win over assumptions, and every assumption is labelled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_rows import Catalogue
from ml_jobs.inputs.items import describe_items, items_for, read_items, summary_of
from ml_jobs.inputs.locations import Hierarchy, Location
from ml_jobs.inputs.stock_file import read_stock
from ml_jobs.panel import Frequency, Items, OpenOrders, Panel
from ml_jobs.stocking.stock import assumed_stock, describe_stock

pytestmark = pytest.mark.ml
COSTS_ARE_PRICES = Bilingual("Costs are prices.", "Custos são preços.")


@pytest.fixture
def panel() -> Panel:
    """A sells a lot, B some, C hardly anything."""
    rng = np.random.default_rng(7)
    demand = np.stack([rng.poisson(rate, 200) for rate in (8.0, 1.5, 0.2)]).astype(np.float64)
    dates = Frequency.DAILY.calendar(np.datetime64("2026-01-01", "D"), 200)
    return Panel(
        ("A", "B", "C"), ("network",) * 3, dates, demand, np.zeros(3, np.int64), Frequency.DAILY
    )


def written(folder: Path, content: str) -> Path:
    path = folder / "master.csv"
    path.write_text(content, encoding="utf-8")
    return path


def row_of(table: pa.Table, item: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return next(row for row in rows if row["item_id"] == item)


def items_of(panel: Panel) -> Items:
    of_network = replace(panel, location_ids=("network",) * len(panel.item_ids))
    one_each = of_network.rows(np.unique(np.array(panel.item_ids), return_index=True)[1])
    return items_for(panel, describe_items(summary_of(one_each), Catalogue(), None).items)


def test_without_a_file_lead_time_and_criticality_are_assumed_by_class(panel: Panel) -> None:
    described = describe_items(summary_of(panel), Catalogue(), None)

    row = row_of(described.items.table, "A")
    assert (row["abc_class"], row["lead_time_days"], row["criticality"]) == ("A", 7.0, "high")
    assert row["assumed"] == "criticality,lead_time_days"
    assert row["name"] == row["sku"] == "A"
    assert row["unit_cost"] is None
    assert any("Lead times are assumed" in rule.en for rule in described.assumptions)


def test_an_item_file_wins_over_catalogue_and_assumption(panel: Panel, tmp_path: Path) -> None:
    catalogue = Catalogue(
        columns={"name": {"A": "old name"}, "unit_cost": {"A": 1.0, "B": 2.0}},
        assumed=frozenset({"unit_cost"}),
        rules=(COSTS_ARE_PRICES,),
    )
    file = read_items(
        written(tmp_path, "item_id;name;unit_cost;lead_time_days\nA;new name;3,5;30\n")
    )

    described = describe_items(summary_of(panel), catalogue, file)

    a, b = row_of(described.items.table, "A"), row_of(described.items.table, "B")
    assert (a["name"], a["unit_cost"], a["lead_time_days"]) == ("new name", 3.5, 30.0)
    assert a["assumed"] == "criticality"
    assert (b["unit_cost"], b["assumed"]) == (2.0, "criticality,lead_time_days,unit_cost")
    assert COSTS_ARE_PRICES in described.assumptions


def test_columns_that_nothing_is_read_from_are_named(tmp_path: Path) -> None:
    items = read_items(written(tmp_path, "item_id,Name,colour\nA,a part,red\n"))
    stock = read_stock(
        written(tmp_path, "item_id,location_id,as_of,current_stock,Bin\nA,x,2026-07-01,2,4\n")
    )

    assert items.unread() == ("colour",)
    assert stock.unread() == ("Bin",)


def test_every_fault_of_an_item_file_is_named_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "item_id,unit_cost,lead_time_days,criticality\nA,-1,soon,high\nA,2,3,huge\n,2,3,low\nB,2\n",
    )

    with pytest.raises(InputError) as refused:
        read_items(path)

    said = str(refused.value)
    for expected in (
        "item_id is missing in 1 row(s)",
        "item_id must be unique; found more than once: 'A'",
        "row 4 has 2 fields; the header has 4",
        "criticality has 'huge'; it must be one of high, medium, low",
        "unit_cost has '-1'; it must be a number from 0 to 1e+12",
        "lead_time_days has 'soon'",
    ):
        assert expected in said


def test_what_a_lost_unit_costs_is_no_debt_and_a_rate_is_no_percentage(tmp_path: Path) -> None:
    path = written(
        tmp_path, "item_id,lost_unit_cost,holding_rate_per_year\nA,-1,0.2\nB,nan,20\nC,,\n"
    )

    with pytest.raises(InputError) as refused:
        read_items(path)

    said = str(refused.value)
    assert "lost_unit_cost has '-1'; it must be a number from 0 to 1e+12" in said
    assert "holding_rate_per_year has '20'; it must be a number from 0 to 10" in said


def test_without_a_stock_file_stock_and_service_are_assumed_and_labelled(panel: Panel) -> None:
    described = describe_stock(panel, items_of(panel), None)

    for row in described.stock.table.to_pylist():
        assert row["assumed"] == "current_stock,on_order,service_level"
        assert str(row["as_of"]) == "2026-07-19"
    assert len(described.assumptions) == 2


def test_of_repaired_parts_as_much_is_assumed_as_is_missed(panel: Panel) -> None:
    items = items_of(panel).table
    days = pa.array([14.0, 14.0, None], pa.float64())
    share = pa.array([0.25, 0.25, None], pa.float64())
    for name, column in (("repair_days", days), ("condemnation", share)):
        items = items.set_column(items.schema.get_field_index(name), name, column)

    described = describe_stock(panel, Items(items), None)

    bought = describe_stock(panel, items_of(panel), None).stock.table
    # One bought new is missed for its lead time of 7, 14 and 21 days and a week of review.
    missed = np.array([(0.75 * 14 + 0.25 * 14) / 14, (0.75 * 14 + 0.25 * 21) / 21, 1.0])
    for name in ("current_stock", "on_order"):
        whole = np.rint(missed * bought[name].to_numpy())
        assert described.stock.table[name].to_pylist() == whole.tolist()
    assert described.stock.table["current_stock"][1] != bought["current_stock"][1]
    assert any("parts that are repaired" in rule.en for rule in described.assumptions)


def test_a_stock_file_is_taken_as_it_is_and_the_rest_stays_assumed(
    panel: Panel, tmp_path: Path
) -> None:
    file = read_stock(
        written(
            tmp_path,
            "item_id,current_stock,on_order,service_level,as_of\nA,12,3,0.99,2026-07-01\nB,0,,,\n".replace(
                ",,,\n", ",,,2026-07-02\n"
            ),
        )
    )

    described = describe_stock(panel, items_of(panel), file)

    a, b, c = (row_of(described.stock.table, item) for item in "ABC")
    assert (a["current_stock"], a["on_order"], a["service_level"], a["assumed"]) == (
        12,
        3,
        0.99,
        "",
    )
    assert str(a["as_of"]) == "2026-07-01"
    assert (b["current_stock"], b["on_order"], b["assumed"]) == (0, 0, "service_level")
    assert c["assumed"] == "current_stock,on_order,service_level"


def test_negative_stock_stays_unknown_and_is_not_assumed(panel: Panel, tmp_path: Path) -> None:
    file = read_stock(written(tmp_path, "item_id,current_stock,on_order\nA,-3,5\nB,7,0\n"))

    described = describe_stock(panel, items_of(panel), file)

    a, b = (row_of(described.stock.table, item) for item in "AB")
    assert (np.isnan(a["current_stock"]), a["on_order"]) == (True, 5)
    assert "current_stock" not in a["assumed"]
    assert b["current_stock"] == 7


def test_stock_of_several_locations_is_summed(panel: Panel, tmp_path: Path) -> None:
    file = read_stock(
        written(
            tmp_path,
            "item_id,location_id,current_stock,service_level\nA,north,2,0.9\nA,south,5,0.95\n",
        )
    )

    described = describe_stock(panel, items_of(panel), file)

    a = row_of(described.stock.table, "A")
    assert (a["current_stock"], a["service_level"]) == (7, 0.95)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("item_id,on_order\nA,1\n", "has no column current_stock"),
        ("item_id,current_stock\nA,lots\n", "current_stock has 'lots'; it must be a number"),
        ("item_id,current_stock\nA\u200b,3\n", "a code is too long or holds what can't be seen"),
        ("item_id,current_stock,service_level\nA,1,95\n", "a number from 0.5 to 0.9999"),
        (
            "item_id,current_stock,as_of\nA,1,today\n",
            "as_of has 'today'; it must be a date such as 2026-11-20",
        ),
    ],
)
def test_a_faulty_stock_file_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = written(tmp_path, content)

    with pytest.raises(InputError, match=f"master.csv .*{problem}"):
        read_stock(path)


def at(panel: Panel, item: str, *places: str) -> Panel:
    """The panel of one item, in several places with the same demand."""
    row = panel.item_ids.index(item)
    alone = panel.rows(np.full(len(places), row))
    return replace(alone, location_ids=places)


TREE = Hierarchy(
    (
        Location("depot", "Depot", "depot", "network"),
        Location("network", "Network", "network"),
        Location("north", "North", "site", "depot"),
        Location("south", "South", "site", "depot"),
    )
)


def test_negative_stock_of_one_place_leaves_the_item_unknown_at_every_level(
    panel: Panel, tmp_path: Path
) -> None:
    places = replace(
        panel, item_ids=("A",) * 4, location_ids=("depot", "network", "north", "south")
    )
    places = replace(
        places, demand=np.repeat(panel.demand[:1], 4, axis=0), starts=np.zeros(4, np.int64)
    )
    file = read_stock(
        written(tmp_path, "item_id,location_id,current_stock\nA,north,-2\nA,south,5\n")
    )

    stock = describe_stock(places, items_of(places), file, hierarchy=TREE).stock.table

    assert np.isnan(stock["current_stock"].to_numpy()).all()


def test_stock_is_given_per_place_and_summed_to_the_places_above(
    panel: Panel, tmp_path: Path
) -> None:
    file = read_stock(
        written(
            tmp_path,
            "item_id,location_id,current_stock,on_order\nA,north,2,1\nA,south,5,\nB,north,9,9\n",
        )
    )
    places = at(panel, "A", "depot", "network", "north", "south")

    stock = describe_stock(places, items_of(places), file, hierarchy=TREE).stock.table

    assert stock["current_stock"].to_pylist() == [7, 7, 2, 5]
    assert stock["on_order"].to_pylist() == [1, 1, 1, 0]


def test_a_row_of_its_own_goes_before_the_sum_of_the_places_below(
    panel: Panel, tmp_path: Path
) -> None:
    file = read_stock(
        written(tmp_path, "item_id,location_id,current_stock\nA,north,2\nA,network,50\n")
    )
    places = at(panel, "A", "network", "north")

    stock = describe_stock(places, items_of(places), file).stock.table

    assert stock["current_stock"].to_pylist() == [50, 2]


def test_a_file_without_places_stands_for_the_network(panel: Panel, tmp_path: Path) -> None:
    file = read_stock(written(tmp_path, "item_id,current_stock\nA,12\n"))
    places = at(panel, "A", "network", "north")

    rows = describe_stock(places, items_of(places), file).stock.table.to_pylist()

    assert rows[0]["current_stock"] == 12
    assert "current_stock" in rows[1]["assumed"]


def test_service_is_assumed_by_how_critical_an_item_is(panel: Panel, tmp_path: Path) -> None:
    file = read_items(
        written(tmp_path, "item_id,criticality\nA,low\nB,high\nC,medium\n"),
    )
    items = describe_items(summary_of(panel), Catalogue(), file).items

    stock = describe_stock(panel, items, None).stock.table

    assert stock["service_level"].to_pylist() == [0.90, 0.98, 0.95]


def test_order_sizes_and_the_spread_of_lead_times_are_read(panel: Panel, tmp_path: Path) -> None:
    file = read_stock(
        written(
            tmp_path,
            "item_id,current_stock,minimum_order,order_multiple,lead_time_sd_days\nA,1,10,6,2.5\n",
        )
    )

    described = describe_stock(panel, items_of(panel), file)

    a, b = row_of(described.stock.table, "A"), row_of(described.stock.table, "B")
    assert (a["minimum_order"], a["order_multiple"], a["lead_time_sd_days"]) == (10, 6, 2.5)
    assert (b["minimum_order"], b["order_multiple"], b["lead_time_sd_days"]) == (None,) * 3
    assert file.unread() == ()


def test_a_part_of_the_panel_gets_the_stock_that_the_whole_gets(
    panel: Panel, tmp_path: Path
) -> None:
    file = read_stock(written(tmp_path, "item_id,current_stock\nA,12\nC,3\n"))
    items = items_of(panel)
    whole = describe_stock(panel, items, file).stock.table

    rows = np.array([1, 2])
    part = describe_stock(panel.rows(rows), Items(items.table.take(rows)), file).stock.table

    assert part.to_pylist() == whole.take(rows).to_pylist()


def test_assumed_stock_is_whole_and_the_same_every_time(panel: Panel) -> None:
    lead = np.array([7.0, 14.0, 21.0])

    shelf, on_order = assumed_stock(panel, lead)

    again = assumed_stock(panel, lead)
    assert (shelf == again[0]).all()
    assert (on_order == again[1]).all()
    assert (shelf >= 0).all()
    assert (np.concatenate([shelf, on_order]) % 1 == 0).all()


def test_some_items_run_short_under_the_assumed_policy() -> None:
    rng = np.random.default_rng(3)
    demand = rng.poisson(0.3, (200, 300)) * rng.integers(1, 20, (200, 300)).astype(np.float64)
    dates = Frequency.DAILY.calendar(np.datetime64("2026-01-01", "D"), 300)
    ids = tuple(f"item-{n:03d}" for n in range(200))
    panel = Panel(ids, ("network",) * 200, dates, demand, np.zeros(200, np.int64), Frequency.DAILY)

    shelf, _ = assumed_stock(panel, np.full(200, 14.0))

    expected = demand[:, -90:].mean(axis=1) * 14
    assert 0.02 < (shelf < expected).mean() < 0.6


def orders_of_a(panel: Panel, *quantities: float) -> OpenOrders:
    """Open orders of the first series, and none of the others."""
    count = len(quantities)
    return OpenOrders(
        np.zeros(count, np.int64),
        np.array([f"{number}/1" for number in range(count)], np.str_),
        np.array(quantities, np.float64),
        np.full(count, panel.data_through),
        np.ones(count, np.bool_),
    )


def test_on_order_is_what_open_orders_add_up_to_and_is_not_assumed(panel: Panel) -> None:
    described = describe_stock(panel, items_of(panel), None, orders=orders_of_a(panel, 4, 3))

    assert described.stock.table["on_order"].to_pylist() == [7, 0, 0]
    assert set(described.stock.table["assumed"].to_pylist()) == {"current_stock,service_level"}
    assert described.assumptions[0].en.startswith("Stock is assumed")
    assert described.differing == {}


def test_other_amounts_on_order_in_the_stock_file_are_named_and_not_taken(
    panel: Panel, tmp_path: Path
) -> None:
    rows = "item_id,current_stock,on_order\nA,12,7\nB,5,2\nC,5,\n"
    file = read_stock(written(tmp_path, rows))

    described = describe_stock(panel, items_of(panel), file, orders=orders_of_a(panel, 4, 3))

    assert described.stock.table["on_order"].to_pylist() == [7, 0, 0]
    assert described.differing == {"B": "B at network (2 instead of 0)"}
