"""Stock positions asked for by class, text, place and value: an oracle in pandas says the same."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import product
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.reading.publication import Publication
from datalayer.reading.questions import inventory
from datalayer.reading.questions.inventory import StockSelection
from tests.publisher import Publisher
from tests.repaired_parts import with_repairs
from tests.stocked_parts import PLACES, publish_stock, stocked_tables

PARTS = 120
SORTED = (
    *("item_id", "name", "category", "abc_class", "days_of_cover", "stockout_date", "order_by"),
    *("stock_value", "status"),
)
FILTERS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("abc_class", "A"),),
    (("abc_class", "unclassified"), ("demand_class", "lumpy"), ("demand_class", "unclassified")),
    (("category", "Cabos, conectores"), ("category", "Torres \\ mastros")),
    (("supplier", "Acme"), ("status", "reorder"), ("status", "unknown")),
    (("status", "ok"),),
)


@pytest.fixture
def stocked(
    publisher: Publisher, open_publication: Callable[[Manifest], Publication]
) -> Publication:
    return open_publication(publish_stock(publisher, PARTS))


@pytest.fixture
def joined(publisher: Publisher) -> pd.DataFrame:
    """All positions with what the catalogue says of their parts."""
    tables = stocked_tables(publisher, PARTS)
    part = ["item_id", "name", "category", "supplier", "abc_class", "demand_class", "unit_cost"]
    rows = tables["fact_inventory"].to_pandas().merge(tables["dim_item"].to_pandas()[part])
    rows["stock_value"] = (rows["current_stock"] * rows["unit_cost"]).round(2)
    return rows


def selected(
    registry: Registry, asked: tuple[tuple[str, str], ...], place: str = "network", text: str = ""
) -> StockSelection:
    return inventory.selection(registry, asked, location_id=place, text=text)


def oracle(
    joined: pd.DataFrame, asked: tuple[tuple[str, str], ...], place: str = "network"
) -> pd.DataFrame:
    rows = joined[joined["location_id"] == place]
    for name in dict.fromkeys(name for name, _ in asked):
        values = {value for each, value in asked if each == name}
        column = rows[name]
        if name in inventory.CLASSES:
            column = column.fillna(inventory.UNCLASSIFIED)
        rows = rows[column.isin(values)]
    return rows


def codes(
    publication: Publication, wanted: StockSelection, order: str, most: int = 50
) -> list[str]:
    """Return the parts on all pages, one behind the other."""
    found: list[str] = []
    registry = publication.registry
    count = publication.count(inventory.positions(registry, wanted))
    for offset in range(0, count, most):
        page = inventory.sorted_positions(registry, wanted, order, limit=most, offset=offset)
        found += publication.table(page).table["item_id"].to_pylist()
    return found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("asked", FILTERS)
def test_filters_leave_what_the_oracle_leaves(
    stocked: Publication,
    joined: pd.DataFrame,
    asked: tuple[tuple[str, str], ...],
    place: str,
) -> None:
    wanted = selected(stocked.registry, asked, place)

    found = stocked.table(inventory.positions(stocked.registry, wanted)).table

    expected = oracle(joined, asked, place)["item_id"].sort_values().tolist()
    assert found["item_id"].to_pylist() == expected
    assert stocked.count(inventory.positions(stocked.registry, wanted)) == len(expected)


@pytest.mark.parametrize("column", SORTED)
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_page_follows_the_order_and_nulls_come_last(
    stocked: Publication, joined: pd.DataFrame, column: str, sign: str
) -> None:
    found = codes(stocked, selected(stocked.registry, ()), f"{sign}{column}")

    rows = oracle(joined, ()).sort_values("item_id")
    expected = rows.sort_values(column, ascending=not sign, kind="stable", na_position="last")
    assert found == expected["item_id"].tolist()
    assert len(set(found)) == PARTS


def test_a_text_finds_what_the_search_finds(stocked: Publication, joined: pd.DataFrame) -> None:
    found = codes(stocked, selected(stocked.registry, (), text="bateria estacionaria"), "item_id")

    names = oracle(joined, ())
    expected = names[names["name"].str.startswith("Bateria")]["item_id"].sort_values().tolist()
    assert found == expected != []


def test_text_and_filters_must_both_be_met(stocked: Publication, joined: pd.DataFrame) -> None:
    asked = (("status", "reorder"),)

    found = codes(stocked, selected(stocked.registry, asked, "DEPOT", "bateria"), "-order_by")

    rows = oracle(joined, asked, "DEPOT")
    assert set(found) == set(rows[rows["name"].str.startswith("Bateria")]["item_id"])


@pytest.mark.parametrize("asked", FILTERS)
def test_the_classes_add_up_to_the_rows(
    stocked: Publication, joined: pd.DataFrame, asked: tuple[tuple[str, str], ...]
) -> None:
    wanted = selected(stocked.registry, asked)

    cells = stocked.table(inventory.classes(stocked.registry, wanted)).table.to_pylist()

    others = tuple(pair for pair in asked if pair[0] not in inventory.CLASSES)
    rows = oracle(joined, others)
    assert sum(cell["parts"] for cell in cells) == len(rows)
    assert total(cells, "stock_value") == exact(rows["stock_value"])
    ordered = (rows["order_quantity"] * rows["unit_cost"]).round(2)
    assert total(cells, "order_value") == exact(ordered)
    assert sum(cell["stock_unknown"] for cell in cells) == rows["current_stock"].isna().sum()
    unpriced = rows["current_stock"].notna() & rows["unit_cost"].isna()
    assert sum(cell["stock_unpriced"] for cell in cells) == unpriced.sum()


def test_a_cell_counts_the_rows_that_it_leads_to(stocked: Publication) -> None:
    registry = stocked.registry
    cells = stocked.table(inventory.classes(registry, selected(registry, ()))).table.to_pylist()

    led = {
        (abc, demand): len(
            codes(
                stocked,
                selected(registry, (("abc_class", abc), ("demand_class", demand))),
                "item_id",
            )
        )
        for abc, demand in product(
            ("A", "B", "C", "unclassified"),
            ("smooth", "erratic", "intermittent", "lumpy", "unclassified"),
        )
    }

    counted = {(cell["abc_class"], cell["demand_class"]): cell["parts"] for cell in cells}
    assert counted == {place: count for place, count in led.items() if count}


def test_a_facet_counts_what_its_value_would_leave(
    stocked: Publication, joined: pd.DataFrame
) -> None:
    asked = (("abc_class", "A"), ("status", "reorder"))

    facets = stocked.table(
        inventory.facets(stocked.registry, selected(stocked.registry, asked, text="bateria"))
    ).table.to_pylist()

    rows = oracle(joined, asked[:1])
    rows = rows[rows["name"].str.startswith("Bateria")]
    counted = {row["value"]: row["rows"] for row in facets if row["filter"] == "status"}
    assert counted == rows["status"].value_counts().to_dict()


def test_places_and_coverage_count_positions(stocked: Publication, joined: pd.DataFrame) -> None:
    places = stocked.table(inventory.places()).table.to_pylist()
    covered = stocked.table(inventory.coverage("DEPOT")).table.to_pylist()[0]

    depot = oracle(joined, (), "DEPOT")
    assert [(row["location_id"], row["parts"]) for row in places] == [
        ("network", PARTS),
        ("DEPOT", len(depot)),
    ]
    assert (covered["parts"], covered["here"]) == (PARTS, len(depot))
    assert covered["known"] == depot["current_stock"].notna().sum()
    of_one = stocked.table(inventory.places("P00001")).table.to_pylist()
    assert [row["location_id"] for row in of_one] == ["network"]


def test_parts_that_are_repaired_are_found_at_their_place(
    publisher: Publisher, open_publication: Callable[[Manifest], Publication]
) -> None:
    publication = open_publication(publisher.publish(tables=with_repairs(publisher.tables())))

    found = [
        publication.table(inventory.repaired(codes, place)).table.to_pylist()
        for codes, place in (
            (["P00002", "P00003"], "network"),
            (["P00002"], "DEPOT"),
            ([], "network"),
        )
    ]

    row = {"repair_days": 30.0, "condemnation": 0.2, "in_repair": 8.0, "coming_back": 6.0}
    assert found == [[{"item_id": "P00002", **row}], [], []]


@pytest.mark.parametrize(
    ("asked", "text"),
    [((("abc_class", "D"),), ""), ((("status", "late"),), ""), ((), "x" * 201), ((), "a\0b")],
)
def test_what_no_value_can_be_is_refused(
    registry: Registry, asked: tuple[tuple[str, str], ...], text: str
) -> None:
    with pytest.raises(InvalidSelection):
        selected(registry, asked, text=text)


def test_an_order_by_what_is_no_column_is_refused(registry: Registry) -> None:
    with pytest.raises(InvalidSelection):
        inventory.sorted_positions(registry, selected(registry, ()), "price", limit=5)


@pytest.mark.parametrize(
    ("changes", "is_alert"),
    [
        (dict.fromkeys(("reorder_point", "order_up_to", "order_quantity"), 0.0), False),
        ({"reorder_point": 0.0, "order_up_to": 1.0, "order_quantity": 1.0}, True),
        ({"reorder_point": 4.0, "order_quantity": None}, True),
        ({"reorder_point": None, "order_quantity": None}, False),
    ],
    ids=["nothing is held", "one is ordered", "no quantity is known", "nothing is known"],
)
def test_used_up_stock_is_an_alert_only_where_it_asks_for_an_order(
    publisher: Publisher,
    open_publication: Callable[[Manifest], Publication],
    changes: dict[str, float | None],
    is_alert: bool,
) -> None:
    tables = publisher.tables()
    used_up = {"current_stock": 0.0, "on_order": 0.0, "safety_stock": 0.0, "status": "ok"}
    rows = [
        row | (used_up | changes if row["item_id"] == "P00003" else {})
        for row in tables["fact_inventory"].to_pylist()
    ]
    tables["fact_inventory"] = pa.Table.from_pylist(rows, tables["fact_inventory"].schema)
    publication = open_publication(publisher.publish(tables=tables))

    wanted = selected(publication.registry, ())
    found = publication.table(inventory.positions(publication.registry, wanted)).table

    alerts = dict(zip(found["item_id"].to_pylist(), found["alert"].to_pylist(), strict=True))
    assert alerts["P00003"] is is_alert


def exact(values: Any) -> Decimal:
    return sum((Decimal(str(value)) for value in values.dropna()), Decimal(0)).quantize(
        Decimal("0.01")
    )


def total(cells: list[dict[str, Any]], column: str) -> Decimal:
    known = [cell[column] for cell in cells if cell[column] is not None]
    return sum(known, Decimal(0))
