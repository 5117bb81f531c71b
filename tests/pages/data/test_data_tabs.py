"""The other tabs of the page Data: dictionary, freshness, lineage, open descriptions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.kernel.contract.registry import Registry
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.data.reading_extracts import downloaded, links
from tests.publisher import Publisher

pytestmark = pytest.mark.usefixtures("active")

TABS = ("build", "dictionary", "freshness", "lineage", "descriptions")


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("locale", ["pt-BR", "en-US"])
def test_a_tab_is_opened_by_its_address(open_page: OpenPage, tab: str, locale: str) -> None:
    app = open_page("data.py", locale=locale, tab=tab)

    assert not app.exception
    assert not app.error
    assert not app.warning
    assert app.caption


def test_an_unknown_tab_is_told_and_the_builder_is_shown(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", tab="cellar")

    assert "build / dictionary / freshness / lineage / descriptions" in app.warning[0].value
    assert "Download these rows" in links(app)


@pytest.mark.parametrize("locale", ["pt-BR", "en-US"])
def test_every_column_of_the_registry_is_explained_in_the_users_language(
    open_page: OpenPage, registry: Registry, locale: str
) -> None:
    for data_set in list(registry.data_sets.values())[::4]:
        app = open_page("data.py", locale=locale, dataset=data_set.name, tab="dictionary")

        language = "pt_BR" if locale == "pt-BR" else "en"
        shown = app.table[0].value
        assert list(shown.iloc[:, 0]) == [column.name for column in data_set.columns]
        assert list(shown.iloc[:, 1]) == [c.label.in_language(language) for c in data_set.columns]
        assert list(shown.iloc[:, 2]) == [
            c.description.in_language(language) for c in data_set.columns
        ]


def test_key_range_and_reference_of_a_column_are_said(open_page: OpenPage) -> None:
    shown = dictionary(
        open_page("data.py", locale="en-US", dataset="fact_inventory", tab="dictionary")
    )

    assert shown["item_id"] == "key, place 1; stands in dim_item.item_id"
    assert "≤ 1" in shown["service_level"]
    assert shown["status"].startswith("ok, reorder")


def dictionary(app: AppTest) -> dict[str, str]:
    shown = app.table[0].value
    return dict(zip(shown["Column"], shown["Values"], strict=True))


def test_a_column_is_found_by_its_meaning_in_all_data_sets(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="pt-BR", tab="dictionary", find="PECA codigo")

    shown = app.table[0].value
    assert len(set(shown.iloc[:, 0])) > 3
    assert set(shown.iloc[:, 1]) >= {"item_id"}


def test_a_search_that_finds_nothing_says_so(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", tab="dictionary", find="no such thing")

    assert "0 columns found" in texts(app)
    assert not app.table


@pytest.mark.parametrize(
    ("age", "wording"),
    [
        (timedelta(hours=1), "✓ Up to date"),
        (timedelta(days=400), "⚠ Out of date"),
        (timedelta(hours=-5), "? Age unknown"),
    ],
)
def test_freshness_is_a_symbol_and_words_beside_the_three_clocks(
    open_page: OpenPage, active: Publisher, age: timedelta, wording: str
) -> None:
    generated_at = datetime.now(UTC).replace(microsecond=0) - age
    manifest = active.publish(generated_at=generated_at, salt="aged")
    if age > timedelta(hours=1):  # an older one is not activated: it takes a portal of its own
        runtime.portal().roll_back(ADMIN, manifest.publication_id)
    else:
        runtime.portal().activate(ADMIN)

    listed = open_page("data.py", locale="en-US", tab="freshness").table[0].value

    assert set(listed["Freshness"]) == {wording}
    files = {file.data_set: file.rows for file in manifest.files}
    assert dict(zip(listed["Data set"], listed["Rows"], strict=True)) == files
    assert set(listed["Data through"]) == {manifest.data_through}
    assert {each.to_pydatetime() for each in listed["Generated"]} == {generated_at}


def test_the_lineage_names_the_run_its_inputs_and_all_that_nobody_foresaw(
    open_page: OpenPage, active: Publisher
) -> None:
    lineage = {
        "inputs": [{"name": "demand.csv", "rows": 12, "sha256": "ab" * 32}],
        "notes": ["<b>2 rows</b> were set aside"],
        "seed": 7,
        "weather": {"of": ["rain", "`sun`"]},
        "forecast": {"sources": {"arima": {"series": 3}}, "horizon": 13},
    }
    activate_with(active, lineage)

    app = open_page("data.py", locale="en-US", tab="lineage")

    assert "Seed: `7`" in texts(app)
    assert "`weather.of`: `rain, 'sun'`" in texts(app)
    assert "demand.csv" in str(app.table[0].value)
    assert "ARIMA" in str(app.table[1].value)
    (notes,) = [
        each.proto.body for each in app.main.get("html") if "farol-notes" in each.proto.body
    ]
    assert "&lt;b&gt;2 rows&lt;/b&gt;" in notes


def activate_with(active: Publisher, lineage: dict[str, object]) -> None:
    """Publish anew with this lineage, and activate it."""
    active.publish(salt="lineage")
    active.rewrite_manifest(lambda manifest: manifest.update(lineage=lineage))
    runtime.portal().activate(ADMIN)


@pytest.mark.parametrize(
    "lineage", [{}, {"inputs": 3, "notes": {"a": 1}, "forecast": [], "rows": ""}]
)
def test_a_lineage_of_any_shape_is_shown(
    open_page: OpenPage, active: Publisher, lineage: dict[str, object]
) -> None:
    activate_with(active, lineage)

    app = open_page("data.py", locale="en-US", tab="lineage")

    assert not app.exception
    assert not app.error
    assert "does not say by which sources" in texts(app)


def test_open_descriptions_are_linked_where_they_were_published(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page("data.py", locale="en-US", tab="descriptions")

    there = runtime.portal().open().snapshot.companions
    found = links(app)
    assert set(found) == {f"`{name}`" for name in there}
    for name in there:
        assert downloaded(found[f"`{name}`"]).headers["ETag"] == f'"{there[name]}"'
    assert "datapackage.json" in app.info[0].value
