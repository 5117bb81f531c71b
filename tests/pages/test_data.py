"""The data page: dictionary, freshness, files to take away, first rows."""

from __future__ import annotations

import asyncio
import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.api.application import create_api
from datalayer.kernel.contract.registry import Registry
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher, set_value
from tests.served_portal import document_made_once

pytestmark = pytest.mark.usefixtures("active")

DATA_SETS, COLUMNS, FIRST_ROWS = range(3)
"""The tables of the page, in order."""


def links(app: AppTest) -> dict[str, str]:
    drawn = app.main.get("link_button")
    return {each.proto.label: each.proto.url for each in drawn}


def downloaded(path: str) -> str:
    """Return what the API answers to a link of the page."""

    with document_made_once():
        api = create_api(runtime.portal())

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as browser:
            return await browser.get(path)

    return asyncio.run(get()).raise_for_status().text


def test_every_data_set_is_listed_with_its_rows(open_page: OpenPage, active: Publisher) -> None:
    listed = open_page("data.py", locale="en-US").table[DATA_SETS].value

    files = {file.data_set: file.rows for file in active.latest.files}
    assert dict(zip(listed["Data set"], listed["Rows"], strict=True)) == files


@pytest.mark.parametrize(
    ("age", "wording"),
    [
        (timedelta(hours=1), "✓ Up to date"),
        (timedelta(days=400), "⚠ Out of date"),
        (timedelta(hours=-5), "? Age unknown"),
    ],
)
def test_freshness_is_a_symbol_and_words(
    open_page: OpenPage, active: Publisher, age: timedelta, wording: str
) -> None:
    generated_at = datetime.now(UTC).replace(microsecond=0) - age
    manifest = active.publish(generated_at=generated_at, salt="aged")
    if age > timedelta(hours=1):  # an older one is not activated: it takes a portal of its own
        runtime.portal().roll_back(ADMIN, manifest.publication_id)
    else:
        runtime.portal().activate(ADMIN)

    listed = open_page("data.py", locale="en-US").table[DATA_SETS].value

    assert set(listed["Freshness"]) == {wording}


@pytest.mark.parametrize("locale", ["pt-BR", "en-US"])
def test_every_column_of_the_registry_is_explained_in_the_users_language(
    open_page: OpenPage, registry: Registry, locale: str
) -> None:
    for data_set in registry.data_sets.values():
        shown = open_page("data.py", locale=locale, dataset=data_set.name).table[COLUMNS].value

        language = "pt_BR" if locale == "pt-BR" else "en"
        contents = [
            f"{c.label.in_language(language)}. {c.description.in_language(language)}"
            for c in data_set.columns
        ]
        assert list(shown.iloc[:, 0]) == [column.name for column in data_set.columns]
        assert list(shown.iloc[:, 1]) == contents


def test_key_range_and_reference_of_a_column_are_said(open_page: OpenPage) -> None:
    shown = open_page("data.py", locale="en-US", dataset="fact_inventory").table[COLUMNS].value
    values = dict(zip(shown["Column"], shown["Values"], strict=True))

    assert values["item_id"] == "key, place 1; stands in dim_item.item_id"
    assert "≤ 1" in values["service_level"]
    assert values["status"].startswith("ok, reorder")


def test_the_data_set_stands_in_the_address(open_page: OpenPage) -> None:
    app = open_page("data.py", dataset="fact_metrics")

    app.selectbox(key="dataset").select("dim_item").run()

    assert app.query_params["dataset"] in ("dim_item", ["dim_item"])
    assert app.table[COLUMNS].value.iloc[0, 0] == "item_id"


def test_an_unknown_data_set_is_answered_with_those_there_are(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="![x](http://elsewhere/x.png)")

    refusal = app.error[0].value
    assert "There is no data set" in refusal
    assert "fact" in refusal
    assert "![x](" not in refusal
    assert app.selectbox(key="dataset").value is None


def test_the_links_bring_the_whole_data_set_of_the_publication_shown(
    open_page: OpenPage, active: Publisher, tmp_path: Path
) -> None:
    shown = active.latest
    found = links(open_page("data.py", locale="en-US", dataset="fact_demand"))
    active.publish(items=9)
    runtime.portal().activate(ADMIN)

    content = downloaded(found["Download CSV"].removeprefix("api"))

    rows = list(csv.reader(content.splitlines()))
    assert len(rows) - 1 == shown.file("fact_demand").rows


def test_the_dialect_chosen_is_the_one_that_comes(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand")
    plain = links(app)

    app.radio(key="dialect").set_value("excel-br").run()

    changed = links(app)
    assert "item_id,location_id" in downloaded(plain["Download CSV"].removeprefix("api"))
    assert "item_id;location_id" in downloaded(changed["Download CSV"].removeprefix("api"))
    assert "dialect" not in changed["Download Parquet"]
    described = downloaded(changed["Description of the CSV (JSON)"].removeprefix("api"))
    assert '"excel-br"' in described


def test_the_dialect_stands_in_the_address(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand", dialect="excel-br")
    opened = links(app)["Download CSV"]

    app.radio(key="dialect").set_value("rfc").run()

    assert "dialect=excel-br" in opened
    assert "dialect=rfc" in links(app)["Download CSV"]
    assert app.query_params["dialect"] == "rfc"


def test_a_dialect_that_there_is_not_is_told_and_left_out(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand", dialect="excel-fr")

    assert "rfc / excel-br" in app.warning[0].value
    assert "dialect=rfc" in links(app)["Download CSV"]


def test_the_links_are_relative_so_that_a_base_path_works(open_page: OpenPage) -> None:
    found = links(open_page("data.py", locale="en-US"))

    assert set(found) == {
        "Download CSV",
        "Download Parquet",
        "Download Arrow",
        "Description of the CSV (JSON)",
    }
    assert all(url.startswith("api/v1/extracts/") for url in found.values())


def test_the_hash_of_the_file_is_the_manifests(open_page: OpenPage, active: Publisher) -> None:
    app = open_page("data.py", dataset="fact_demand")

    assert app.code[0].value == active.latest.file("fact_demand").sha256


def test_the_first_rows_carry_their_caption(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand")

    assert len(app.table[FIRST_ROWS].value) > 0
    assert app.caption[-1].value.startswith("Generated")


def test_text_of_a_publication_is_never_read_as_markup(
    open_page: OpenPage, active: Publisher
) -> None:
    changed = active.tables(salt="markup")
    changed["dim_item"] = set_value(changed["dim_item"], "name", 0, "![x](http://elsewhere/x.png)")
    active.publish(tables=changed)
    runtime.portal().activate(ADMIN)

    app = open_page("data.py", dataset="dim_item")

    drawn = pa.ipc.open_stream(
        app.table[FIRST_ROWS].proto.arrow_data.styler.display_values
    ).read_all()
    names = [
        value for column in drawn.to_pydict().values() for value in column if "elsewhere" in value
    ]
    assert names == ["!\\[x\\](http\u2060\\://elsewhere/x.png)"]


def test_the_page_is_drawn_whole_in_portuguese(open_page: OpenPage) -> None:
    app = open_page("data.py")

    assert not app.exception
    assert "Primeiras linhas" in texts(app)
