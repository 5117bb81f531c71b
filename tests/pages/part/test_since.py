"""What changed for a part since the publication before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer import runtime
from datalayer.portal import changes
from pages.components.change_words import cause_text
from pages.components.part.since import adding_up
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.part.test_part import html, republish, with_values, without
from tests.pages.speaking import speaking
from tests.publisher import Publisher

AMOUNTS = st.decimals(-10_000, 10_000, places=6)


@pytest.mark.usefixtures("active")
def test_without_a_publication_before_a_line_says_so(open_page: OpenPage) -> None:
    assert "No publication before this one" in texts(
        open_page("forecast.py", locale="en", item="P00001")
    )


@pytest.mark.usefixtures("active")
def test_another_order_is_told_before_and_after(open_page: OpenPage, active: Publisher) -> None:
    republish(
        active,
        fact_inventory=with_values("P00001", order_quantity=40.0),
        fact_action=with_values("P00001", quantity=40.0),
    )

    said = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "Proposed order: 30, now 40 (+10)." in said


@pytest.mark.usefixtures("active")
def test_the_same_plan_has_no_other_order(open_page: OpenPage, active: Publisher) -> None:
    republish(active)

    said = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "Compared with that of" in said
    assert "Proposed order" not in said


def test_pieces_and_metres_are_not_subtracted(open_page: OpenPage, active: Publisher) -> None:
    republish(
        active,
        dim_item=with_values("P00001", unit="m"),
        fact_inventory=with_values("P00001", order_quantity=49.0),
        fact_action=with_values("P00001", quantity=49.0),
    )

    said = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "It was counted in un, now in m: no difference can be told." in said
    assert "Proposed order: 30 un, now 49 m.<" in said
    assert "(+19)" not in said
    assert re.search(r"Forecast from [^:]+: [\d.]+ un, now [\d.]+ m\.<", said)


def test_what_is_not_known_is_no_order_and_no_forecast_of_0(
    open_page: OpenPage, active: Publisher
) -> None:
    republish(
        active,
        fact_inventory=without(item_id="P00001"),
        fact_metrics=without(item_id="P00001"),
        fact_action=without(item_id="P00001"),
    )

    said = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "Proposed order: 30, now not known.<" in said
    assert re.search(r"In the list: [^<]+, now What to do is not known\.<", said)
    assert re.search(r"Forecast from [^:]+: [\d.]+, now not known\.<", said)


def test_forecasts_by_other_periods_are_not_compared(
    open_page: OpenPage, active: Publisher
) -> None:
    active.publish(lineage={"frequency": "W"})
    runtime.portal().activate(ADMIN)

    said = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "forecasts by other periods than the other" in said
    assert "Forecast from" not in said


@given(st.lists(AMOUNTS, min_size=1, max_size=7), st.sampled_from(["1", "0.1"]))
def test_what_is_told_adds_up_to_what_is_told_of_the_whole(
    values: Sequence[Decimal], step: str
) -> None:
    told = adding_up(values, Decimal(step))

    assert sum(told) == round(sum(values) / Decimal(step)) * Decimal(step)
    assert all(abs(one - other) < Decimal(step) for one, other in zip(told, values, strict=True))


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_every_cause_has_its_words(language: str) -> None:
    with speaking(language):
        words = {cause_text(cause) for cause in changes.OrderCause}

    assert len(words) == len(changes.OrderCause)
