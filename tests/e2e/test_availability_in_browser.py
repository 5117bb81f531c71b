"""Availability in a browser: a point chosen with keys, a budget typed, and no way sideways."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit
from tests.places_that_share import with_moves
from tests.publisher import Publisher

PHONE_WIDTH = 390
PHONE = {"viewport": {"width": PHONE_WIDTH, "height": 844}}


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
def test_a_phone_reads_the_list_without_scrolling_sideways(small_visit: Visit) -> None:
    page = small_visit.page
    small_visit.open("/availability?budget=1700")

    row = page.locator(".farol-buys tbody tr").first
    assert reaches(page) <= PHONE_WIDTH
    # Each figure is told under its head, the first two beside each other below the part.
    heads = row.locator("td").evaluate_all(
        "cells => cells.map(each => getComputedStyle(each, '::before').content)"
    )
    assert heads[:3] == ['"Buy"', '"Place"', '"Cost"']
    part, bought, place = (box_of(row, cell) for cell in ("th", "td >> nth=0", "td >> nth=1"))
    assert part["y"] + part["height"] <= bought["y"] == place["y"]
    assert bought["x"] + bought["width"] <= place["x"]
    assert violations(page) == []


def test_a_screen_has_the_figures_in_columns(small_visit: Visit) -> None:
    page = small_visit.page
    small_visit.open("/availability?budget=1700")

    row = page.locator(".farol-buys tbody tr").first
    part, bought = (box_of(row, cell) for cell in ("th", "td >> nth=0"))

    assert part["y"] == bought["y"]
    expect(page.get_by_role("columnheader", name="Avoids a month")).to_be_visible()


def reaches(page: Page) -> float:
    """Return how far to the right the page and its lists reach, in pixels."""
    return float(
        page.evaluate(
            "Math.max(document.documentElement.scrollWidth, ..."
            "[...document.querySelectorAll('.farol-scrolls')]"
            ".map(each => each.getBoundingClientRect().left + each.scrollWidth))"
        )
    )


def box_of(row: Locator, cell: str) -> FloatRect:
    found = row.locator(cell).bounding_box()
    assert found is not None
    return found


@pytest.mark.parametrize("options", [{}, PHONE], ids=["screen", "phone"])
def test_moves_break_no_rule_of_accessibility(
    browser: Browser, served_small: Served, publisher: Publisher, options: dict[str, object]
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    tables = with_moves(publisher.tables(generated_at=now))
    publisher.publish(generated_at=now, tables=tables)
    served_small.command("datalayer", "activate", "--confirm")
    with visiting(browser, served_small, options) as visit:
        visit.open("/availability")

        expect(visit.page.locator(".farol-moves tbody tr")).to_have_count(3)
        assert violations(visit.page) == []
        assert options != PHONE or reaches(visit.page) <= PHONE_WIDTH
