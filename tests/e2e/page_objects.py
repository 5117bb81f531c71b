"""The pages as a planner speaks of them, in English: what can be read and done on each."""

from __future__ import annotations

import re
from typing import ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, expect

from tests.e2e.visits import Visit


class PortalPage:
    """What every page has: its title, its notices, the way to the others, and its address.

    Attributes:
        path: Its address.
        title: Its title, which the navigation calls it by, too.
    """

    path: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, visit: Visit) -> None:
        """Speak of the page that *visit* shows."""
        self.visit = visit
        self.page = visit.page

    @classmethod
    def opened(cls, visit: Visit, query: str = "") -> Self:
        """Open the page by its address."""
        visit.open(f"{cls.path}{query}")
        return cls(visit).shown()

    @classmethod
    def chosen(cls, visit: Visit) -> Self:
        """Go to the page by the navigation."""
        navigation = visit.page.get_by_test_id("stSidebarNav")
        navigation.get_by_role("link", name=cls.title, exact=True).click()
        return cls(visit).shown()

    def shown(self) -> Self:
        """Expect it to be shown, and drawn to the end."""
        expect(self.page.get_by_role("heading", name=self.title, level=1)).to_be_visible()
        self.visit.settle()
        return self

    @property
    def address(self) -> dict[str, str]:
        """The parameters of its address."""
        return {name: values[-1] for name, values in self._parameters().items()}

    def notice(self, text: str) -> Locator:
        """Return what says *text*."""
        return self.page.get_by_text(re.compile(text)).first

    def share(self) -> str:
        """Copy the address of this view, and return what the clipboard has."""
        self.page.get_by_role("link", name="Share this view").click()
        expect(self.page.get_by_role("status").filter(has_text="Address copied")).to_be_attached()
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def _parameters(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.page.url).query)


class MondayPage(PortalPage):
    """The list of what to do."""

    path = "/"
    title = "What to do"

    @property
    def rows(self) -> Locator:
        """The cards of this page of the list."""
        return self.page.locator("[class*=st-key-farol-card-]")

    def tier(self, name: str) -> None:
        """Choose a tier, or all of them."""
        self.page.get_by_role("radio", name=re.compile(name)).click()
        self.visit.settle()

    def tick(self, place: int) -> None:
        """Tick the card at *place*, the first is 0."""
        self.rows.nth(place).get_by_role("checkbox").check(force=True)
        self.visit.settle()

    def open_part(self, place: int) -> PartPage:
        """Go to the part of the card at *place*."""
        self.rows.nth(place).get_by_role("link").first.click()
        return PartPage(self.visit).shown()

    def take_along(self) -> OrdersPage:
        """Take the ticked rows along as an order list."""
        self.page.locator(".st-key-farol-take").get_by_role("link").click()
        return OrdersPage(self.visit).shown()


class PartPage(PortalPage):
    """One part: what to do, when it runs out, how much is used, whether to believe it."""

    path = "/forecast"
    title = "Part"

    def find(self, text: str) -> Locator:
        """Look for parts, and return the links that are found."""
        self.page.get_by_role("searchbox", name="Find a part").fill(text)
        expect(self.page).to_have_url(re.compile("[?&]q="))
        self.visit.settle()
        return self.page.get_by_test_id("stMain").get_by_test_id("stPageLink").get_by_role("link")


class OrdersPage(PortalPage):
    """The order list: quantities by supplier, and files of them."""

    path = "/orders"
    title = "Order list"
