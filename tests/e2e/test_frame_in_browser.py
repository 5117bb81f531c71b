"""What all pages share: links to a view, what comes anew, and a way by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.page_objects import MondayPage, PartPage
from tests.e2e.visits import Visit
from tests.portals import activate_in
from tests.publisher import FIRST_GENERATED_AT, Publisher
from tests.running_portal import running_portal

WITH_CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.mark.parametrize("torres_visit", [WITH_CLIPBOARD], ids=["clipboard"], indirect=True)
def test_a_shared_address_shows_the_same_view_of_the_same_publication(torres_visit: Visit) -> None:
    part = PartPage.opened(torres_visit, "?item=0804001&span=1y")

    address = part.share()

    assert "item=0804001" in address
    assert "span=1y" in address
    assert "p=20" in address
    torres_visit.page.goto(address)
    part.shown()
    expect(part.notice("0804001")).to_be_visible()


def test_the_first_key_leads_past_the_navigation(torres_visit: Visit) -> None:
    MondayPage.opened(torres_visit)

    torres_visit.page.keyboard.press("Tab")
    skip = torres_visit.page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    torres_visit.page.keyboard.press("Enter")

    expect(torres_visit.page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize(
    "torres_visit", [{}, {"color_scheme": "dark"}], ids=["light", "dark"], indirect=True
)
@pytest.mark.parametrize("path", ["/", "/forecast", "/data"])
def test_whatever_the_keyboard_reaches_shows_that_it_has_the_focus(
    torres_visit: Visit, path: str
) -> None:
    torres_visit.open(path)
    ring = """() => {
      const rings = (each) => {
        const style = getComputedStyle(each)
        return style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2
      }
      const element = document.activeElement
      if (element === document.body) return "body"
      const around = element.parentElement
      return [element, around, around.parentElement].some(rings) || element.outerHTML
    }"""

    found = []
    for _ in range(25):
        torres_visit.page.keyboard.press("Tab")
        found.append(torres_visit.page.evaluate(ring))

    assert set(found) <= {True, "body"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[Served]:
    """A portal of six parts, which may be given another publication."""
    folder = activate_in(tmp_path_factory.mktemp("small"), registry)
    with running_portal(folder) as running:
        yield Served(running.address, folder / "store", running.environment, "", running.log)


def test_a_page_that_stands_open_says_that_there_is_a_new_publication(
    browser: Browser, small: Served, registry: Registry
) -> None:
    with visiting(browser, small, {}) as visit:
        visit.page.clock.install()
        monday = MondayPage.opened(visit)
        expect(monday.notice("There is a new publication")).to_have_count(0)
        publisher = Publisher(FolderStore(small.store), registry)
        newer = publisher.publish(
            generated_at=FIRST_GENERATED_AT + timedelta(hours=1), salt="newer"
        )
        small.command("datalayer", "activate")

        visit.page.clock.fast_forward("01:01")
        expect(monday.notice("There is a new publication")).to_be_visible()
        visit.page.get_by_role("button", name="Show the active publication").click()

        expect(monday.notice("There is a new publication")).to_have_count(0)
        expect(monday.notice("A new publication has come")).to_be_visible()
        visit.page.get_by_role("button", name=re.compile("generated")).click()
        clocks = visit.page.get_by_role("dialog")
        expect(clocks.get_by_text(newer.publication_id)).to_be_visible()
