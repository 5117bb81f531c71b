"""The list of what to do in a browser: worked off by keyboard, marked, left and come back to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served, serving
from tests.e2e.visits import Visit
from tests.marked_list import publish_orders
from tests.publisher import Publisher

MOST_PRESSES = 200
# Presses the key asked for as soon as the button that unticks all has gone, with the focus on it.
PRESS_ONCE_UNTICKED = """key => new MutationObserver((_, observer) => {
  if (document.querySelector(".st-key-farol-untick")) return
  observer.disconnect()
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))
}).observe(document.body, { childList: true, subtree: true })"""


@pytest.fixture
def seeded(
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    registry: Registry,
    request: pytest.FixtureRequest,
) -> Iterator[Visit]:
    """A tab on a portal of its own whose list has as many orders as asked for."""
    folder = tmp_path_factory.mktemp("seeded")
    with (
        serving_orders(folder, registry, request.param) as portal,
        visiting(browser, portal, {}) as tab,
    ):
        tab.open()
        yield tab


@pytest.fixture(scope="module")
def listed(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry, request: pytest.FixtureRequest
) -> Iterator[Served]:
    """A portal whose list has as many orders as asked for, of all tests that decide on none."""
    with serving_orders(tmp_path_factory.mktemp("listed"), registry, request.param) as portal:
        yield portal


@pytest.fixture
def tab(browser: Browser, listed: Served) -> Iterator[Visit]:
    """A tab on the list of ``listed``."""
    with visiting(browser, listed, {}) as opened:
        opened.open()
        yield opened


@contextmanager
def serving_orders(folder: Path, registry: Registry, count: int) -> Iterator[Served]:
    """Serve a list of *count* orders in *folder* for the block."""
    publish_orders(Publisher(FolderStore(folder / "store"), registry), count)
    with serving(folder) as portal:
        yield portal


class Keyboard:
    """Presses keys, counts them, and knows what the list shows."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1

    def enter_list(self) -> None:
        while not self.page.evaluate("!!document.activeElement.closest('.st-key-farol-list')"):
            self.press("Tab")

    def until(self, name: str) -> None:
        """Go on to the control of that name."""
        control = (
            self.page.get_by_role("dialog")
            .get_by_label(name)
            .or_(self.page.get_by_role("dialog").get_by_role("button", name=name, exact=True))
        )
        while not control.first.evaluate("element => element === document.activeElement"):
            self.press("Tab")

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", name=text, exact=True)).to_be_visible()

    def bar(self) -> Locator:
        return self.page.locator(".st-key-farol-bar")

    def focused(self) -> str:
        """Return what the focus is on."""
        found: str = self.page.evaluate(
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
        )
        return found


@pytest.mark.parametrize("seeded", [200], indirect=True)
def test_two_hundred_actions_are_worked_off_in_at_most_two_hundred_presses(seeded: Visit) -> None:
    keys = Keyboard(seeded.page)
    keys.heading("1 to 10 of 200 actions")
    keys.enter_list()

    # One is put aside by itself, one is ticked by itself, the others page by page.
    keys.press("s")
    keys.until("Your name")
    keys.press("A", "n", "a")
    keys.until("Save")
    keys.press("Enter")
    expect(keys.bar()).to_contain_text("P00001: order placed.")
    keys.heading("1 to 10 of 199 actions")
    keys.press("x")
    expect(keys.bar()).to_contain_text("1 ticked")
    for page in range(1, 21):
        last = min(10 * page, 199)
        keys.heading(f"{10 * page - 9} to {last} of 199 actions")
        keys.press("X")
        expect(keys.bar()).to_contain_text(f"{last} ticked")
        if page < 20:
            keys.press("n")
    keys.press("S")
    keys.until("Save")
    keys.press("Enter")

    expect(seeded.page.get_by_text("Nothing needs you")).to_be_visible()
    expect(keys.bar()).to_contain_text("199 rows: orders placed.")
    assert keys.presses <= MOST_PRESSES


def is_focused(visit: Visit, selector: str) -> None:
    """Expect the one element that *selector* has, once those of the page before have gone."""
    # One of them can stand beside it again for a moment: the focus is looked for without it too.
    focused = visit.page.locator(f"{selector}:focus")
    expect(focused).to_have_count(1)
    expect(visit.page.locator(selector)).to_have_count(1)
    expect(focused).to_have_count(1)


@pytest.mark.parametrize("seeded", [12], indirect=True)
def test_the_focus_goes_on_to_the_next_row_when_one_leaves(seeded: Visit) -> None:
    keys = Keyboard(seeded.page)
    keys.enter_list()
    keys.press("j", "j", "s")
    keys.until("Your name")
    keys.press("A")
    keys.until("Save")
    keys.press("Enter")

    expect(keys.bar()).to_contain_text("P00003: order placed.")
    is_focused(seeded, ".st-key-farol-card-4 input")
    expect(seeded.page.get_by_role("status").filter(has_text="P00003")).to_have_count(1)


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_keys_do_nothing_outside_the_list(tab: Visit) -> None:
    tab.page.get_by_role("heading", name="What to do").click()
    tab.page.keyboard.press("X")
    tab.page.keyboard.press("n")

    expect(tab.page.get_by_role("heading", name="1 to 10 of 12 actions")).to_be_visible()
    expect(tab.page.locator(".st-key-farol-bar")).not_to_contain_text("ticked")


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_arrows_and_ticks_go_on_over_the_end_of_a_page(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()

    for _ in range(10):
        keys.press("x")
    keys.heading("11 to 12 of 12 actions")

    is_focused(tab, ".st-key-farol-card-11 input")
    expect(keys.bar()).to_contain_text("10 ticked")
    keys.press("ArrowUp")
    keys.heading("1 to 10 of 12 actions")
    is_focused(tab, ".st-key-farol-card-10 input")


@pytest.mark.parametrize("listed", [60], indirect=True)
def test_no_tick_is_lost_however_quickly_the_page_is_turned(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()

    for page in range(6):
        keys.press(*"Xn" if page < 5 else "X")
        keys.heading(f"{10 * min(page + 1, 5) + 1} to {10 * min(page + 2, 6)} of 60 actions")

    expect(keys.bar()).to_contain_text("60 ticked")
    tab.page.get_by_role("button", name="Untick all").click()
    keys.press(*"xx")
    expect(keys.bar()).to_contain_text("2 ticked")


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_a_key_counts_while_the_button_that_was_pressed_goes_away(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()
    keys.press("X")
    expect(keys.bar()).to_contain_text("10 ticked")
    tab.page.evaluate(PRESS_ONCE_UNTICKED, "x")

    tab.page.get_by_role("button", name="Untick all").click()

    expect(keys.bar()).to_contain_text("1 ticked")


@pytest.mark.parametrize("listed", [25], indirect=True)
def test_back_from_a_part_returns_to_the_same_page_and_place(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()
    keys.press("n")
    keys.heading("11 to 20 of 25 actions")
    keys.press("x")
    expect(keys.bar()).to_contain_text("1 ticked")
    keys.press("j", "o")
    expect(tab.page).to_have_url(re.compile(r"/forecast\?.*item=P00013.*page=2"))
    expect(tab.page.get_by_role("heading", name="P00013")).to_be_visible()
    tab.settle()

    tab.page.go_back()

    keys.heading("11 to 20 of 25 actions")
    expect(tab.page.locator(".st-key-farol-card-13 a")).to_be_focused()
    expect(keys.bar()).to_contain_text("1 ticked")


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_back_finds_the_row_again_however_often_and_wherever_one_went(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()
    keys.press("j", "j", "o")
    expect(tab.page.get_by_role("heading", name="P00003")).to_be_visible()
    tab.settle()
    for _ in range(2):
        tab.page.go_back()
        keys.heading("1 to 10 of 12 actions")
        is_focused(tab, ".st-key-farol-card-3 a")
        tab.page.go_forward()
        expect(tab.page.get_by_role("heading", name="P00003")).to_be_visible()
        tab.settle()

    tab.page.locator(".st-key-part-neighbours a").first.click()

    keys.heading("1 to 10 of 12 actions")
    is_focused(tab, ".st-key-farol-card-3 a")


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_back_from_the_order_list_finds_the_row_that_was_ticked_last(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()
    keys.press("j", "x")
    expect(keys.bar()).to_contain_text("1 ticked")
    keys.press("t")
    expect(tab.page.get_by_role("heading", name="Order list", level=1)).to_be_visible()
    tab.settle()

    tab.page.go_back()

    keys.heading("1 to 10 of 12 actions")
    is_focused(tab, ".st-key-farol-card-3 a")


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_a_part_opened_at_once_after_a_tick_has_the_list_behind_it(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()

    keys.press("x", "o")
    expect(tab.page).to_have_url(re.compile(r"/forecast\?.*item=P00002"))
    expect(tab.page.get_by_role("heading", name="P00002")).to_be_visible()
    tab.settle()
    tab.page.go_back()

    keys.heading("1 to 10 of 12 actions")
    expect(keys.bar()).to_contain_text("1 ticked")
    expect(tab.page).not_to_have_url(re.compile("item="))


def press_as(visit: Visit, key: str, **event: bool) -> None:
    """Press a key that a keyboard of another country, or one with Caps Lock on, would send."""
    visit.page.evaluate(
        "event => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event))",
        {"key": key, "bubbles": True, "cancelable": True, **event},
    )


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_a_key_means_the_same_with_caps_lock_and_nothing_with_other_modifiers(
    tab: Visit,
) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()
    keys.press("j")
    for key, modifier in (
        ("x", "ctrlKey"),
        ("x", "altKey"),
        ("x", "metaKey"),
        ("x", "modifierAltGraph"),
        ("x", "isComposing"),
        ("ArrowDown", "shiftKey"),
    ):
        press_as(tab, key, **{modifier: True})
    press_as(tab, "Dead")
    is_focused(tab, ".st-key-farol-card-2 input")

    press_as(tab, "X", modifierCapsLock=True)

    expect(keys.bar()).to_contain_text("1 ticked")
    is_focused(tab, ".st-key-farol-card-3 input")


@pytest.mark.parametrize("listed", [25], indirect=True)
def test_a_key_held_down_ticks_one_row_and_turns_one_page(tab: Visit) -> None:
    keyboard = tab.page.keyboard
    keys = Keyboard(tab.page)
    keys.enter_list()

    for _ in range(9):
        keyboard.down("x")
    keyboard.up("x")
    is_focused(tab, ".st-key-farol-card-2 input")
    for _ in range(9):
        keyboard.down("n")
    keyboard.up("n")

    keys.heading("11 to 20 of 25 actions")
    expect(keys.bar()).to_contain_text("1 ticked")


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_keys_in_the_dialog_are_text(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()
    keys.press("s", "x", "n")
    keys.until("Comment (optional)")
    keys.press("x", "n", "o", "s")

    comment = tab.page.get_by_role("dialog").get_by_label("Comment (optional)")
    expect(comment).to_have_value("xnos")
    expect(keys.bar()).not_to_contain_text("ticked")


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_ticks_survive_a_reload(tab: Visit) -> None:
    keys = Keyboard(tab.page)
    keys.enter_list()
    keys.press("x", "x")
    expect(keys.bar()).to_contain_text("2 ticked")

    tab.page.reload()

    expect(keys.bar()).to_contain_text("2 ticked")
    expect(tab.page.get_by_text("This page is pinned")).to_have_count(0)


@pytest.mark.parametrize("listed", [12], indirect=True)
def test_paper_shows_the_list_without_its_controls(tab: Visit) -> None:
    tab.page.emulate_media(media="print")

    expect(tab.page.locator(".farol-printed")).to_contain_text("Publication 20261121T060000Z")
    expect(tab.page.locator(".st-key-farol-card-1 h3")).to_be_visible()
    for hidden in (".stCheckbox", ".stButton", "[data-testid=stSidebar]", ".st-key-farol-bar"):
        expect(tab.page.locator(hidden).first).to_be_hidden()


@pytest.mark.parametrize(
    "torres_visit", [{"viewport": {"width": 390, "height": 844}}], ids=["phone"], indirect=True
)
def test_a_phone_shows_the_decision_first_and_scrolls_no_way_but_down(torres_visit: Visit) -> None:
    torres_visit.open()
    page = torres_visit.page
    card = page.locator('[class*="st-key-farol-card-"]').first
    heading = card.get_by_role("heading", level=3)
    expect(heading).to_be_visible()

    tops = [
        each.bounding_box()["y"]  # type: ignore[index]
        for each in (
            heading,
            card.locator("[data-testid=stPageLink]"),
            card.locator(".farol-facts"),
        )
    ]
    too_wide = page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth > window.innerWidth"
    )
    assert (tops, too_wide) == (sorted(tops), False)


@pytest.mark.parametrize(
    "torres_visit",
    [
        {"viewport": {"width": 390, "height": 844}},
        {"viewport": {"width": 1366, "height": 768}},
    ],
    ids=["phone", "laptop"],
    indirect=True,
)
def test_a_part_is_found_from_the_list_whose_first_card_stays_in_view(torres_visit: Visit) -> None:
    torres_visit.open()
    page = torres_visit.page
    first = page.locator('[class*="st-key-farol-card-"]').first
    expect(first.get_by_role("heading", level=3)).to_be_in_viewport()

    page.get_by_role("searchbox", name="Find a part").fill("conect macho 7/8")
    found = page.locator(".st-key-farol-find").get_by_role("link")
    expect(found.first).to_be_visible()
    found.first.click()

    expect(page.get_by_role("heading", name="Part", level=1)).to_be_visible()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Conector")


@pytest.mark.parametrize("seeded", [3], indirect=True)
def test_what_was_put_aside_can_be_read_by_everybody(seeded: Visit) -> None:
    page = seeded.page
    page.get_by_role("button", name="Decide").first.click()
    page.get_by_label("Your name").fill("Ana")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="1 to 2 of 2 actions")).to_be_visible()

    seeded.open("/?put_aside=true")

    expect(page.get_by_text("Ordered by Ana")).to_be_visible()
    assert violations(page) == []
