"""Another publication beside the one that a part's page shows, by the address."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.part.test_part import LATER, html, republish, with_values
from tests.publisher import Publisher

pytestmark = pytest.mark.usefixtures("active")
USE = 1
"""The chart of what is used, among the page's."""


def use_of(app: AppTest) -> str:
    alt: str = app.get("plotly_chart")[USE].proto.alt
    return alt


def test_its_forecast_is_drawn_and_told_beside_this_one(
    open_page: OpenPage, active: Publisher
) -> None:
    other = active.latest.publication_id
    republish(active, fact_inventory=with_values("P00003", order_quantity=7.0))

    app = open_page("forecast.py", locale="en", item="P00003", compare=other)

    assert "Forecast of" in use_of(app)
    assert "for the same time" in use_of(app)
    assert any(f"Compared with publication {other}" in each.value for each in app.caption)
    assert "Compared with another publication" in texts(app)
    assert "now 7" in html(app)


def test_it_has_a_column_of_its_own_in_the_table(open_page: OpenPage, active: Publisher) -> None:
    other = active.latest.publication_id
    republish(active)

    app = open_page("forecast.py", locale="en", item="P00003", compare=other)
    app.session_state["use-taken"] = True
    app.run()

    headings = [str(name) for name in app.table[0].value.columns]
    assert any(name.startswith("forecast of") and other[-8:] in name for name in headings)


@pytest.mark.parametrize("asked", ["x", "20200101T000000Z-00000000", "a\0b", "x" * 10_000])
def test_a_publication_that_is_not_kept_is_named_and_left_out(
    open_page: OpenPage, asked: str
) -> None:
    app = open_page("forecast.py", locale="en", item="P00003", compare=asked)

    assert "is not kept here" in app.warning[0].value
    assert not app.exception
    assert "Forecast of" not in use_of(app)


def test_the_one_that_is_shown_is_not_compared_with_itself(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page("forecast.py", locale="en", item="P00003", compare=active.latest.publication_id)

    assert "another publication than the one that is shown" in app.warning[0].value


def test_a_part_that_the_other_does_not_have_is_said(
    open_page: OpenPage, active: Publisher
) -> None:
    other = active.latest.publication_id
    at = active.latest.generated_at + LATER
    tables = active.tables(items=7, salt="more", generated_at=at)
    active.publish(tables=tables, salt="more", generated_at=at)
    runtime.portal().activate(ADMIN)

    app = open_page("forecast.py", locale="en", item="P00007", compare=other)

    assert "does not have this part" in texts(app)
    assert not app.exception


def test_another_unit_is_said_and_not_drawn(open_page: OpenPage, active: Publisher) -> None:
    other = active.latest.publication_id
    republish(active, dim_item=with_values("P00003", unit="m"))

    app = open_page("forecast.py", locale="en", item="P00003", compare=other)

    assert "is counted in un" in texts(app)
    assert "Forecast of" not in use_of(app)
