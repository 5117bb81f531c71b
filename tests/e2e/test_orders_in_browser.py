"""Orders taken along in a real browser: two clicks from the list to a file that has the page."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Locator, expect

from tests.e2e.page_objects import MondayPage, OrdersPage
from tests.e2e.visits import Visit

SUPPLIER = "Fornecedor S (sintético)"
FILTERS = f"?tier=this_week&supplier={quote(SUPPLIER)}"


def quantities(orders: OrdersPage) -> list[str]:
    """What the fields of the page have, from above."""
    fields = orders.page.get_by_role("spinbutton", name=re.compile("^Quantity"))
    return [field.input_value() for field in fields.all()]


def values(orders: OrdersPage) -> list[str]:
    """What the orders come to, as the page says it, from above."""
    told = orders.page.locator(".farol-comes-to > p:first-child > strong")
    return told.all_text_contents()


def take_button(orders: OrdersPage) -> Locator:
    """The button that takes all orders of the page along."""
    return orders.page.get_by_role(
        "button", name=re.compile(r"^(download )?Take \d+ orders? along$")
    )


def take_along(orders: OrdersPage, folder: Path) -> tuple[str, list[dict[str, str]]]:
    """Take the orders along; return the name of the file that the browser saved, and its rows."""
    orders.page.get_by_role("textbox", name="Your name").fill("Ana Souza")
    with orders.page.expect_download() as saved:
        take_button(orders).click()
    path = folder / "orders.csv"
    saved.value.save_as(path)
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    return saved.value.suggested_filename, list(rows)


def test_a_list_is_taken_along_in_two_clicks_once(torres_visit: Visit, tmp_path: Path) -> None:
    MondayPage.opened(torres_visit, FILTERS)
    torres_visit.page.get_by_role("link", name="All orders of this tier").click()
    orders = OrdersPage(torres_visit).shown()
    first = orders.page.get_by_role("spinbutton", name=re.compile("^Quantity")).first
    changed = int(first.input_value()) * 2
    first.fill(str(changed))
    first.press("Enter")
    expect(orders.notice("^Proposed: ")).to_be_visible()
    shown, worth = quantities(orders), values(orders)
    expect(orders.notice(f"One file with {len(shown)} rows")).to_be_visible()

    name, rows = take_along(orders, tmp_path)

    # The file is the page, to the last digit.
    assert [float(row["quantity"]) for row in rows] == [float(each) for each in shown]
    assert [f"R$ {float(row['value']):,.2f}" for row in rows] == worth
    assert float(rows[0]["proposed_quantity"]) * 2 == float(rows[0]["quantity"]) == changed
    assert {row["taken_by"] for row in rows} == {"Ana Souza"}
    assert name.endswith("_Ana-Souza.csv")

    # What was taken is gone from the list, and from what is left to take.
    expect(orders.notice(f"{len(rows)} orders taken along")).to_be_visible()
    expect(take_button(orders)).to_have_count(0)
    monday = MondayPage.opened(torres_visit, f"{FILTERS}&action=order")
    expect(monday.rows).to_have_count(0)

    # It is taken twice only if that is asked for.
    again = OrdersPage.opened(torres_visit, FILTERS)
    expect(take_button(again)).to_have_count(0)
    again.page.get_by_text(f"{len(rows)} orders already taken along").click()
    again.page.get_by_text("Take them along again").click()
    expect(take_button(again)).to_be_visible()
    _, twice = take_along(again, tmp_path)
    assert [row["item_id"] for row in twice] == [row["item_id"] for row in rows]
