"""A tab of a browser on a served portal, and what it did beside showing pages."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.e2e.demonstrations import Served

PATIENCE_MS: Final = 30_000
"""How long the browser is waited for; a machine that also runs other tests takes seconds."""
OF_OTHERS: Final = (
    "Unrecognized feature: ",  # Streamlit's frames allow what only other browsers know
    "An iframe which has both allow-scripts and allow-same-origin",  # the same frames
    "Received component message for unregistered ComponentInstance!",  # of one that just left
    "Warning: escaping deep link whitespace",  # Swagger's, about an address of its own
)
"""How warnings begin that neither pages nor settings can keep from the console."""


class Visit:
    """One tab, and what it did beside showing pages.

    Attributes:
        foreign_requests: Addresses that it asked of another host.
        console_messages: Errors and warnings that the console shows.
    """

    def __init__(self, page: Page, served: Served) -> None:
        """Watch *page* from now on."""
        self.page = page
        self.served = served
        self.foreign_requests: list[str] = []
        self.console_messages: list[str] = []
        page.on("request", self._note_request)
        page.on("console", self._note_console)

    def open(self, path: str = "/") -> None:
        """Open a page of the portal and wait until Streamlit has drawn it."""
        self.page.goto(self.served.address + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the script that draws the page has ended, and all it said is drawn."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        # What Streamlit loads the code of, or a browser can't draw yet, holds its place until then.
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0)

    def _note_request(self, request: Request) -> None:
        here = self.served.address
        own = (here, "data:", "blob:", here.replace("http", "ws", 1))
        if not request.url.startswith(own):
            self.foreign_requests.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        of_others = message.type == "warning" and message.text.startswith(OF_OTHERS)
        if message.type in {"error", "warning"} and not of_others:
            self.console_messages.append(f"{message.type}: {message.text}")
