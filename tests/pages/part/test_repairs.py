"""A part that is repaired says on its page what comes back and what has to be bought."""

from __future__ import annotations

import pyarrow as pa
import pytest

from datalayer import runtime
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.part.test_part import LATER, html
from tests.publisher import Publisher
from tests.repaired_parts import with_repairs

pytestmark = pytest.mark.usefixtures("active")


def repaired_part(open_page: OpenPage, publisher: Publisher, locale: str = "en") -> str:
    """Return the page of a part that is repaired."""
    republish(publisher)
    return html(open_page("forecast.py", locale=locale, item="P00001"))


def republish(publisher: Publisher, **values: object) -> None:
    """Publish with two parts in repair, with other *values* in the rows that say so."""
    later = publisher.latest.generated_at + LATER
    tables = with_repairs(publisher.tables(generated_at=later))
    rows = [row | values for row in tables["fact_repair"].to_pylist()]
    tables["fact_repair"] = pa.Table.from_pylist(rows, schema=tables["fact_repair"].schema)
    publisher.publish(generated_at=later, tables=tables)
    runtime.portal().activate(ADMIN, confirmed=True)


@pytest.mark.parametrize(
    ("locale", "comes_back", "counted_on"),
    [
        (
            "en",
            "comes back from repair in 30 days; 20% are beyond repair",
            "of 8 in repair, 6 are counted on",
        ),
        (
            "pt-BR",
            "volta do conserto em 30 dias; 20% não têm conserto",
            "de 8 em conserto, conta-se com 6",
        ),
    ],
)
def test_it_says_when_it_comes_back_and_what_is_counted_on(
    locale: str, comes_back: str, counted_on: str, open_page: OpenPage, active: Publisher
) -> None:
    shown = repaired_part(open_page, active, locale)

    assert f"{comes_back}; {counted_on}" in shown


def test_nothing_in_repair_is_said(open_page: OpenPage, active: Publisher) -> None:
    republish(active, in_repair=0.0, coming_back=0.0)

    assert "none is in repair" in html(open_page("forecast.py", locale="en", item="P00001"))


def test_the_steps_to_the_number_say_what_has_to_be_bought(
    open_page: OpenPage, active: Publisher
) -> None:
    shown = repaired_part(open_page, active)

    assert "are expected to be missing: in repair, or beyond it." in shown
    assert "12 are expected to fail: 2.40 of them are beyond repair" in shown


def test_what_comes_back_is_not_told_as_ordered(open_page: OpenPage, active: Publisher) -> None:
    shown = repaired_part(open_page, active)

    assert "<dt>On order</dt><dd>nothing</dd>" in shown
    assert " + on order or back from repair 6 = " in shown


def test_its_dots_are_of_what_is_missing(open_page: OpenPage, active: Publisher) -> None:
    republish(active)

    said = texts(open_page("inventory.py", locale="en", item="P00001"))

    assert "is missing when a delivery comes, in " in said.replace("\\", "")
    assert "filled are those in which more is missing than is there" in said


def test_a_part_that_is_not_repaired_says_nothing_of_it(
    open_page: OpenPage, active: Publisher
) -> None:
    republish(active)

    shown = html(open_page("forecast.py", locale="en", item="P00009"))

    assert "repair" not in shown
