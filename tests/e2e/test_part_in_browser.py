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
from tests.publisher import Publisher

PARTS = 12
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
