"""What an administrator does about log, users and keys, in a real browser, and what it opens."""

from __future__ import annotations

import csv
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit
from tests.integration.servers import wait_until


@pytest.fixture
def administrator(browser: Browser, served_small: Served) -> Iterator[Visit]:
    """A tab, signed in to the administration of a portal of one test alone."""
    with administering(browser, served_small) as visit:
        yield visit


@pytest.fixture
def onlooker(browser: Browser, shared_small: Served) -> Iterator[Visit]:
    """The same on a portal of all tests that change nothing."""
    with administering(browser, shared_small) as visit:
        yield visit


@contextmanager
def administering(browser: Browser, served: Served) -> Iterator[Visit]:
    """Open a tab and sign in to the administration."""
    with visiting(browser, served, {}) as visit:
        visit.open("/admin?section=accounts")
        sign_in(visit, "admin", served.password)
        expect(visit.page.get_by_role("heading", name="Accounts and keys")).to_be_visible()
        wait_until(
            lambda: (
                sum(each["name"].startswith("farol") for each in visit.page.context.cookies()) == 2
            ),
            within_s=60,
            problem="the cookies were not written",
        )
        expect(visit.page.locator("iframe")).to_have_count(0)
        visit.settle()
        yield visit


def sign_in(visit: Visit, name: str, password: str) -> None:
    form = visit.page.get_by_test_id("stForm").filter(
        has=visit.page.get_by_role("button", name="Sign in")
    )
    form.get_by_label("User name").fill(name)
    form.get_by_label("Password", exact=True).fill(password)
    form.get_by_role("button", name="Sign in").click()


def field(visit: Visit, name: str) -> Locator:
    return visit.page.get_by_role("textbox", name=name)


def press(visit: Visit, name: str | re.Pattern[str]) -> None:
    visit.page.get_by_role("button", name=name).click()
    visit.settle()


def secret(visit: Visit) -> str:
    """Return the password or key that is shown this once, and close what shows it."""
    dialog = visit.page.get_by_role("dialog", name="Copy it now")
    expect(dialog).to_be_in_viewport()
    shown = dialog.get_by_test_id("stCode").inner_text().strip()
    close(visit)
    expect(visit.page.get_by_text(shown)).to_have_count(0)
    return shown


def close(visit: Visit) -> None:
    """Say that the secret was copied; nothing else closes it."""
    visit.page.keyboard.press("Escape")
    press(visit, "I have copied it")
    expect(visit.page.get_by_role("dialog")).to_have_count(0)


def status(served: Served, key: str) -> int:
    """Return how the API answers a read with *key*."""
    request = urllib.request.Request(
        f"{served.address}/api/v1/publications", headers={"X-API-Key": key}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_new_user_signs_in_with_the_password_that_was_shown(
    administrator: Visit, browser: Browser
) -> None:
    field(administrator, "User name").fill("bruno")
    press(administrator, "Add and show the password")
    password = secret(administrator)

    with visiting(browser, administrator.served, {}) as other:
        other.open("/admin")
        sign_in(other, "bruno", password)
        expect(other.page.get_by_text("Signed in as bruno")).to_be_visible()
        expect(other.page.get_by_text(re.compile("may not administer"))).to_be_visible()

    assert password not in administrator.page.url


def test_a_revoked_key_gets_401(administrator: Visit) -> None:
    field(administrator, "For which program or person").fill("power-bi")
    press(administrator, "Make it and show it")
    key = secret(administrator)
    before = status(administrator.served, key)

    press(administrator, re.compile("Revoke power-bi"))
    press(administrator, "Revoke it now")
    expect(administrator.page.get_by_text(re.compile("is refused from here on"))).to_be_visible()

    assert (before, status(administrator.served, key)) == (200, 401)
    expect(administrator.page.get_by_text(key)).to_have_count(0)


def test_a_double_click_hides_no_password(administrator: Visit) -> None:
    field(administrator, "User name").fill("twice")
    add = administrator.page.get_by_role("button", name="Add and show the password")

    add.click(click_count=2, delay=60)  # ms, so that the second comes while the first is at work

    expect(administrator.page.get_by_text("twice is a new user")).to_be_visible()
    assert secret(administrator)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_refusal_is_read_where_one_looks_and_breaks_no_rule_of_accessibility(
    onlooker: Visit, scheme: Literal["light", "dark"]
) -> None:
    onlooker.page.emulate_media(color_scheme=scheme)
    field(onlooker, "For which program or person").fill("Power BI of sales")
    press(onlooker, "Make it and show it")

    dialog = onlooker.page.get_by_role("dialog", name="Nothing was changed")
    expect(dialog.get_by_text("the name is 'Power BI of sales'")).to_be_in_viewport()
    assert violations(onlooker.page) == []


def test_the_file_has_exactly_the_entries_that_are_filtered(
    administrator: Visit, tmp_path: Path
) -> None:
    for name in ("bruno", "carla", "dora"):
        field(administrator, "User name").fill(name)
        press(administrator, "Add and show the password")
        expect(administrator.page.get_by_text(re.compile(f"{name} is a new user"))).to_be_visible()
        close(administrator)
    administrator.page.get_by_role("radio", name="Audit trail").click()
    expect(administrator.page.get_by_role("heading", name="Audit trail")).to_be_visible()
    administrator.settle()

    text = field(administrator, "Text or publication")
    text.fill("add a user")
    text.press("Enter")
    expect(administrator.page).to_have_url(re.compile("text=add"))
    expect(administrator.page.get_by_text(re.compile("1 to 4 of 4 entries"))).to_be_visible()
    with administrator.page.expect_download() as download:
        administrator.page.get_by_role("button", name=re.compile("Download 4 entries")).click()
    download.value.save_as(tmp_path / "audit.csv")

    with (tmp_path / "audit.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Details"].split(";")[0] for row in rows] == [
        "user dora",
        "user carla",
        "user bruno",
        "user admin",
    ]
    assert {row["What was done"] for row in rows} == {"add a user"}
    assert all(row["When (UTC)"].endswith("Z") for row in rows)
    told = (administrator.served.store.parent / "state/audit.jsonl").read_text(encoding="utf-8")
    logged = [json.loads(line) for line in told.splitlines()]
    assert len(rows) == sum(entry["action"] == "user_add" for entry in logged)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 320])
@pytest.mark.parametrize("section", ["audit", "accounts", "health"])
def test_a_section_breaks_no_rule_of_accessibility_and_fits_its_screen(
    onlooker: Visit, section: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = onlooker.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 4000})
    onlooker.open(f"/admin?section={section}")
    expect(page.get_by_role("heading", level=2)).to_be_visible()

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
