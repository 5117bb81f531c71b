"""The inventory says of parts that are repaired what comes back, in the list and beside it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from datalayer.runtime import portal
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher
from tests.repaired_parts import with_repairs

pytestmark = pytest.mark.usefixtures("state")

REPAIRED = "P00001"
NOT_REPAIRED = "P00003"


def publish(publisher: Publisher, *, is_repairing: bool = True) -> None:
    tables = with_repairs(publisher.tables())
    if not is_repairing:
        del tables["fact_repair"]
    publisher.publish(tables=tables)
    portal().activate(ADMIN, confirmed=True)


def opened(open_page: OpenPage, *, locale: str = "en-US", **parameters: str) -> AppTest:
    app = open_page("inventory.py", locale=locale, **parameters)
    assert not app.exception
    return app


def drawn(app: AppTest) -> str:
    return " ".join(unescape(each.proto.body) for each in app.main.get("html"))


def row_of(app: AppTest, code: str) -> str:
    """Return what the list says of a part."""
    rows = re.findall(r"<tr.*?</tr>", drawn(app).partition('class="farol-stock"')[2])
    return next(re.sub("<[^>]+>", " ", row) for row in rows if code in row)


@pytest.mark.parametrize(
    ("locale", "comes_back", "counted"),
    [
        ("en-US", "comes back from repair in 30 days; 20% are beyond repair", "(6 of them from "),
        (
            "pt-BR",
            "volta do conserto em 30 dias; 20% não têm conserto",
            "(dos quais 6 do ",
        ),
    ],
)
def test_a_row_says_what_comes_back(
    locale: str, comes_back: str, counted: str, publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, locale=locale)

    assert comes_back in row_of(app, REPAIRED)
    assert counted in row_of(app, REPAIRED)
    assert comes_back not in row_of(app, NOT_REPAIRED)
    assert counted not in row_of(app, NOT_REPAIRED)


def test_the_chosen_part_tells_it_apart_from_what_is_ordered(
    publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, item=REPAIRED)

    assert "<dt>On order</dt><dd>0</dd>" in drawn(app)
    repair = "comes back from repair in 30 days; 20% are beyond repair; of 8 in repair, 6 are"
    assert f"<dt>Repair</dt><dd>{repair} counted on</dd>" in drawn(app)
    assert "Order when stock, open orders and what comes back from repair" in texts(app)


def test_a_part_that_is_not_repaired_says_nothing_of_it(
    publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher)

    app = opened(open_page, item=NOT_REPAIRED)

    assert "<dt>Repair</dt>" not in drawn(app)
    assert "Order when stock and open orders together fall to" in texts(app)


def test_a_publication_from_before_repairs_shows_its_stock(
    publisher: Publisher, open_page: OpenPage
) -> None:
    publish(publisher, is_repairing=False)

    app = opened(open_page, item=REPAIRED)

    assert "Order when stock and open orders together fall to" in texts(app)
    assert "repair" not in drawn(app)
