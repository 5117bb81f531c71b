"""In a Brazilian's browser every page speaks Portuguese, whatever Streamlit itself says."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.leftovers import codes, guide, leftovers, portuguese
from tests.e2e.pages import PAGES
from tests.e2e.visits import Visit
from tests.publisher import Publisher, replace_column

STATES = [
    "/forecast?item=0000000",
    "/forecast?q=bateria",
    "/?p=20200101T000000Z-00000000",
    "/?lang=xx",
    "/?tier=0&page=-1",
    "/data?dataset=fact_0",
    "/availability?budget=100000&point=12",
    "/availability?contract=0&point=-1&budget=-1",
    "/inventory?item=0105001&abc_class=C&location=CD-SP",
    "/inventory?item=0000000&order=0&page=-1&q=0000000",
    "/data?dataset=fact_inventory&status=reorder&order_quantity_min=2&order=-order_by",
    "/data?dataset=fact_inventory&item_id=0&order_by_min=0",
    "/data?tab=dictionary&find=estoque",
]
BRAZILIAN = pytest.mark.parametrize(
    "torres_visit", [{"locale": "pt-BR"}], ids=["pt"], indirect=True
)


@pytest.fixture(scope="session")
def vocabulary(torres: Served) -> frozenset[str]:
    return portuguese(torres.store)


@BRAZILIAN
@pytest.mark.parametrize("path", [*PAGES, *STATES])
def test_no_english_is_left_on_a_portuguese_page(
    torres_visit: Visit, path: str, vocabulary: frozenset[str]
) -> None:
    torres_visit.open(path)

    allowed = vocabulary | codes() if path.startswith("/data") else vocabulary
    allowed = allowed | guide() if path.startswith("/guide") else allowed
    assert leftovers(torres_visit.page, allowed) == {}


@BRAZILIAN
def test_no_english_is_left_where_there_is_no_page(
    torres_visit: Visit, vocabulary: frozenset[str]
) -> None:
    torres_visit.page.goto(f"{torres_visit.served.address}/forcast")

    assert leftovers(torres_visit.page, vocabulary) == {}
    assert violations(torres_visit.page) == []
    # The browser tells of the answer's status, 404, as of an error.
    assert len(torres_visit.console_messages) == 1
    torres_visit.console_messages.clear()
    torres_visit.page.get_by_role("link", name="Peça").click()
    torres_visit.settle()
    expect(torres_visit.page.get_by_role("heading", name="Peça", level=1)).to_be_visible()


@BRAZILIAN
def test_no_english_is_left_on_what_opens(torres_visit: Visit, vocabulary: frozenset[str]) -> None:
    torres_visit.open("/")

    torres_visit.page.get_by_role("button", name=re.compile("gerado há")).click()
    expect(torres_visit.page.get_by_text("Carregado aqui em")).to_be_visible()

    assert leftovers(torres_visit.page, vocabulary) == {}


@BRAZILIAN
def test_english_left_on_a_page_would_be_found(
    torres_visit: Visit, vocabulary: frozenset[str]
) -> None:
    torres_visit.open("/data")
    torres_visit.page.evaluate(
        "document.querySelector('h1').append(' This should never have happened')"
    )

    assert {"this", "should", "never", "happened"} <= set(leftovers(torres_visit.page, vocabulary))


@BRAZILIAN
def test_the_language_of_the_document_follows_the_choice(torres_visit: Visit) -> None:
    page = torres_visit.page
    torres_visit.open("/data")
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
    expect(page.get_by_role("link", name="Pular para o conteúdo")).to_be_attached()

    page.get_by_role("radio", name="English").or_(
        page.get_by_role("button", name="English")
    ).first.click()

    expect(page.get_by_role("heading", name="Data", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_attached()


def test_a_name_that_is_a_word_of_streamlits_stays_as_it_was_published(
    browser: Browser, served_small: Served, publisher: Publisher
) -> None:
    tables = publisher.tables()
    items = tables["dim_item"]
    several = ["Open", *["Upload"] * (items.num_rows - 1)]
    items = replace_column(items, "name", ["Search"] * items.num_rows)
    items = replace_column(items, "supplier", several)
    publisher.publish(tables={**tables, "dim_item": items})
    served_small.command("datalayer", "activate")
    with visiting(browser, served_small, {"locale": "pt-BR"}) as visit:
        page = visit.page
        visit.open("/forecast?item=P00001")
        expect(page.get_by_role("heading", name="P00001 · Search")).to_be_visible()
        visit.open("/")

        page.get_by_role("button", name="Filtros").click()
        page.get_by_role("combobox", name="Fornecedor").click()

        option = page.get_by_role("option", name=re.compile("Open"))
        expect(option).to_be_visible()
        option.click()
        expect(page.get_by_label(re.compile("^Open")).first).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^Tirar Open"))).to_be_visible()


@pytest.mark.parametrize("torres_visit", [{"locale": "en-GB"}], ids=["en"], indirect=True)
def test_an_english_page_is_left_as_it_is(torres_visit: Visit) -> None:
    torres_visit.open("/data")
    page = torres_visit.page

    # Words of the translation, outside of what a page says itself.
    page.evaluate("""() => {
        const words = { textContent: "Abrir", title: "Página 3" }
        const added = Object.assign(document.createElement("p"), words)
        document.querySelector("[data-testid=stMain]").append(added)
    }""")

    expect(page.get_by_text("Abrir", exact=True)).to_have_attribute("title", "Página 3")
