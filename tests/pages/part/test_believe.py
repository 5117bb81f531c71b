"""Three facts about a forecast, or why nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from datalayer.kernel.contract.registry import Registry
from pages.components.part.believe import three_facts
from tests.pages.conftest import OpenPage
from tests.pages.part.test_part import html, republish, with_values, without
from tests.pages.speaking import speaking
from tests.publisher import Publisher

MEASURES: dict[str, Any] = {
    "source": "lstm",
    "horizon": 13,
    "n_origins": 4,
    "n_obs": 52,
    "verdict": "better",
    "fva_vs_naive": 0.38,
    "fva_low": 0.29,
    "fva_high": 0.47,
    "coverage_80": 41 / 52,
    "bias": 0.91,
}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


def facts(registry: Registry, **values: object) -> tuple[str, ...]:
    return three_facts(MEASURES | values, registry, frequency="W")


def test_the_value_added_is_told_with_its_range_and_its_tests(registry: Registry) -> None:
    past, _, _ = facts(registry)

    assert past == (
        "Better than repeating the past: forecast and range together are off by 38% less "
        "(from 29% less to 47% less), in 4 tests over 13 weeks each."
    )


def test_a_worse_forecast_is_said_to_be_worse(registry: Registry) -> None:
    past, _, _ = facts(
        registry, verdict="worse", fva_vs_naive=-148.8, fva_low=-200.0, fva_high=-0.1
    )

    assert past.startswith(
        "Worse than repeating the past: forecast and range together are off by 150 times as much"
    )


def test_a_difference_that_may_be_chance_is_no_difference(registry: Registry) -> None:
    past, _, _ = facts(registry, verdict="alike", fva_low=-0.1)

    assert past.startswith("Like repeating the past")
    assert "may be chance" in past


def test_the_range_is_told_by_what_fell_inside(registry: Registry) -> None:
    _, band, _ = facts(registry)

    assert band == (
        "Range that holds: 41 of 52 weeks fell inside it (8 in 10); 8 in 10 were asked."
    )


def test_a_range_that_holds_less_than_asked_is_too_narrow(registry: Registry) -> None:
    _, band, _ = facts(registry, coverage_80=26 / 52)

    assert band.startswith("Range too narrow: 26 of 52 weeks")


@pytest.mark.parametrize(
    ("bias", "said"),
    [
        (0.91, "Too high: all tests together, it was 91% above what was used."),
        (-0.37, "Too low: all tests together, it was 37% below what was used."),
        (0.05, "About right: all tests together, it was 5% above what was used."),
        (4.0, "Too high: all tests together, it came to 5 times what was used."),
        (0.001, "Neither too high nor too low: all tests together, it came to what was used."),
        (None, "Too high or too low: nothing was used in the tests, so nobody can tell."),
    ],
)
def test_the_bias_is_told_with_its_direction(
    registry: Registry, bias: float | None, said: str
) -> None:
    assert facts(registry, bias=bias)[2] == said


@pytest.mark.usefixtures("active")
def test_a_part_that_was_never_tested_is_refused_all_three(
    open_page: OpenPage, active: Publisher
) -> None:
    republish(active, fact_metrics=without(item_id="P00001"))

    said = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "was not tested here" in said
    assert "repeating the past" not in said


@pytest.mark.usefixtures("active")
def test_a_thin_history_says_how_much_there_is_and_what_is_needed(
    open_page: OpenPage, active: Publisher
) -> None:
    thin = with_values("P00001", reason_code="thin_history", observed=3.0, expected=10.0)
    republish(active, fact_exception=thin)

    said = html(open_page("forecast.py", locale="en", item="P00001"))

    assert "there are 3 demands, and 10 demands are needed" in said
