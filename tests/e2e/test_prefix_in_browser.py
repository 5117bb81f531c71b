"""Under a path prefix a browser finds pages, their connection, files and documentation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from datalayer.kernel.contract.registry import Registry
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit
from tests.nginx_server import KEPT, STRIPPED, nginx
from tests.portals import activate_in
from tests.running_portal import running_portal

PREFIX = "/farol"
HEADINGS = {"/": "What to do", "/forecast": "Part", "/data": "Data", "/admin": "Administration"}


@pytest.fixture(scope="module", params=[KEPT, STRIPPED], ids=["kept", "stripped"])
def proxied(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry, request: pytest.FixtureRequest
) -> Iterator[Served]:
    """A portal of six parts whose address has a path."""
    folder = activate_in(tmp_path_factory.mktemp("prefixed"), registry)
    with (
        running_portal(folder, FAROL_PATH_PREFIX=PREFIX) as running,
        nginx(tmp_path_factory.mktemp("nginx"), running.address, request.param) as proxy,
    ):
        address = proxy.address + PREFIX
        yield Served(address, folder / "store", running.environment, "", running.log)


@pytest.fixture
def visit(browser: Browser, proxied: Served) -> Iterator[Visit]:
    """A tab for which whatever lies outside the prefix is elsewhere."""
    with visiting(browser, proxied, {}) as tab:
        yield tab


@pytest.mark.parametrize("path", HEADINGS)
def test_a_page_is_drawn(visit: Visit, path: str) -> None:
    visit.open(path)

    expect(visit.page.get_by_role("heading", name=HEADINGS[path], level=1)).to_be_visible()


def test_links_between_pages_stay_under_the_prefix(visit: Visit) -> None:
    visit.open("/forecast")

    for name in ("Data", "What to do"):
        visit.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        expect(visit.page.get_by_role("heading", name=name, level=1)).to_be_visible()
        assert visit.page.url.startswith(f"{visit.served.address}/")


def test_a_file_is_fetched_from_the_page(visit: Visit) -> None:
    visit.open("/data")

    with visit.page.expect_download() as begun:
        visit.page.locator("a[href*='/extracts/']").first.click()

    assert Path(begun.value.path()).read_bytes().startswith(b"item_id,")


def test_the_documentation_sends_its_calls_under_the_prefix(visit: Visit) -> None:
    visit.page.goto(f"{visit.served.address}/api/v1/docs#/items/list_items")
    call = visit.page.locator("#operations-items-list_items")
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()

    expect(call.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
