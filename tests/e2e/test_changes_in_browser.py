"""What changed, in a browser: two publications compared, their steps added up, a part followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def tab(browser: Browser, compared: Served) -> Iterator[Visit]:
    with visiting(browser, compared, {}) as opened:
        yield opened


def amount(cell: Locator) -> float:
    return float(cell.inner_text().replace(",", "").replace("\u2212", "-"))


def test_two_publications_are_compared_and_a_part_is_followed(tab: Visit) -> None:
    page = tab.page
    tab.open("/changes")
    expect(page.get_by_text("The proposed orders rose from R$ 12,000 to R$ 13,650")).to_be_visible()

    page.get_by_text("Table, files and call").first.click()
    rows = page.get_by_role("table").first.get_by_role("row")
    # The last one: now all are there.
    expect(rows.filter(has_text="13,650").last).to_contain_text("publication")
    cells = [rows.nth(place).get_by_role("cell").nth(1) for place in range(1, rows.count())]
    amounts = [amount(cell) for cell in cells]
    assert amounts[0] + sum(amounts[1:-1]) == amounts[-1] == 13_650

    page.get_by_role("link", name=re.compile("P00010")).click()
    page.wait_for_url("**/forecast?**")
    tab.settle()
    expect(page.get_by_role("heading", name=re.compile("P00010"))).to_be_visible()
    # The name of the line has two rows in the plot; the end of the publication's id stays whole.
    code = parse_qs(urlsplit(page.url).query)["compare"][0][-8:]
    drawn = page.locator(".st-key-farol-chart-use")
    expect(drawn.locator(".annotation", has_text=code)).to_be_visible()
    expect(page.get_by_text("Proposed order: 10, now 25 (+15).")).to_be_visible()


def test_the_names_of_the_steps_stay_in_the_plot_of_a_telephone(
    browser: Browser, compared: Served
) -> None:
    with visiting(browser, compared, {**PHONE, "locale": "pt-BR"}) as opened:
        opened.open("/changes")
        plot = opened.page.get_by_test_id("stPlotlyChart").first
        expect(plot.locator(".annotation").first).to_be_visible()
        frame = plot.bounding_box()
        assert frame is not None
        names = [each.bounding_box() for each in plot.locator(".annotation").all()]

        assert len(names) >= 6
        for box in names:
            assert box is not None
            assert box["x"] >= frame["x"] - 1
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1


def test_a_shared_comparison_is_the_same_elsewhere(
    tab: Visit, browser: Browser, compared: Served
) -> None:
    tab.open("/changes")
    tab.page.get_by_role("button", name="The other way round").click()
    expect(tab.page.get_by_text("The proposed orders fell from")).to_be_visible()
    tab.settle()
    address = tab.page.url.removeprefix(compared.address)

    with visiting(browser, compared, {}) as other:
        other.open(address)

        expect(other.page.get_by_text("The proposed orders fell from")).to_be_visible()
        expect(other.page.get_by_text("this is the way back")).to_be_visible()
