"""The inventory in a browser: narrowed by its grid, sorted, chosen from, and taken away."""

from __future__ import annotations

import csv
import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
CELL = "#farol-class-B-lumpy"


def codes(page: Page) -> list[str]:
    return page.locator(".farol-stock tbody th").all_inner_texts()


def test_a_cell_shows_exactly_its_parts_in_the_same_document(torres_visit: Visit) -> None:
    page = torres_visit.page
    torres_visit.open("/inventory")
    page.evaluate("window.sameDocument = true")
    count = int(page.locator(f"{CELL} b").inner_text())

    page.locator(CELL).click()

    expect(page.get_by_role("heading", name=f"1 to {count} of {count} parts")).to_be_visible()
    torres_visit.settle()
    assert len(codes(page)) == count
    assert "abc_class=B&demand_class=lumpy" in page.url
    assert page.evaluate("window.sameDocument")
    expect(page.locator(CELL)).to_be_focused()
    for text in page.locator(".farol-stock tbody tr").all_inner_texts():
        assert re.search(r"\bB\tLumpy\t", text), text


def test_a_cell_keeps_the_focus_in_a_browser_that_draws_a_run_at_once(
    torres_visit: Visit,
) -> None:
    page = torres_visit.page
    torres_visit.open("/inventory")

    # What comes while the browser is busy is drawn in one go: the run's beginning isn't seen.
    page.locator(CELL).evaluate(
        "(cell) => { cell.click(); const end = Date.now() + 3000; while (Date.now() < end); }"
    )

    expect(page.locator(f"{CELL}[aria-current]")).to_be_visible()
    expect(page.locator(CELL)).to_be_focused()


def test_a_heading_sorts_all_parts_and_the_way_back_is_one_step(torres_visit: Visit) -> None:
    page = torres_visit.page
    torres_visit.open("/inventory?order=item_id")
    first = codes(page)

    page.locator("#farol-sort-item_id").click()
    page.wait_for_url("**order=-item_id**")
    torres_visit.settle()

    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    assert codes(page)[0] > first[-1]
    page.go_back()
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    torres_visit.settle()
    assert codes(page) == first


def test_the_file_has_the_rows_of_the_list(torres_visit: Visit) -> None:
    page = torres_visit.page
    torres_visit.open("/inventory?abc_class=B&demand_class=lumpy&order=-stock_value")

    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("rows .CSV.")).click()

    rows = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
    assert [row["item_id"] for row in rows] == codes(page)


def test_a_chosen_part_has_its_dots_its_table_and_its_picture(torres_visit: Visit) -> None:
    page = torres_visit.page
    torres_visit.open("/inventory")

    page.locator(".farol-stock tbody a").first.click()

    expect(page.locator(".farol-dots circle")).to_have_count(20)
    torres_visit.settle()
    expect(page.locator(".st-key-farol-stock-chosen h2")).to_be_focused()
    told = page.locator(".farol-dots").get_attribute("aria-label") or ""
    beyond = re.search(r"in (\d+) of 20|in (none)", told)
    assert beyond
    filled = 0 if beyond[2] else int(beyond[1])
    expect(page.locator(".farol-dots .farol-beyond")).to_have_count(filled)
    page.get_by_text("Table, files and call").click()
    torres_visit.settle()
    with page.expect_download() as download:
        page.get_by_role("button", name="Picture (SVG)").click()
    assert download.value.path().read_text("utf-8").startswith("<svg xmlns=")


def test_filters_stay_on_the_screen_of_a_phone(browser: Browser, torres: Served) -> None:
    with visiting(browser, torres, PHONE) as phone:
        phone.open("/inventory")

        phone.page.get_by_role("button", name="Filters", exact=True).click()
        body = phone.page.get_by_test_id("stPopoverBody")
        expect(body.get_by_text("Supplier")).to_be_attached()
        phone.settle()

        box = body.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= PHONE["viewport"]["height"]  # type: ignore[index]
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_parts_without_places_show_the_whole_network(visit: Visit) -> None:
    visit.open("/inventory")

    expect(visit.page.get_by_text("Whole network: stock of 301 parts is planned")).to_be_visible()
    expect(visit.page.get_by_role("heading", name="1 to 50 of 301 parts")).to_be_visible()
