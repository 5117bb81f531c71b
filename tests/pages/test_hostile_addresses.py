"""Whatever an address has in it, a page says what it left out and shows the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest
from structlog.testing import capture_logs

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import questions
from datalayer.runtime import portal
from pages.components.captions import literal
from tests.marked_list import publish_orders
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher

FILTERS = (*questions.listings.FILTERS, "action", "location", "put_aside", "page")
PARAMETERS = {
    "": (*FILTERS, "ticked", "lang", "q"),
    "forecast.py": (*FILTERS, "location_id", "span", "sources", "compare", "lang", "q"),
    "accuracy.py": (
        *("source", "category", "demand_class", "location"),
        *("measure", "order", "page", "ledger", "beside", "lang"),
    ),
    "orders.py": (*FILTERS, "rows", "lang"),
    "changes.py": ("before", "after", "location", "measure", "sort", "category", "demand_class"),
    "availability.py": ("contract", "point", "budget", "location", "main", "page", "moves", "lang"),
    "inventory.py": (*FILTERS, "q", "order", "status", "item", "lang"),
    "data.py": (
        *("dataset", "columns", "order", "format", "dialect", "page", "lang", "find"),
        *("item_id", "name_contains", "unit_cost_min", "category_null", "generated_at_max"),
        *("colour", "<b>", "a\0b"),
    ),
}
HOSTILE = (
    "",
    "x" * 10_000,
    "2," * 3000 + "1",
    "<img src=x onerror=alert(1)>",
    "'; drop table fact_action; --",
    "a\0b",
    "\u202eabc",
    "-1",
    "99999999999999999999",
    "１",
    "1-99999999",
    ",\\",
)
PORTUGUESE = {"de", "da", "do", "dos", "com", "uma", "um", "número", "lista", "página", "que"}
ENGLISH = ("must be", "given", "Something went wrong", "Traceback")


@pytest.fixture
def orders(state: object, publisher: Publisher) -> Manifest:
    """A list of 23 orders."""
    made = publish_orders(publisher, 23)
    portal().activate(ADMIN, confirmed=True)
    return made


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("page", PARAMETERS)
def test_a_hostile_address_is_told_in_the_users_language_and_the_page_is_shown(
    page: str, open_page: OpenPage
) -> None:
    app = open_page(page)
    title = app.title[0].value

    for value in HOSTILE:
        app.query_params.update(dict.fromkeys(PARAMETERS[page], value))
        app.run()

        assert not app.exception, value
        assert app.title[0].value == title, value
        assert [each for each in ENGLISH if each in texts(app)] == [], value
        assert "\u202e" not in texts(app), value


@pytest.mark.usefixtures("orders")
def test_values_that_a_filter_takes_are_told_as_the_address_has_them(open_page: OpenPage) -> None:
    app = open_page(action="verificar")

    assert "order, expedite, defer, cancel, move, check" in app.warning[0].value


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(("item", "told"), [("\0\1", "x00"), ("  ", "'  '"), ("P\u202e1", "u202e")])
def test_a_code_of_signs_that_are_not_seen_is_told_as_python_writes_it(
    open_page: OpenPage, item: str, told: str
) -> None:
    app = open_page("forecast.py", item=item)

    assert told in app.warning[0].value


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("", {"page": "x"}),
        ("", {"ticked": "x"}),
        ("accuracy.py", {"page": "x", "order": "x", "source": "x", "ledger": "x", "beside": "x"}),
        ("inventory.py", {"page": "x", "order": "x", "location": "x"}),
        ("availability.py", {"page": "x", "point": "x", "contract": "x", "budget": "x"}),
    ],
)
def test_the_log_is_in_english_whatever_language_the_page_is_in(
    page: str, asked: dict[str, str], open_page: OpenPage
) -> None:
    with capture_logs() as told:
        open_page(page, **asked)

    problems = [str(each["problem"]) for each in told if each["event"] == "page.left_out"]
    assert problems
    assert [each for each in problems if PORTUGUESE & set(each.split())] == []


@pytest.mark.usefixtures("orders")
def test_what_is_wrong_with_ticks_is_told_of_the_ticks(open_page: OpenPage) -> None:
    app = open_page(ticked="x", p=portal().active_id() or "")

    assert "ticked é" in app.warning[0].value


@pytest.mark.usefixtures("orders")
def test_a_part_keeps_the_filters_of_the_list_that_can_be_used(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001", tier="will_run_out", action="none")

    assert "action é “none”" in app.warning[0].value
    assert "1 de 23" in texts(app)


@pytest.mark.parametrize("page", ["", "orders.py"])
def test_rows_of_a_publication_that_is_gone_are_no_rows_of_the_nearest(
    page: str, state: object, publisher: Publisher, open_page: OpenPage
) -> None:
    nearest = publish_orders(publisher, 23).publication_id
    portal().activate(ADMIN, confirmed=True)
    later = publisher.published[-1].generated_at + timedelta(hours=1)
    publisher.publish(generated_at=later, salt="other")
    portal().activate(ADMIN, confirmed=True)
    app = open_page(page, p="20200101T000000Z-00000000", rows="1-2", ticked="1-2")

    shown = app.main.button[0].click().run()

    assert address(shown, "p") == nearest
    assert address(shown, "rows") == ""
    assert address(shown, "ticked") == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\n# b", "a \\# b"),
        ("    code", "code"),
        ("1. Antenas", "1\\. Antenas"),
        ("+ 5 V", "\\+ 5 V"),
        ("A &lt; B", "A \\&lt; B"),
        ("\u202eabc", "abc"),
        ("www.a.example", "www\u2060.a.example"),
        ("a@b.example", "a@\u2060b.example"),
        (":smile:", "\\:\u2060smile\\:"),
        ("12 V", "12 V"),
    ],
)
def test_a_name_is_one_line_that_markdown_reads_as_text(name: str, told: str) -> None:
    assert literal(name) == told


def address(app: AppTest, name: str) -> str:
    """Return a parameter of the address; an empty text where it has none."""
    value = app.query_params.get(name, "")
    return value[0] if isinstance(value, list) else str(value)
