"""Pictures of every page in four variants, for eyes: ``build/screenshots``."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.demonstrations import PROJECT
from tests.e2e.visits import Visit

FOLDER = PROJECT / "build/screenshots"
WIDE, PHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}
VARIANTS = {
    "pt-light-1366": {"locale": "pt-BR", "color_scheme": "light", "viewport": WIDE},
    "pt-dark-390": {"locale": "pt-BR", "color_scheme": "dark", "viewport": PHONE},
    "en-dark-1366": {"locale": "en-GB", "color_scheme": "dark", "viewport": WIDE},
    "en-light-390": {"locale": "en-GB", "color_scheme": "light", "viewport": PHONE},
}
PAGES = {
    "monday": "/",
    "part": "/forecast",
    "orders": "/orders?tier=late",
    "changes": "/changes",
    "availability": "/availability",
    "inventory": "/inventory?item=0105001",
    "accuracy": "/accuracy",
    "data": "/data?dataset=fact_inventory&status=reorder&order=-order_quantity",
    "data-dictionary": "/data?tab=dictionary",
    "data-freshness": "/data?tab=freshness",
    "data-lineage": "/data?tab=lineage",
    "data-descriptions": "/data?tab=descriptions",
    "guide": "/guide",
    "admin": "/admin",
}
MOST_PIXELS_HIGH = 8_000


@pytest.mark.parametrize(
    ("torres_visit", "variant"),
    [(options, name) for name, options in VARIANTS.items()],
    ids=list(VARIANTS),
    indirect=["torres_visit"],
)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_picture_and_is_no_wider_than_its_screen(
    torres_visit: Visit, page: str, variant: str
) -> None:
    torres_visit.open(PAGES[page])
    tab = torres_visit.page
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    width = torres_visit.page.viewport_size["width"]  # type: ignore[index]

    picture(torres_visit, FOLDER / f"{page}-{variant}.png")

    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def picture(visit: Visit, file: Path) -> None:
    """Take the whole page, which scrolls inside its window, by making the window as high."""
    main = visit.page.get_by_test_id("stMain")
    # Charts are drawn a moment after the script has ended.
    visit.page.wait_for_load_state("networkidle")
    size = dict(visit.page.viewport_size or {})
    size["height"] = min(MOST_PIXELS_HIGH, int(main.evaluate("main => main.scrollHeight")) + 40)
    visit.page.set_viewport_size(size)  # type: ignore[arg-type]
    file.parent.mkdir(parents=True, exist_ok=True)
    visit.page.screenshot(path=str(file))
