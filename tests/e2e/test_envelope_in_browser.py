"""The week in a file, as it is saved on Monday and opened on a phone without the portal."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pages.envelope.envelope import MOST_BYTES
from tests.e2e.accessibility import violations
from tests.e2e.test_screenshots import FOLDER
from tests.e2e.visits import Visit

PHONES = {
    "light-390": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "dark-320": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
}


@pytest.fixture
def saved(torres_visit: Visit, tmp_path: Path) -> Path:
    """The file of the region that is offered first."""
    page = torres_visit.page
    torres_visit.open("/")
    page.get_by_role("button", name="The week in a file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the week").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    return file


@pytest.mark.parametrize("phone", PHONES)
def test_the_week_opens_from_a_file_and_asks_for_nothing(
    saved: Path, browser: Browser, phone: str
) -> None:
    context = browser.new_context(**PHONES[phone], offline=True)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))

    page.goto(saved.as_uri())

    expect(page.get_by_role("heading", level=1)).to_contain_text("What to do this week: Nordeste")
    assert page.get_by_role("article").count() > 10
    assert violations(page) == []
    width = PHONES[phone]["viewport"]["width"]  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=FOLDER / f"envelope-{phone}.png")
    assert (asked, said) == ([saved.as_uri()], [])
    assert saved.stat().st_size < MOST_BYTES
    context.close()


def test_a_link_of_the_file_leads_to_the_part(saved: Path, torres_visit: Visit) -> None:
    page = torres_visit.page
    page.goto(saved.as_uri())
    torres_visit.foreign_requests.clear()  # the file itself, which is none of the portal's
    link = page.get_by_role("article").first.get_by_role("link")
    part = link.inner_text().split(" · ")[0]

    link.click()

    torres_visit.settle()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Part")
    expect(page.get_by_text(part).first).to_be_visible()
