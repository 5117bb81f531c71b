"""Every page and state can be read and worked by everybody: WCAG 2.2 AA, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import violations
from tests.e2e.pages import PAGES
from tests.e2e.visits import Visit

STATES = ["/forecast?item=0", "/?p=20200101T000000Z-00000000", "/?lang=xx", "/data?dataset=unknown"]
STATES += ["/data?dataset=fact_inventory&status=reorder&order_quantity_min=2&order=-order_by"]
STATES += ["/data?dataset=fact_inventory&item_id=none&order_by_min=soon&colour=red"]
STATES += ["/availability?budget=100000&point=12", "/availability?contract=0&point=x&budget=-1"]
STATES += ["/inventory?item=0105001&location=CD-SP", "/inventory?item=0&order=0&q=nothing"]
WIDE = {"width": 1366, "height": 900}
SCREENS = {
    "wide-light": {"locale": "pt-BR", "viewport": WIDE},
    "wide-dark": {"locale": "pt-BR", "viewport": WIDE, "color_scheme": "dark"},
    "320-light": {"viewport": {"width": 320, "height": 640}},
    "320-dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    # A window of 1366 pixels that is magnified to 200 % has this many of its own.
    "twice-as-large": {"viewport": {"width": 683, "height": 450}, "device_scale_factor": 2},
}


@pytest.mark.parametrize("torres_visit", SCREENS.values(), ids=SCREENS, indirect=True)
@pytest.mark.parametrize("path", [*PAGES, *STATES])
def test_a_page_breaks_no_rule_of_accessibility(torres_visit: Visit, path: str) -> None:
    torres_visit.open(path)

    assert violations(torres_visit.page) == []


@pytest.mark.parametrize("path", ["/", "/forecast", "/data"])
def test_a_page_of_the_bundled_data_breaks_none(visit: Visit, path: str) -> None:
    visit.open(path)

    assert violations(visit.page) == []


EXPANDER = "[data-testid=stExpander]"
OPENED = {
    "decide": ("/", ".st-key-farol-list button:has-text('Decid')", "[role=dialog]"),
    "filters": (
        "/",
        ".st-key-farol-filters [data-testid=stPopover] button",
        "[data-testid=stPopoverBody]",
    ),
    "sources": ("/forecast", f"{EXPANDER} summary >> nth=-3", f"{EXPANDER} details[open]"),
    "backtest": ("/forecast", f"{EXPANDER} summary >> nth=-2", f"{EXPANDER} details[open]"),
    "explained": ("/forecast", f"{EXPANDER} summary >> nth=-1", f"{EXPANDER} details[open]"),
}
"""Where something is opened, what opens it, and what is there then."""


@pytest.mark.parametrize(
    "torres_visit", [SCREENS["wide-light"], SCREENS["320-dark"]], ids=["wide", "320"], indirect=True
)
@pytest.mark.parametrize(("path", "opener", "opened"), OPENED.values(), ids=OPENED)
def test_what_is_opened_breaks_no_rule_of_accessibility(
    torres_visit: Visit, path: str, opener: str, opened: str
) -> None:
    page = torres_visit.page
    torres_visit.open(path)
    assert page.locator(opened).count() == 0

    page.locator(opener).first.click()

    expect(page.locator(opened)).to_be_visible()
    torres_visit.settle()
    assert violations(page) == []
