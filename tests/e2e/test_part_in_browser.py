"""The page of a part in a browser: judged, shared by its link, and left along the list."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served, serving
from tests.e2e.visits import Visit
from tests.marked_list import publish_orders
from tests.pages.part.test_part import publish_changed, with_values
from tests.publisher import Publisher

PARTS = 12
SHEET_PX = {"width": 794, "height": 1045}
"""A4 between the margins that a browser leaves."""
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[Served]:
    """A portal whose list has an order for each of its parts."""
    folder = tmp_path_factory.mktemp("listed")
    publish_orders(Publisher(FolderStore(folder / "store"), registry), PARTS)
    with serving(folder) as portal:
        yield portal


@pytest.fixture
def tab(browser: Browser, listed: Served) -> Iterator[Visit]:
    with visiting(browser, listed, {}) as opened:
        yield opened


def test_a_shared_link_shows_the_same_elsewhere(
    tab: Visit, browser: Browser, listed: Served
) -> None:
    tab.open("/forecast?item=P00002")
    tab.page.get_by_role("radio", name="6 months").click()
    tab.page.wait_for_url("**span=6m**")
    tab.page.get_by_text("Sources compared").click()
    tab.page.get_by_role("button", name="Seasonal naive").click()
    tab.page.wait_for_url("**sources=**")
    tab.settle()
    address = urlsplit(tab.page.url)
    verb = tab.page.locator(".farol-verb").inner_text()

    with visiting(browser, listed, {}) as other:
        other.open(f"/forecast?{address.query}")

        expect(other.page.locator(".farol-verb")).to_have_text(verb)
        expect(other.page.get_by_role("radio", name="6 months")).to_be_checked()
        expect(other.page.get_by_text("WAPE").first).to_be_visible()
        there = parse_qs(urlsplit(other.page.url).query)
    assert there == parse_qs(address.query)


def test_next_and_back_keep_the_list(tab: Visit) -> None:
    tab.open("/?page=2")
    first = tab.page.locator("a[href*='item=']").first
    first.click()
    expect(tab.page.get_by_text("11 of 12")).to_be_visible()

    tab.page.get_by_role("link", name="Next ›").click()
    expect(tab.page.get_by_text("12 of 12")).to_be_visible()
    tab.page.get_by_role("link", name="Back to the list").click()

    tab.page.wait_for_url("**page=2**")


def test_a_phone_shows_the_decision_first(browser: Browser, listed: Served) -> None:
    with visiting(browser, listed, PHONE) as phone:
        phone.open("/forecast?item=P00002")

        box = phone.page.locator(".farol-why").bounding_box()
        wide = phone.page.evaluate("document.documentElement.scrollWidth")
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["viewport"]["height"]  # type: ignore[index]
    assert wide <= PHONE["viewport"]["width"]  # type: ignore[index]


def test_paper_has_decision_and_both_charts_on_its_first_sheet(tab: Visit) -> None:
    tab.open("/forecast?item=P00002")
    expect(tab.page.locator(".js-plotly-plot .main-svg").nth(2)).to_be_visible()

    tab.page.emulate_media(media="print")
    tab.page.set_viewport_size(SHEET_PX)

    use = tab.page.locator(".st-key-farol-chart-use")
    expect(use).to_have_js_property("offsetWidth", SHEET_PX["width"])
    box = use.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= SHEET_PX["height"]
    for hidden in (".st-key-q", ".st-key-part-neighbours", ".stButtonGroup", ".stExpander"):
        expect(tab.page.locator(hidden).first).to_be_hidden()


def test_another_publication_tells_what_became_of_the_order(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, registry: Registry
) -> None:
    folder = tmp_path_factory.mktemp("twice")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    publisher.publish()
    with serving(folder) as portal, visiting(browser, portal, {}) as tab:
        tab.open("/forecast?item=P00001")
        expect(tab.page.get_by_text("No publication before this one")).to_be_visible()
        publish_changed(
            publisher,
            fact_inventory=with_values("P00001", order_quantity=40.0),
            fact_action=with_values("P00001", quantity=40.0),
        )
        portal.command("datalayer", "activate")

        tab.page.reload()

        since = tab.page.locator(".farol-since")
        expect(since).to_contain_text("Proposed order: 30, now 40 (+10).")
        expect(tab.page.locator(".farol-verb")).to_contain_text("Order 40")
