"""What changed for a part since the publication before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.portal import changes
from pages.components.change_words import cause_text
from pages.components.part.since import adding_up
from tests.pages.conftest import OpenPage, texts
from tests.pages.part.test_part import html, republish, with_values
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
