"""Which series a costly source runs on."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.selection import (
    DEFAULT_RULES,
    CostlyRule,
    SeriesFacts,
    chosen_series,
    rule_in_words,
)

pytestmark = pytest.mark.ml


def facts(*series: tuple[str, str, float, bool]) -> SeriesFacts:
    """Each series: demand class, ABC class, total demand, whether it is the network's."""
    demand_class, abc_class, demand, is_network = zip(*series, strict=True)
    return SeriesFacts(
        np.array(demand_class), np.array(abc_class), np.array(demand), np.array(is_network)
    )


def test_without_a_rule_a_source_runs_on_every_series() -> None:
    chosen = chosen_series(None, facts(("lumpy", "C", 0.0, False), ("smooth", "A", 9.0, True)))

    assert chosen.tolist() == [True, True]


def test_a_series_qualifies_by_its_demand_class_or_by_its_items_value() -> None:
    series = facts(
        ("smooth", "C", 1.0, True),
        ("erratic", "C", 1.0, True),
        ("lumpy", "A", 1.0, True),
        ("lumpy", "B", 99.0, True),
        ("intermittent", "", 99.0, True),
    )

    chosen = chosen_series(CostlyRule(max_series=5), series)

    assert chosen.tolist() == [True, True, True, False, False]


def test_a_series_below_the_network_never_qualifies() -> None:
    series = facts(("smooth", "A", 99.0, False), ("smooth", "A", 1.0, True))

    chosen = chosen_series(CostlyRule(max_series=2), series)

    assert chosen.tolist() == [False, True]


def test_the_greatest_demand_goes_first() -> None:
    series = facts(*(("smooth", "B", demand, True) for demand in (3.0, 9.0, 1.0, 7.0)))

    chosen = chosen_series(CostlyRule(max_series=2), series)

    assert chosen.tolist() == [False, True, False, True]


def test_demand_classes_go_before_valuable_items_of_greater_demand() -> None:
    series = facts(("lumpy", "A", 99.0, True), ("erratic", "C", 1.0, True))

    chosen = chosen_series(CostlyRule(max_series=1), series)

    assert chosen.tolist() == [False, True]


def test_of_equal_demands_the_first_series_is_chosen() -> None:
    series = facts(*[("smooth", "A", 5.0, True)] * 3)

    chosen = chosen_series(CostlyRule(max_series=1), series)

    assert chosen.tolist() == [True, False, False]


def test_a_rule_of_no_series_chooses_none() -> None:
    chosen = chosen_series(CostlyRule(max_series=0), facts(("smooth", "A", 5.0, True)))

    assert not chosen.any()


@pytest.mark.parametrize("source", ["arima", "prophet"])
def test_costly_sources_have_a_rule_of_their_own(source: str) -> None:
    assert DEFAULT_RULES[source].max_series > 0


def test_the_lineage_names_everything_a_rule_looks_at() -> None:
    rule = CostlyRule(demand_classes=("smooth",), abc_classes=("A", "B"), max_series=7)

    words = rule_in_words(rule)

    assert all(part in words for part in ("7", "network", "smooth", "A or B", "greatest demand"))
    assert rule_in_words(None) == "all series"
