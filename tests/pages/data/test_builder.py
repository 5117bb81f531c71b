"""The extract builder: what is chosen stands in the address, and the rows seen are those taken."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import Role
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import PortalError, QueryTooLarge, QueryTooLong
from pages.components.language import number
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.data.reading_extracts import (
    BAIXAR,
    DOWNLOAD,
    all_rows_of_page,
    downloaded,
    links,
    rows_of_file,
    rows_of_page,
)
from tests.pages.signing_in import add_user, sign_in
from tests.publisher import Publisher, set_value

pytestmark = pytest.mark.usefixtures("active")

CHOICES = (
    {"dataset": "fact_demand", "quantity_min": "2", "order": "-quantity,date"},
    {"dataset": "fact_demand", "item_id": "P00001,P00002", "columns": "date,quantity,item_id"},
    {"dataset": "fact_forecast", "actual_null": "true", "source": "arima", "order": "-q950"},
    {"dataset": "fact_inventory", "status": "reorder,ok", "columns": "order_by,item_id,status"},
    {"dataset": "fact_metrics", "is_champion": "true", "order": "wape", "format": "arrow"},
    {"dataset": "dim_item", "name_contains": "a", "columns": "name", "order": "-name"},
    {"dataset": "fact_exception", "rank_max": "5", "order": "-rank"},
    {"dataset": "fact_demand", "date_min": "2026-11-01", "date_max": "2026-11-10"},
    {"dataset": "agg_daily", "generated_at_min": "2026-01-01T00:00:00Z", "order": "forecast"},
)


def address(app: AppTest, name: str) -> str | None:
    value = app.query_params.get(name)
    return value[0] if isinstance(value, list) else value


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice["dataset"])
def test_the_rows_seen_are_the_rows_taken(open_page: OpenPage, choice: dict[str, str]) -> None:
    app = open_page("data.py", **{"format": "parquet", **choice})

    file = rows_of_file(app)

    assert not app.warning
    assert f"**{number(len(file), 0)} linha" in texts(app)
    assert all_rows_of_page(app) == file
    assert file


@pytest.mark.parametrize("seed", range(6))
def test_rows_are_the_same_for_any_columns_and_order(
    open_page: OpenPage, registry: Registry, seed: int
) -> None:
    random = Random(seed)
    data_set = random.choice(list(registry.data_sets.values()))
    names = [column.name for column in data_set.columns]
    columns = random.sample(names, k=random.randrange(1, len(names)))
    order = [random.choice(["", "-"]) + name for name in random.sample(names, k=2)]

    app = open_page(
        "data.py",
        dataset=data_set.name,
        columns=",".join(columns),
        order=",".join(order),
        format="parquet",
    )

    table = links(app)[BAIXAR]
    assert f"columns={'%2C'.join(columns)}" in table
    assert all_rows_of_page(app) == rows_of_file(app)


def test_what_is_chosen_stands_in_the_address(open_page: OpenPage) -> None:
    app = open_page("data.py", dataset="fact_inventory")

    app.multiselect(key="farol-extract-fact_inventory-columns-pt_BR").select("status").run()
    app.multiselect(key="farol-extract-fact_inventory-order-pt_BR").select("-order_by").run()
    app.multiselect(key="farol-filtered-fact_inventory-pt_BR").select("status").run()
    app.multiselect(key="farol-filter-fact_inventory-status-pt_BR").select("reorder").run()
    app.radio(key="farol-extract-fact_inventory-form-pt_BR").set_value("parquet").run()

    assert address(app, "columns") == "status"
    assert address(app, "order") == "-order_by"
    assert address(app, "status") == "reorder"
    assert (address(app, "format"), address(app, "dialect")) == ("parquet", None)
    assert {row[0] for row in rows_of_page(app)} == {"reorder"}


def test_a_filter_that_is_put_away_restricts_nothing(open_page: OpenPage) -> None:
    app = open_page("data.py", dataset="fact_inventory", status="reorder")

    app.multiselect(key="farol-filtered-fact_inventory-pt_BR").unselect("status").run()

    assert address(app, "status") is None
    assert "todas as que há" in texts(app)


def test_another_data_set_keeps_the_filters_that_it_has(open_page: OpenPage) -> None:
    app = open_page("data.py", dataset="fact_inventory", status="ok", item_id="P00001")

    app.selectbox(key="dataset").select("fact_demand").run()

    assert (address(app, "item_id"), address(app, "status")) == ("P00001", None)
    assert not app.warning


def test_a_filter_that_nothing_meets_says_so_and_its_file_has_the_headings(
    open_page: OpenPage,
) -> None:
    app = open_page("data.py", locale="en-US", dataset="dim_item", item_id="none such")

    assert "No row meets these filters" in texts(app)
    assert not app.table
    lines = downloaded(links(app)[DOWNLOAD]).text.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("item_id,sku,name")


def test_all_rows_are_counted_and_weighed_before_they_are_taken(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand", quantity_min="-1")

    rows = active.latest.file("fact_demand").rows
    assert f"**{rows:,} rows**, all that there are" in texts(app)
    assert "about " in texts(app)


def test_a_number_is_read_as_the_users_language_writes_it(open_page: OpenPage) -> None:
    app = open_page("data.py", dataset="fact_demand", quantity_min="0.5")
    bound = "farol-filter-fact_demand-quantity_min-pt_BR"
    assert app.text_input(key=bound).value == "0,5"

    app.text_input(key=bound).set_value("2,5").run()

    assert address(app, "quantity_min") == "2.5"
    assert "2,5 ou mais" in texts(app)


@pytest.mark.parametrize("typed", ["1.234", "abc", "1,2,3", "9" * 80])
def test_a_number_that_may_mean_two_things_filters_nothing_and_is_told(
    open_page: OpenPage, typed: str
) -> None:
    app = open_page("data.py", dataset="fact_demand", quantity_min="2")

    app.text_input(key="farol-filter-fact_demand-quantity_min-pt_BR").set_value(typed).run()

    if typed == "9" * 80:
        assert address(app, "quantity_min") == typed
        return
    assert address(app, "quantity_min") is None
    assert "um número, como 12,5, sem separador de milhar" in app.error[0].value


def test_a_value_of_the_wrong_type_is_named_with_what_would_be_right(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand", date_min="soon")

    assert "date\\_min is “soon”; it must be a date such as 2026-11-21" in app.warning[0].value
    assert "date_min" not in links(app)[DOWNLOAD]


def test_an_unknown_column_of_the_address_is_named(open_page: OpenPage) -> None:
    app = open_page(
        "data.py", locale="en-US", dataset="dim_item", colour="red", columns="item_id,hue"
    )

    told = "\n".join(each.value for each in app.warning)
    assert "dim_item has no such column" in told.replace("\\", "")
    assert "hue" in told
    assert "columns=item_id" in links(app)[DOWNLOAD]


def test_an_address_full_of_what_is_unknown_is_told_in_a_few_lines(open_page: OpenPage) -> None:
    unknown = {f"unknown{place}": "x" for place in range(50)}

    app = open_page("data.py", locale="en-US", dataset="dim_item", **unknown)

    assert len(app.warning) == 6
    assert "45 more parts of the address" in app.warning[-1].value


def test_an_unknown_data_set_is_answered_with_those_there_are(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="![x](http://elsewhere/x.png)")

    refusal = app.error[0].value
    assert "There is no data set" in refusal
    assert "fact" in refusal
    assert "![x](" not in refusal
    assert app.selectbox(key="dataset").value is None


def test_a_page_beyond_the_last_is_told_and_the_first_is_shown(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="dim_item")
    app.query_params["page"] = "99"

    app.run()

    assert "a whole number from 1 to 1" in app.warning[0].value
    assert len(rows_of_page(app)) == 6


def test_the_link_is_of_the_publication_shown(open_page: OpenPage, active: Publisher) -> None:
    shown = active.latest
    link = links(open_page("data.py", locale="en-US", dataset="fact_demand"))[DOWNLOAD]
    active.publish(items=9)
    runtime.portal().activate(ADMIN)

    content = downloaded(link).text

    assert len(list(csv.reader(content.splitlines()))) - 1 == shown.file("fact_demand").rows


def test_a_pinned_publication_shows_its_own_rows(open_page: OpenPage, active: Publisher) -> None:
    first = active.latest
    active.publish(items=9)
    runtime.portal().activate(ADMIN)

    pinned = open_page("data.py", dataset="dim_item", p=first.publication_id)
    now = open_page("data.py", dataset="dim_item")

    assert len(rows_of_page(pinned)) == first.file("dim_item").rows
    assert len(rows_of_page(now)) == 9


def test_a_publication_of_an_older_contract_names_the_data_sets_that_it_has(
    open_page: OpenPage, active: Publisher
) -> None:
    tables = active.tables(salt="older")
    tables.pop("fact_open_order")
    older = active.publish(tables=tables, salt="older")
    runtime.portal().activate(ADMIN, confirmed=True)

    app = open_page("data.py", dataset="fact_open_order", p=older.publication_id)

    assert "fact\\_open\\_order" in app.error[0].value
    assert "dim\\_item" in app.error[0].value
    assert app.selectbox(key="dataset").value is None
    assert rows_of_page(app.selectbox(key="dataset").select("dim_item").run())


@pytest.mark.parametrize(
    "refusal",
    [
        QueryTooLong(timeout_s=5),
        QueryTooLarge(publication_id="", problem="", memory_limit="5 MiB"),
    ],
)
def test_a_page_that_takes_too_much_says_so_and_leaves_the_way_to_others(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, refusal: PortalError
) -> None:
    def late(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr("datalayer.reading.extracts.previews.rows_seen", late)

    app = open_page("data.py", dataset="fact_demand", order="-quantity")

    assert "5" in app.error[0].value
    assert BAIXAR in links(app)
    assert not app.table


def test_the_dialect_chosen_is_the_one_that_comes(open_page: OpenPage) -> None:
    app = open_page("data.py", dataset="fact_demand", dialect="rfc")
    plain = links(app)[BAIXAR]

    app.radio(key="farol-extract-fact_demand-form-pt_BR").set_value("excel-br").run()

    changed = links(app)
    assert "item_id,location_id" in downloaded(plain).text
    assert "item_id;location_id" in downloaded(changed[BAIXAR]).text
    described = downloaded(changed["Descrição do arquivo (JSON)"]).text
    assert '"excel-br"' in described
    assert address(app, "dialect") == "excel-br"


def test_a_dialect_that_there_is_not_is_told_and_left_out(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand", dialect="excel-fr")

    assert "rfc" in app.warning[0].value
    assert "dialect=rfc" in links(app)[DOWNLOAD]


def test_the_links_are_relative_so_that_a_base_path_works(open_page: OpenPage) -> None:
    found = links(open_page("data.py", locale="en-US"))

    assert set(found) == {DOWNLOAD, "Description of the file (JSON)"}
    assert all(url.startswith("api/v1/extracts/") for url in found.values())


def test_the_digest_of_a_published_file_is_the_manifests(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page("data.py", dataset="fact_demand", format="parquet")

    assert active.latest.file("fact_demand").sha256 in [each.value for each in app.code]


def test_rows_carry_the_caption_of_what_they_are_read_of(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand")

    assert app.caption[-1].value.startswith("Generated")


def test_text_of_a_publication_is_never_read_as_markup(
    open_page: OpenPage, active: Publisher
) -> None:
    changed = active.tables(salt="markup")
    changed["dim_item"] = set_value(changed["dim_item"], "name", 0, "![x](http://elsewhere/x.png)")
    active.publish(tables=changed)
    runtime.portal().activate(ADMIN)

    app = open_page("data.py", dataset="dim_item")

    drawn = pa.ipc.open_stream(app.table[0].proto.arrow_data.styler.display_values).read_all()
    names = [
        each for column in drawn.to_pydict().values() for each in column if "elsewhere" in each
    ]
    assert names == ["!\\[x\\](http\u2060\\://elsewhere/x.png)"]


def test_a_planner_of_a_portal_for_members_sees_rows_and_is_told_who_takes_them(
    open_page: OpenPage, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(state, "rui", Role.PLANNER)
    monkeypatch.setenv("FAROL_ACCESS", "members")
    runtime.reset()

    app = sign_in(open_page("data.py", locale="en-US", dataset="dim_item"), "rui")

    assert "role of an analyst" in app.info[0].value
    assert DOWNLOAD not in links(app)
    assert len(rows_of_page(app)) == 6
    app.query_params["item_id"] = "P00001"
    assert DOWNLOAD in links(app.run())
