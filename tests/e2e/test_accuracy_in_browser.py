"""The page of accuracy in a browser: judged by a choice, shared by its link, led to a part."""

from __future__ import annotations

from itertools import combinations
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "pt-BR"}


def choose(visit: Visit, label: str, option: str) -> None:
    visit.page.get_by_label(label, exact=False).first.click()
    visit.page.get_by_role("option", name=option).first.click()
    visit.settle()


def sentence(visit: Visit) -> str:
    return visit.page.locator("strong").filter(has_text="repeating the past").first.inner_text()


def test_another_source_is_judged_and_the_link_shows_the_same_elsewhere(
    torres_visit: Visit, browser: Browser, torres: Served
) -> None:
    torres_visit.open("/accuracy")
    before = sentence(torres_visit)

    choose(torres_visit, "Forecasts", "Historic mean")
    torres_visit.page.wait_for_url("**source=mean**")
    torres_visit.settle()

    told = sentence(torres_visit)
    assert "Historic mean" in told
    assert told != before
    query = urlsplit(torres_visit.page.url).query
    with visiting(browser, torres, {}) as other:
        other.open(f"/accuracy?{query}")
        assert sentence(other) == told


def test_a_part_of_the_list_leads_to_its_page(torres_visit: Visit) -> None:
    torres_visit.open("/accuracy")
    link = torres_visit.page.locator("[data-testid=stMain] a[href*='item=']").first
    code = link.inner_text().partition(" ")[0]

    link.click()

    torres_visit.page.wait_for_url("**/forecast**")
    torres_visit.settle()
    assert parse_qs(urlsplit(torres_visit.page.url).query)["item"] == [code]


def overlaps(chart: Locator) -> list[tuple[str, str]]:
    """Return the pairs of texts in a plot of which one lies on the other."""
    found: list[tuple[str, str]] = []
    texts = chart.evaluate(
        """chart => [...chart.querySelectorAll('.annotation-text')].map(text => {
            const box = text.getBoundingClientRect();
            return [text.textContent, box.left, box.right, box.top, box.bottom];
        })"""
    )
    for one, other in combinations(texts, 2):
        if one[1] < other[2] and other[1] < one[2] and one[3] < other[4] and other[3] < one[4]:
            found.append((one[0], other[0]))
    return found


@pytest.mark.parametrize("torres_visit", [PHONE], indirect=True)
def test_on_a_telephone_no_name_of_a_chart_lies_on_another(torres_visit: Visit) -> None:
    torres_visit.open("/accuracy")
    charts = torres_visit.page.locator(".js-plotly-plot")
    expect(charts.last.locator(".main-svg").first).to_be_visible()

    # The first one is over time, and has a test of its own elsewhere.
    assert charts.count() == 8
    for place in range(1, charts.count()):
        chart = charts.nth(place)
        chart.scroll_into_view_if_needed()
        assert overlaps(chart) == []
