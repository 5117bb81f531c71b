"""The inventory page: by class, as a list of all its pages, and a chosen part."""

from __future__ import annotations

import asyncio
import csv
import re
import shutil
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from streamlit.testing.v1 import AppTest

from datalayer.api.application import create_api
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.portal import questions
from datalayer.runtime import portal
from pages.components.stock.stock_address import ON_A_PAGE, SORTED
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.portals import make_portal
from tests.publisher import Publisher, replace_column, set_value
from tests.served_portal import document_made_once
from tests.stocked_parts import publish_stock, stocked_tables

PARTS = 130
LINK = re.compile(r'<a id="(farol-[^"]+)" class="farol-go" href="([^"]+)"([^>]*)>(.*?)</a>')

Row = dict[str, Any]


@pytest.fixture(scope="module")
def stocked_folder(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    """Store and state of a portal with stock of 130 parts, every second at a depot as well."""
    folder = tmp_path_factory.mktemp("stocked")
    publish_stock(Publisher(FolderStore(folder / "store"), registry), PARTS, generated_at=recent())
    made = make_portal(folder)
    made.activate(ADMIN)
    made.close()
    return folder


@pytest.fixture
def stocked(state: Path, stocked_folder: Path) -> Path:
    """A portal of its own with these."""
    for name in ("store", "var"):
        shutil.copytree(stocked_folder / name, state.parent / name, dirs_exist_ok=True)
    return state


def recent() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def activate(publisher: Publisher, tables: dict[str, pa.Table]) -> None:
    made_at = tables["dim_item"]["generated_at"][0].as_py()
    publisher.publish(generated_at=made_at, tables=tables, lineage={"currency": "BRL"})
    portal().activate(ADMIN, confirmed=True)


def opened(open_page: OpenPage, **parameters: str) -> AppTest:
    page = parameters.pop("page", "")
    app = open_page("inventory.py", locale="en-US", **parameters)
    if page:
        app.query_params["page"] = page
        app.run()
    assert not app.exception
    return app


def drawn(app: AppTest, table: str) -> str:
    """Return the HTML of a table of the page, ``farol-matrix`` or ``farol-stock``."""
    bodies = [each.proto.body for each in app.main.get("html")]
    return next((body for body in bodies if f'class="{table}"' in body), "")


def links(app: AppTest) -> dict[str, str]:
    found = LINK.findall(drawn(app, "farol-matrix") + drawn(app, "farol-stock"))
    return {name: unescape(address) for name, address, _, _ in found}


def asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def listed(app: AppTest) -> list[list[str]]:
    """Return the cells of the list, row by row."""
    body = drawn(app, "farol-stock").partition("<tbody>")[2]
    return [
        [unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr.*?</tr>", body)
    ]


def column(app: AppTest, name: str) -> list[str]:
    return [row[SORTED.index(name)] for row in listed(app)]


def positions(**asked: str) -> list[Row]:
    """Return what the database has of the network's positions, by part."""
    publication = portal().open()
    wanted = questions.inventory.selection(
        publication.registry, asked.items(), location_id="network"
    )
    rows = publication.table(questions.inventory.positions(publication.registry, wanted)).table
    found: list[Row] = rows.to_pylist()
    return found


def downloaded(path: str) -> list[dict[str, str]]:
    with document_made_once():
        api = create_api(portal())

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as browser:
            return await browser.get(path.removeprefix("/").removeprefix("api"))

    answer = asyncio.run(get()).raise_for_status()
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert int(answer.headers["X-Row-Count"]) == len(rows)
    return rows


def test_all_parts_are_reached_page_by_page(stocked: Path, open_page: OpenPage) -> None:
    seen: list[str] = []
    for page in range(1, -(-PARTS // ON_A_PAGE) + 1):
        seen += column(opened(open_page, page=str(page), order="item_id"), "item_id")

    assert seen == [row["item_id"] for row in positions()]


def test_which_rows_these_are_is_said(stocked: Path, open_page: OpenPage) -> None:
    assert "51 to 100 of 130 parts" in texts(opened(open_page, page="2"))


def test_a_page_behind_the_last_is_the_last(stocked: Path, open_page: OpenPage) -> None:
    assert "101 to 130 of 130 parts" in texts(opened(open_page, page="99"))


def test_what_is_most_urgent_comes_first(stocked: Path, open_page: OpenPage) -> None:
    shown = column(opened(open_page), "item_id")

    rows = [row for row in positions() if row["order_by"] is not None]
    rows.sort(key=lambda row: row["order_by"])
    assert shown == [row["item_id"] for row in rows][:ON_A_PAGE]


def test_a_heading_sorts_and_turns_the_order_round(stocked: Path, open_page: OpenPage) -> None:
    once = links(opened(open_page))["farol-sort-stock_value"]
    again = links(opened(open_page, **asked(once)))["farol-sort-stock_value"]

    assert asked(once)["order"] == "stock_value"
    assert asked(again)["order"] == "-stock_value"
    app = opened(open_page, **asked(again))
    most = max(row["stock_value"] or 0 for row in positions())
    assert column(app, "stock_value")[0] == f"R$ {most:,.2f}"
    assert 'aria-sort="descending"' in drawn(app, "farol-stock")


@pytest.mark.parametrize("order", ["days_of_cover", "-days_of_cover", "stockout_date"])
def test_no_value_comes_last_whichever_way(stocked: Path, open_page: OpenPage, order: str) -> None:
    name = order.removeprefix("-")
    known = sum(row[name] is not None for row in positions())

    last = column(opened(open_page, order=order, page="3"), "item_id")

    without = {row["item_id"] for row in positions() if row[name] is None}
    assert without.issuperset(last[-min(len(last), PARTS - known) :] if known < PARTS else [])


def test_a_cell_of_the_grid_leads_to_exactly_its_parts(stocked: Path, open_page: OpenPage) -> None:
    address = links(opened(open_page))["farol-class-A-lumpy"]

    app = opened(open_page, **asked(address))

    expected = {row["item_id"] for row in positions(abc_class="A", demand_class="lumpy")}
    assert set(column(app, "item_id")) == expected != set()
    assert 'aria-current="true"' in drawn(app, "farol-matrix")


def test_parts_without_a_class_have_a_row_of_their_own(stocked: Path, open_page: OpenPage) -> None:
    app = opened(open_page)
    address = links(app)["farol-class-unclassified-all"]

    chosen = opened(open_page, **asked(address))

    assert "no ABC class" in drawn(app, "farol-matrix")
    assert set(column(chosen, "abc_class")) == {"–"}
    rows = [row for row in positions() if row["abc_class"] is None]
    assert f"of {len(rows)} parts" in texts(chosen) or len(rows) <= ON_A_PAGE


def test_the_total_of_the_grid_is_the_sum_of_the_rows(stocked: Path, open_page: OpenPage) -> None:
    body = drawn(opened(open_page), "farol-matrix")

    *_, last = re.findall(r"<td>.*?</td>", body)
    value = sum(row["stock_value"] or 0 for row in positions())
    ordered = sum(row["order_value"] or 0 for row in positions())
    assert f"<b>{PARTS}</b>" in last
    assert f"R$ {value:,.2f}" in last
    assert f"R$ {ordered:,.2f}" in last


def test_what_is_in_no_sum_is_said(stocked: Path, open_page: OpenPage) -> None:
    unknown = sum(row["current_stock"] is None for row in positions())
    unpriced = sum(
        row["current_stock"] is not None and row["unit_cost"] is None for row in positions()
    )

    told = texts(opened(open_page))

    assert f"The stock of {unknown} parts isn't known" in told
    assert f"{unpriced} parts with stock have no known cost" in told


def test_missing_values_read_as_what_they_mean(stocked: Path, open_page: OpenPage) -> None:
    by_part = {row["item_id"]: row for row in positions()}
    app = opened(open_page, order="days_of_cover", page="2")

    for code, cover, run_out, order in zip(
        *(column(app, name) for name in ("item_id", "days_of_cover", "stockout_date", "order_by")),
        strict=True,
    ):
        row = by_part[code]
        if row["days_of_cover"] is not None and row["days_of_cover"] >= 3650:
            assert cover == "over ten years"
        if row["days_of_cover"] is None and row["current_stock"] is not None:
            assert cover == "no use expected"
        if row["stockout_date"] is None and row["current_stock"] is not None:
            assert run_out == "not within two years"
        if row["order_quantity"] == 0:
            assert order == "no order proposed"
    told = set(column(app, "days_of_cover"))
    last = opened(open_page, order="days_of_cover", page="3")
    assert "over ten years" in told | set(column(last, "days_of_cover"))
    assert "stock unknown" in column(last, "days_of_cover")


def test_an_amount_has_its_unit(stocked: Path, open_page: OpenPage) -> None:
    metres = {row["item_id"] for row in positions() if row["unit"] == "m"}
    app = opened(open_page)

    cells = dict(zip(column(app, "item_id"), column(app, "reorder_point"), strict=True))
    assert {text for code, text in cells.items() if code in metres} == {"20 m"}
    assert {text for code, text in cells.items() if code not in metres} == {"20"}


def test_classes_are_called_as_in_the_dictionary(stocked: Path, open_page: OpenPage) -> None:
    app = open_page("inventory.py")

    labels = portal().registry.data_sets["dim_item"].column("demand_class").value_labels
    assert "Suave" in drawn(app, "farol-matrix")
    assert set(column(app, "demand_class")) <= {text.pt_BR for text in labels.values()} | {"–"}


def test_text_and_filters_narrow_the_list(stocked: Path, open_page: OpenPage) -> None:
    app = opened(open_page, q="bateria", status="reorder,unknown")

    rows = [
        row["item_id"]
        for row in positions()
        if row["name"].startswith("Bateria") and row["status"] != "overstock"
    ]
    assert sorted(column(app, "item_id")) == rows != []


def test_what_is_typed_stands_in_the_address(stocked: Path, open_page: OpenPage) -> None:
    app = opened(open_page, page="2")

    app.text_input(key="farol-stock-text").set_value("bateria").run()

    assert address_of(app, "q") == "bateria"
    assert address_of(app, "page") == ""


def test_a_place_shows_its_own_stock_and_says_what_has_none_there(
    stocked: Path, open_page: OpenPage
) -> None:
    app = opened(open_page, location="DEPOT")

    assert "Depósito\\: stock of 65 parts is planned" in texts(app)
    assert "65 parts of the catalogue have none here" in texts(app)
    assert "of 65 parts" in texts(app)


def test_a_place_is_chosen_and_stands_in_the_address(stocked: Path, open_page: OpenPage) -> None:
    app = opened(open_page, item="P00002")

    app.selectbox(key="farol-stock-place").select("DEPOT").run()

    assert address_of(app, "location") == "DEPOT"
    assert "of 65 parts" in texts(app)


def test_the_file_has_exactly_the_rows_of_the_list_in_its_order(
    stocked: Path, open_page: OpenPage
) -> None:
    asked_for = {"order": "-stock_value", "abc_class": "A,unclassified", "status": "reorder"}
    pages = [
        code
        for page in ("1", "2", "3")
        for code in column(opened(open_page, page=page, **asked_for), "item_id")
    ]

    app = opened(open_page, **asked_for)

    link = next(each for each in app.main.get("link_button") if "CSV" in each.proto.label)
    rows = downloaded(link.proto.url)
    assert [row["item_id"] for row in rows] == list(dict.fromkeys(pages))
    assert {row["generated_at"] for row in rows} != {""}


def test_the_call_that_is_copied_brings_the_same_rows(stocked: Path, open_page: OpenPage) -> None:
    app = opened(open_page, q="bateria", order="-days_of_cover")

    (code,) = [each.value for each in app.code if each.value.startswith("curl")]
    (address,) = re.findall(r"'http[^']*?(/api/v1/[^']+)'", code)
    assert [row["item_id"] for row in downloaded(address)] == column(app, "item_id")


def test_twenty_thousand_parts_are_all_reached(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    parts = 20_000
    activate(publisher, stocked_tables(publisher, parts))
    publication = portal().open()
    registry = publication.registry
    wanted = questions.inventory.selection(registry, (), location_id="network")
    seen: set[str] = set()
    for offset in range(0, parts, 1_000):
        page = questions.inventory.sorted_positions(
            registry, wanted, "-stock_value", limit=1_000, offset=offset
        )
        seen.update(publication.table(page).table["item_id"].to_pylist())

    app = opened(open_page, page="400", order="item_id")

    assert len(seen) == parts
    assert column(app, "item_id")[-1] == "P20000"
    assert "19,951 to 20,000 of 20,000 parts" in texts(app)
    assert len(drawn(app, "farol-stock")) < 200_000


def test_a_chosen_part_tells_its_policy_and_its_chances(stocked: Path, open_page: OpenPage) -> None:
    app = opened(open_page, item="P00002")

    told = texts(app)
    assert "Order when stock and open orders together fall to 20" in told
    assert "An order fills up to 50" in told
    assert "The service asked is 95%" in told
    assert "of 20 equally likely cases" in told or "stock isn't known" in told
    assert "farol-dots" in told


def test_the_dots_beyond_the_stock_are_counted(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = stocked_tables(publisher, 6)
    stock = tables["fact_inventory"]
    row = stock["item_id"].to_pylist().index("P00001")
    quantiles = [
        name for name in tables["fact_lead_time"].column_names if re.fullmatch(r"q\d+", name)
    ]
    first = tables["fact_lead_time"].to_pylist()[0]
    values = [first[name] for name in quantiles]
    position = values[13]  # six of twenty are beyond it
    for name, value in (("current_stock", position), ("on_order", 0.0), ("status", "reorder")):
        stock = set_value(stock, name, row, value)
    for name in ("reorder_point", "order_up_to"):
        stock = set_value(stock, name, row, max(20.0, position))
    tables["fact_inventory"] = stock
    activate(publisher, tables)

    told = texts(opened(open_page, item="P00001"))

    assert "in 6 of 20 equally likely cases" in told
    assert told.count('class="farol-beyond"') == 6
    assert told.count("<circle") == 20


def test_thin_history_is_refused_in_words(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = stocked_tables(publisher, 6)
    spans = tables["fact_lead_time"]
    tables["fact_lead_time"] = spans.filter(pc.not_equal(spans["item_id"], "P00003"))
    activate(publisher, tables)

    told = texts(opened(open_page, item="P00003"))

    assert "No quantiles of the use until a delivery comes are published" in told
    assert "<circle" not in told


def test_a_part_without_stock_here_says_where_it_has_some(
    stocked: Path, open_page: OpenPage
) -> None:
    app = opened(open_page, item="P00001", location="DEPOT")

    assert "No stock of this part is planned at Depósito" in texts(app)
    found = [each.proto.label for each in app.main.get("page_link")]
    assert any("Whole network" in label for label in found)


@pytest.mark.parametrize(("locale", "name"), [("en-US", "Whole network"), ("pt-BR", "Toda a rede")])
def test_the_network_is_named_in_the_language_of_who_reads(
    stocked: Path, open_page: OpenPage, locale: str, name: str
) -> None:
    app = open_page("inventory.py", locale=locale)

    network, depot = app.selectbox(key="farol-stock-place").options
    assert network.startswith(f"{name}: 130 ")
    assert depot.startswith("Depósito: 65 ")
    assert f"{name}\\: " in texts(app)


def test_a_part_that_there_is_not_leads_to_near_ones(stocked: Path, open_page: OpenPage) -> None:
    app = opened(open_page, item="P0001")

    assert "There is no part P0001" in texts(app)
    assert "50 of 130 parts" in texts(app)


def test_nothing_that_fits_is_said_with_a_way_back(stocked: Path, open_page: OpenPage) -> None:
    app = opened(open_page, q="nowhere to be found")

    assert "No part fits" in texts(app)
    app.button(key="farol-stock-all").click().run()
    assert "of 130 parts" in texts(app)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("order", "price"),
        ("order", "--item_id"),
        ("page", "0"),
        ("abc_class", "D"),
        ("status", "late"),
        ("location", "nowhere"),
        ("q", "x" * 10_000),
        ("q", "a\0b"),
        ("category", "x" * 10_000),
    ],
)
def test_what_an_address_has_wrong_is_said_and_left_out(
    stocked: Path, open_page: OpenPage, name: str, value: str
) -> None:
    app = opened(open_page, **{name: value})

    assert f"In the address, {name} is" in app.warning[0].value.replace("\\", "")
    assert "1 to 50 of 130 parts" in texts(app)


def test_a_publication_that_plans_no_stock_says_so(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = stocked_tables(publisher, 6)
    for name in ("fact_inventory", "fact_lead_time", "fact_projection", "fact_action"):
        tables[name] = tables[name].slice(0, 0)
    activate(publisher, tables)

    assert "This publication plans no stock" in texts(opened(open_page))


def test_unknown_stock_of_every_part_is_said(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    tables = stocked_tables(publisher, 6)
    stock = tables["fact_inventory"]
    for name in (
        "current_stock",
        "on_order",
        "days_of_cover",
        "stockout_date",
        "order_quantity",
        "order_by",
        "overstock_quantity",
        "stockout_probability",
    ):
        stock = replace_column(stock, name, [None] * stock.num_rows)
    tables["fact_inventory"] = replace_column(stock, "status", ["unknown"] * stock.num_rows)
    activate(publisher, tables)

    app = opened(open_page)

    assert "How much there is isn't known of any part here" in texts(app)
    assert set(column(app, "current_stock")) == {"–"}


def test_without_a_currency_money_has_no_sign_and_that_is_said(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_stock(publisher, 6, lineage={})
    portal().activate(ADMIN, confirmed=True)

    app = opened(open_page)

    assert "doesn't say in which currency" in texts(app)
    assert "R$" not in drawn(app, "farol-matrix")


def test_a_publication_that_is_out_of_date_says_so(
    state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    publish_stock(
        publisher, 6, generated_at=datetime.now(UTC).replace(microsecond=0) - timedelta(days=400)
    )
    portal().activate(ADMIN, confirmed=True)

    assert "Out of date" in texts(opened(open_page))


def test_a_name_is_no_markup(state: object, publisher: Publisher, open_page: OpenPage) -> None:
    tables = stocked_tables(publisher, 6)
    tables["dim_item"] = set_value(tables["dim_item"], "name", 0, "<img src=x onerror=alert(1)>")
    activate(publisher, tables)

    app = opened(open_page, item="P00001", order="item_id")

    assert "<img" not in drawn(app, "farol-stock")
    assert "<img" not in texts(app).replace("\\<img", "")


def address_of(app: AppTest, name: str) -> str:
    value = app.query_params.get(name, "")
    return value[0] if isinstance(value, list) else str(value)


def test_the_day_that_counts_open_orders_is_called_so(open_page: OpenPage, stocked: Path) -> None:
    app = opened(open_page, item="P00001")

    assert "Runs out, with orders" in drawn(app, "farol-stock")
    assert "<dt>Runs out, with orders</dt>" in drawn(app, "farol-policy")
