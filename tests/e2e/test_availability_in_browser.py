"""Availability in a browser: a point chosen with keys, a budget typed, and no way sideways."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit
from tests.places_that_share import with_moves
from tests.publisher import Publisher

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def small_visit(
    browser: Browser, shared_small: Served, request: pytest.FixtureRequest
) -> Iterator[Visit]:
    """A tab on a portal whose contract has a curve of three points and four parts to buy."""
    with visiting(browser, shared_small, getattr(request, "param", {})) as tab:
        yield tab


def test_a_point_is_chosen_with_keys_and_kept_in_the_address(small_visit: Visit) -> None:
    page = small_visit.page
    small_visit.open("/availability")

    page.get_by_role("slider").press("ArrowRight")

    page.wait_for_url("**point=2**")
    small_visit.settle()
    reason = "no: such small chances were not seen often enough in the past"
    expect(page.get_by_text(reason)).to_be_visible()


def test_a_budget_is_typed_and_its_line_drawn_across_the_list(small_visit: Visit) -> None:
    page = small_visit.page
    small_visit.open("/availability")

    page.get_by_label("Budget").fill("1700")
    page.get_by_label("Budget").press("Enter")

    page.wait_for_url("**budget=1700**")
    small_visit.settle()
    expect(page.locator(".farol-buys tbody tr").nth(2)).to_have_class("farol-budget")
    assert violations(page) == []


def test_the_file_has_the_steps_that_the_budget_buys(small_visit: Visit) -> None:
    page = small_visit.page
    small_visit.open("/availability?budget=1700")

    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("rows .CSV.")).click()

    rows = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
    assert [row["rank"] for row in rows] == ["1", "2"]


def test_a_row_leads_to_its_part(small_visit: Visit) -> None:
    page = small_visit.page
    small_visit.open("/availability")
    code = page.locator(".farol-buys tbody a").first.inner_text()

    page.locator(".farol-buys tbody a").first.click()

    page.wait_for_url(f"**/forecast?item={code}**")
    small_visit.settle()
    expect(page.get_by_role("heading", name=re.compile(code)).first).to_be_visible()


@pytest.mark.parametrize("small_visit", [PHONE], ids=["phone"], indirect=True)
def test_a_phone_scrolls_the_list_and_not_the_page(small_visit: Visit) -> None:
    small_visit.open("/availability?budget=1700")

    page = small_visit.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".farol-scrolls").last.evaluate(
        "list => list.scrollWidth > list.clientWidth"
    )


def test_moves_break_no_rule_of_accessibility(
    browser: Browser, served_small: Served, publisher: Publisher
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    tables = with_moves(publisher.tables(generated_at=now))
    publisher.publish(generated_at=now, tables=tables)
    served_small.command("datalayer", "activate", "--confirm")
    with visiting(browser, served_small, {}) as visit:
        visit.open("/availability")

        expect(visit.page.locator(".farol-moves tbody tr")).to_have_count(3)
        assert violations(visit.page) == []
