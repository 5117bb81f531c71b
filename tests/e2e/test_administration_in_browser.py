"""An administrator judges a candidate before it is active, activates it, and undoes that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Literal
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit
from tests.publisher import Publisher, set_value


@pytest.fixture
def administrator(browser: Browser, served_small: Served) -> Iterator[Visit]:
    """A tab signed in to the administration."""
    with visiting(browser, served_small, {"locale": "en-GB"}) as visit:
        visit.open("/admin")
        visit.page.get_by_label("User name").fill("admin")
        visit.page.get_by_label("Password", exact=True).fill(served_small.password)
        visit.page.get_by_role("button", name="Sign in").click()
        expect(visit.page.get_by_role("heading", name="Kept publications")).to_be_visible()
        visit.settle()
        yield visit


@pytest.fixture
def candidate(administrator: Visit, publisher: Publisher) -> str:
    """The id of a candidate that is shown: a part that is ordered costs five times as much."""
    tables = publisher.tables()
    tables["dim_item"] = set_value(tables["dim_item"], "unit_cost", 0, 250.0)
    published = publisher.publish(tables=tables).publication_id
    press(administrator, "Look again")
    expect(administrator.page.get_by_text(published).first).to_be_visible()
    administrator.settle()
    return published


def press(visit: Visit, name: str) -> None:
    visit.page.get_by_role("button", name=name, exact=True).click()


def check(visit: Visit) -> None:
    press(visit, "Check it")
    heading = visit.page.get_by_role("heading", name="What activating it changes")
    expect(heading).to_be_visible()
    visit.settle()


def activate(visit: Visit, publication_id: str) -> None:
    """Confirm what stands out in the effect, and activate."""
    visit.page.get_by_text("I have looked at that, and it is right").click()
    visit.settle()
    press(visit, "Activate")
    expect(visit.page.get_by_text(re.compile(f"{publication_id} is active since"))).to_be_visible()
    visit.settle()


def active_id(visit: Visit) -> str:
    with urlopen(f"{visit.served.address}/health") as answer:
        return str(json.load(answer)["publication_id"])


def test_a_candidate_is_judged_activated_and_undone(
    administrator: Visit, publisher: Publisher, candidate: str
) -> None:
    page = administrator.page
    first = publisher.published[0].publication_id
    expect(page.get_by_role("button", name="Activate", exact=True)).to_have_count(0)

    check(administrator)
    expect(page.get_by_text(re.compile("they come to 9,000 instead of 3,000"))).to_be_visible()
    expect(page.get_by_role("button", name="Activate", exact=True)).to_be_disabled()
    assert active_id(administrator) == first

    activate(administrator, candidate)
    assert active_id(administrator) == candidate

    press(administrator, "Undo")
    expect(page.get_by_text(re.compile(f"{first} is active since"))).to_be_visible()
    expect(page.get_by_role("button", name="Undo", exact=True)).to_have_count(0)
    assert active_id(administrator) == first


def test_the_choice_to_roll_back_closes_and_does_not_offer_what_was_left(
    administrator: Visit, publisher: Publisher, candidate: str
) -> None:
    page = administrator.page
    first = publisher.published[0].publication_id
    check(administrator)
    activate(administrator, candidate)

    press(administrator, "Roll back")
    press(administrator, "Roll back now")
    expect(page.get_by_text(re.compile(f"{first} is active since"))).to_be_visible()
    expect(page.get_by_role("button", name="Roll back now")).to_have_count(0)
    administrator.settle()

    press(administrator, "Roll back")
    press(administrator, "Roll back now")
    expect(page.get_by_text("Choose first which publication to go back to.")).to_be_visible()
    assert active_id(administrator) == first


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 320])
def test_an_effect_breaks_no_rule_of_accessibility(
    administrator: Visit, candidate: str, scheme: Literal["light", "dark"], width: int
) -> None:
    page = administrator.page
    page.emulate_media(color_scheme=scheme)
    check(administrator)
    page.set_viewport_size({"width": width, "height": 6000})

    assert violations(page) == []
