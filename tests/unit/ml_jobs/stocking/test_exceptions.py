"""Exceptions: each reason where it holds and nowhere else, the greatest value first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.classification import demand_classes
from ml_jobs.dispersion import learn_pools
from ml_jobs.options import DEFAULT_THRESHOLDS, ForecastOptions, thresholds_of
from ml_jobs.panel import Frequency, Items, Panel, Stock
from ml_jobs.stocking.exceptions import exception_rows, rank_exceptions, reasons_of
from ml_jobs.stocking.inventory import inventory_of, levels_of
from ml_jobs.stocking.lead_time import Outlook, lead_sums, learn_sum_pools
from ml_jobs.stocking.messages import NO_REF, Messages, no_days
from ml_jobs.stocking.plausibility import check_reasons
from ml_jobs.stocking.shifts import interval_shift, level_shift
from ml_jobs.stocking.situation import ChampionRecord, Situation
from tests.unit.ml_jobs.panels import historic_of, items_of, panel_of, stock_of

pytestmark = pytest.mark.ml

NAN = float("nan")
OPTIONS = ForecastOptions()


def poisson_panel(series: int = 2) -> Panel:
    return panel_of(np.random.default_rng(9).poisson(1.0, (series, 400)).astype(float))


def situation_of(
    panel: Panel,
    *,
    items: Items | None = None,
    stock: Stock | None = None,
    record: ChampionRecord | None = None,
    moved: FloatArray | None = None,
) -> Situation:
    items, stock = items or items_of(panel), stock or stock_of(panel)
    classes = demand_classes(panel)
    pools = learn_pools(panel, classes, thin=np.zeros(len(classes), dtype=bool))
    mean = np.repeat(np.nanmean(panel.demand, axis=1)[:, None], 28, axis=1)
    sources = np.array(["tsb"] * len(panel.item_ids))
    outlook = Outlook(sources, replace(historic_of(panel), mean=mean), classes)
    levels = levels_of(items, stock)
    if moved is not None:
        levels = replace(levels, moved=moved)
    sums = lead_sums(
        panel,
        outlook,
        learn_sum_pools(panel, classes, pools),
        lead_time=levels.lead_time,
        review_days=OPTIONS.review_days,
    )
    inventory = inventory_of(
        panel, levels, outlook, sums, planned=levels.service_level, options=OPTIONS
    )
    return Situation(panel, items, outlook, inventory, record, OPTIONS)


def record_of(
    panel: Panel, forecast: np.ndarray, actual: np.ndarray, *, first: int
) -> ChampionRecord:
    """Forecasts from the period *first* on, with twice the forecast as 99 % quantile."""
    dates = panel.dates[first : first + actual.shape[1]]
    count = len(forecast)
    alike = np.zeros(count, bool)
    return ChampionRecord(forecast, actual, 2.0 * forecast, dates, np.zeros(count), alike)


def unranked(situation: Situation) -> pa.Table:
    return exception_rows(situation, reasons_of(situation))


def fact_exception(situation: Situation) -> pa.Table:
    return rank_exceptions([unranked(situation)])


def rows(table: pa.Table, code: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = table.filter(pc.equal(table["reason_code"], code)).to_pylist()
    return found


def test_every_reason_given_is_one_of_the_contract(registry: Registry) -> None:
    known = set(DEFAULT_THRESHOLDS)

    assert known <= set(registry.reason_codes)
    assert {name: thresholds_of(registry)[name] for name in known} == dict(DEFAULT_THRESHOLDS)


def test_stock_that_ends_before_a_delivery_is_listed_with_both_times() -> None:
    panel = poisson_panel()
    stock = stock_of(panel, current_stock=[5.0, 60.0])

    found = rows(fact_exception(situation_of(panel, stock=stock)), "stockout_before_delivery")

    assert [row["item_id"] for row in found] == ["P000"]
    assert found[0]["observed"] == pytest.approx(5.0, rel=0.15)
    assert found[0]["expected"] == 14.0
    assert found[0]["threshold"] == 0.0
    assert found[0]["since"] == panel.data_through.item()
    assert found[0]["source"] == "tsb"


def test_a_position_below_the_reorder_point_is_listed() -> None:
    panel = poisson_panel()
    stock = stock_of(panel, current_stock=[15.0, 15.0], on_order=[0.0, 30.0])

    situation = situation_of(panel, stock=stock)
    found = rows(fact_exception(situation), "below_reorder_point")

    assert [row["item_id"] for row in found] == ["P000"]
    assert found[0]["observed"] == 15.0
    assert found[0]["expected"] == situation.inventory.policy.reorder_point[0]


def test_stock_for_years_is_listed_at_the_value_that_is_too_much() -> None:
    panel = poisson_panel()
    stock = stock_of(panel, current_stock=[600.0, 40.0])

    situation = situation_of(panel, stock=stock)
    found = rows(fact_exception(situation), "overstock")

    assert [row["item_id"] for row in found] == ["P000"]
    assert found[0]["value_at_risk"] == 2.0 * (600.0 - situation.inventory.policy.order_up_to[0])


def test_a_minimum_order_of_many_years_is_listed_with_how_long_it_lasts() -> None:
    panel = poisson_panel()
    items = items_of(panel, minimum_order=[4000.0, 20.0])
    stock = stock_of(panel, current_stock=[60.0, 60.0])

    table = fact_exception(situation_of(panel, items=items, stock=stock))
    (found,) = rows(table, "large_minimum_order")

    per_day = float(np.nanmean(panel.demand[0]))
    assert found["item_id"] == panel.item_ids[0]
    assert found["observed"] == round(4000.0 / per_day)
    assert found["expected"] == 14.0 + OPTIONS.review_days
    assert found["value_at_risk"] == pytest.approx(2.0 * (4000.0 - 1825.0 * per_day))
    assert found["severity"] == "low"


REPAIRED = {"repair_days": [30.0, 30.0], "condemnation": [0.1, 0.0]}


def test_a_minimum_order_of_repaired_parts_lasts_until_it_is_beyond_repair() -> None:
    panel = poisson_panel()
    items = items_of(panel, minimum_order=[400.0, 400.0], **REPAIRED)
    stock = stock_of(panel, current_stock=[60.0, 60.0])

    table = fact_exception(situation_of(panel, items=items, stock=stock))

    # Of the other part nothing is ever beyond repair.
    (found,) = rows(table, "large_minimum_order")
    per_day = 0.1 * float(np.nanmean(panel.demand[0]))
    assert found["item_id"] == panel.item_ids[0]
    assert found["observed"] == round(400.0 / per_day)
    assert found["value_at_risk"] == pytest.approx(2.0 * (400.0 - 1825.0 * per_day))


def test_an_order_of_repaired_parts_lasts_until_it_is_beyond_repair() -> None:
    panel = poisson_panel()
    situation = situation_of(panel, items=items_of(panel, **REPAIRED))
    both = np.arange(2)

    reasons = check_reasons(situation, orders_of(both, 100.0), np.zeros(2, np.int64))

    (lasting,) = (reason for reason in reasons if reason.code == "lasts_long")
    assert lasting.holds.tolist() == [True, False]
    assert lasting.observed[0] == round(1000.0 / float(np.nanmean(panel.demand[0])))


def orders_of(series: IntArray, quantity: float) -> Messages:
    """Orders of so many units for each of the *series*."""
    count = len(series)
    unknown, days = np.full(count, NAN), no_days(count)
    return Messages(
        series,
        np.full(count, "order"),
        np.full(count, "this_week"),
        np.full(count, NO_REF),
        np.full(count, quantity),
        days,
        days,
        days,
        unknown,
        unknown,
        unknown,
    )


def test_an_order_multiple_counts_as_the_least_that_can_be_ordered() -> None:
    panel = poisson_panel()
    stock = stock_of(panel, current_stock=[0.0, 0.0], order_multiple=[4000.0, NAN])

    (found,) = rows(fact_exception(situation_of(panel, stock=stock)), "large_minimum_order")

    assert (found["item_id"], found["severity"]) == (panel.item_ids[0], "medium")


def test_an_order_of_more_than_was_ever_asked_for_is_listed() -> None:
    panel = poisson_panel()
    ever = float(np.nansum(panel.demand[0]))
    items = items_of(panel, minimum_order=[ever + 30.0, ever])
    stock = stock_of(panel, current_stock=[0.0, 0.0])

    found = rows(
        fact_exception(situation_of(panel, items=items, stock=stock)), "order_above_history"
    )

    assert [row["item_id"] for row in found] == [panel.item_ids[0]]
    assert (found[0]["observed"], found[0]["expected"]) == (ever + 30.0, ever)
    assert found[0]["value_at_risk"] == pytest.approx(60.0)


def test_a_forecast_that_errs_in_one_direction_is_listed() -> None:
    panel = poisson_panel()
    actual = np.random.default_rng(1).poisson(1.0, (2, 112)).astype(float)
    forecast = np.stack([np.full(112, 0.5), np.full(112, 1.0)])
    record = record_of(panel, forecast, actual, first=200)

    table = fact_exception(situation_of(panel, record=record))

    found = rows(table, "biased")
    assert [row["item_id"] for row in found] == ["P000"]
    assert found[0]["observed"] == pytest.approx(-0.5, abs=0.1)
    assert found[0]["expected"] == 0.0
    assert found[0]["severity"] == "medium"
    assert found[0]["since"] == panel.dates[200].item()


def test_an_error_that_chance_explains_is_not_listed() -> None:
    panel = poisson_panel()
    actual = np.zeros((2, 40))
    actual[:, 3] = 30.0
    record = record_of(panel, np.full((2, 40), 0.4), actual, first=200)

    table = fact_exception(situation_of(panel, record=record))

    assert rows(table, "biased") == []


def test_a_steady_error_in_one_direction_shows_in_the_tracking_signal() -> None:
    panel = poisson_panel()
    record = record_of(panel, np.full((2, 40), 1.3), np.ones((2, 40)), first=200)

    found = rows(fact_exception(situation_of(panel, record=record)), "tracking_signal")

    assert [row["observed"] for row in found] == [1.0, 1.0]


def test_few_demands_are_marked_as_thin_history() -> None:
    demand = np.full((2, 400), NAN)
    demand[0, 100:] = 1.0
    demand[1, 380:] = 0.0
    demand[1, 380:383] = 2.0
    panel = panel_of(demand)

    found = rows(fact_exception(situation_of(panel)), "thin_history")

    assert [row["item_id"] for row in found] == ["P001"]
    assert (found[0]["observed"], found[0]["expected"]) == (3.0, 10.0)
    assert found[0]["since"] == panel.dates[380].item()


def test_a_part_that_nobody_asked_for_of_late_is_listed_with_the_days() -> None:
    demand = np.ones((2, 400))
    demand[0, 200:] = 0.0
    panel = panel_of(demand)

    found = rows(fact_exception(situation_of(panel)), "stale_history")

    assert [row["item_id"] for row in found] == ["P000"]
    assert found[0]["observed"] == 200.0
    assert found[0]["expected"] == 2.0
    assert found[0]["since"] == panel.dates[200].item()


def test_the_greatest_value_at_risk_comes_first_and_an_unknown_one_last() -> None:
    panel = poisson_panel(4)
    items = items_of(panel, unit_cost=[1.0, NAN, 50.0, 7.0])
    stock = stock_of(panel, current_stock=[0.0] * 4)

    table = fact_exception(situation_of(panel, items=items, stock=stock))

    values = table["value_at_risk"].to_pylist()
    known = [value for value in values if value is not None]
    assert table["rank"].to_pylist() == list(range(1, table.num_rows + 1))
    assert known == sorted(known, reverse=True)
    assert values[len(known) :] == [None] * (len(values) - len(known))
    assert table["item_id"][0].as_py() == "P002"


def test_what_is_not_known_is_no_reason() -> None:
    panel = poisson_panel()
    stock = stock_of(panel, current_stock=[NAN, NAN])

    table = fact_exception(situation_of(panel, stock=stock))

    assert table.num_rows == 0
    assert table.schema.field("since").type == pa.date32()


def test_a_threshold_of_the_settings_is_applied_and_shown() -> None:
    panel = poisson_panel()
    stock = stock_of(panel, current_stock=[20.0, 60.0])
    situation = situation_of(panel, stock=stock)
    strict = replace(OPTIONS, thresholds={**OPTIONS.thresholds, "stockout_before_delivery": 10.0})

    found = rows(fact_exception(replace(situation, options=strict)), "stockout_before_delivery")

    assert [(row["item_id"], row["threshold"]) for row in found] == [("P000", 10.0)]


def daily(level: np.ndarray, *, series: int = 1, seed: int = 5) -> Panel:
    """Counts that scatter more than Poisson about a level per day."""
    size = np.random.default_rng(seed)
    return panel_of(size.negative_binomial(level, 0.5, (series, len(level))).astype(float))


def test_a_level_that_doubled_is_listed_from_where_it_did() -> None:
    panel = daily(np.repeat([2.0, 5.0], [340, 60]))

    found = rows(fact_exception(situation_of(panel)), "demand_shifted")

    assert found[0]["observed"] == pytest.approx(5.0, rel=0.3)
    assert found[0]["expected"] == pytest.approx(2.0, rel=0.3)
    assert found[0]["threshold"] == 0.5
    assert found[0]["severity"] == "medium"
    begun = np.datetime64(found[0]["since"], "D") - panel.dates[340]
    assert abs(int(begun.astype(int))) <= 14


def test_a_level_that_fell_is_listed_as_less_urgent() -> None:
    panel = daily(np.repeat([5.0, 2.0], [340, 60]))

    found = rows(fact_exception(situation_of(panel)), "demand_shifted")

    assert [row["severity"] for row in found] == ["low"]


def test_a_level_that_stays_is_not_listed_more_often_than_chance() -> None:
    panel = daily(np.full(400, 2.0), series=2000)

    shift = level_shift(panel)

    assert shift.beyond_chance.mean() < 0.005


def test_a_change_below_the_threshold_is_not_listed_however_sure_it_is() -> None:
    panel = daily(np.repeat([100.0, 130.0], [340, 60]))

    shift = level_shift(panel)
    found = rows(fact_exception(situation_of(panel)), "demand_shifted")

    assert shift.beyond_chance.all()
    assert found == []


def test_a_history_too_short_to_know_what_is_usual_has_not_shifted() -> None:
    demand = np.full((1, 400), NAN)
    demand[0, 330:] = np.repeat([1.0, 9.0], [14, 56])
    panel = panel_of(demand)

    shift = level_shift(panel)

    assert not shift.beyond_chance.any()
    assert np.isnan(shift.recent[0])


@pytest.mark.parametrize("frequency", list(Frequency))
def test_a_shift_is_seen_at_every_frequency(frequency: Frequency) -> None:
    demand = np.full((1, 72), 20.0)
    demand[0, ::2] = 24.0
    demand[0, -13 if frequency is Frequency.WEEKLY else -6 :] = 90.0
    longer = np.repeat(demand, 10, axis=1) if frequency is Frequency.DAILY else demand
    panel = panel_of(longer, frequency=frequency)

    shift = level_shift(panel)

    assert shift.beyond_chance.all()
    assert shift.recent[0] > shift.before[0]


def test_demand_beyond_all_that_was_forecast_is_listed_on_its_day() -> None:
    panel = poisson_panel()
    actual = np.ones((2, 28))
    actual[0, -3], actual[1, 2] = 9.0, 9.0
    record = record_of(panel, np.full((2, 28), 1.5), actual, first=372)

    found = rows(fact_exception(situation_of(panel, record=record)), "outlier")

    assert [row["item_id"] for row in found] == ["P000"]
    assert (found[0]["observed"], found[0]["expected"]) == (9.0, 1.5)
    assert found[0]["value_at_risk"] == 2.0 * (9.0 - 1.5)
    assert found[0]["since"] == panel.dates[-3].item()


@pytest.mark.parametrize("demand", [2.9, 4.4])
def test_demand_within_the_quantile_or_the_threshold_is_no_outlier(demand: float) -> None:
    panel = poisson_panel()
    actual = np.ones((2, 28))
    actual[0, -3] = demand
    record = record_of(panel, np.full((2, 28), 1.5), actual, first=372)

    table = fact_exception(situation_of(panel, record=record))

    assert rows(table, "outlier") == []


def often(chances: np.ndarray, *, series: int = 1, seed: int = 8) -> Panel:
    """Demand of 3 units on a share of the days."""
    random = np.random.default_rng(seed).random((series, len(chances)))
    return panel_of(3.0 * (random < chances))


def test_demand_that_came_daily_and_comes_rarely_changed_its_class() -> None:
    panel = often(np.repeat([0.95, 0.3], [344, 56]))

    found = rows(fact_exception(situation_of(panel)), "class_changed")

    assert found[0]["expected"] == pytest.approx(1 / 0.95, rel=0.1)
    assert found[0]["observed"] == pytest.approx(1 / 0.3, rel=0.4)
    assert found[0]["threshold"] == 1.32
    assert found[0]["since"] == panel.dates[344].item()


def test_demand_that_comes_as_often_as_before_keeps_its_class() -> None:
    panel = often(np.full(400, 0.75), series=2000)

    shift = interval_shift(panel)

    assert shift.beyond_chance.mean() < 0.005


def test_an_interval_that_changed_on_one_side_of_the_limit_keeps_its_class() -> None:
    panel = often(np.repeat([0.6, 0.2], [344, 56]))

    assert interval_shift(panel).beyond_chance.all()
    assert rows(fact_exception(situation_of(panel)), "class_changed") == []


def test_partitions_are_ranked_together() -> None:
    panel = poisson_panel(4)
    items = items_of(panel, unit_cost=[1.0, NAN, 50.0, 7.0])
    stock = stock_of(panel, current_stock=[0.0] * 4)
    whole = unranked(situation_of(panel, items=items, stock=stock))
    halves = [
        whole.filter(pc.is_in(whole["item_id"], pa.array(ids)))
        for ids in (["P002", "P003"], ["P000", "P001"])
    ]

    assert rank_exceptions(halves).to_pylist() == rank_exceptions([whole]).to_pylist()


def test_no_exceptions_at_all_are_an_empty_table() -> None:
    nothing = unranked(situation_of(poisson_panel())).slice(0, 0)

    table = rank_exceptions([nothing])

    assert table.num_rows == 0
    assert table.column_names[0] == "rank"
