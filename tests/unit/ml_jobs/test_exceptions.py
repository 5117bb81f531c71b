"""Exceptions: each reason where it holds and nowhere else, the greatest value first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalayer.contract.registry import Registry
from ml_jobs.classification import demand_classes
from ml_jobs.exceptions import Record, Situation, fact_exception
from ml_jobs.gold import thresholds_of
from ml_jobs.inventory import inventory_of
from ml_jobs.lead_time import Outlook
from ml_jobs.options import DEFAULT_THRESHOLDS, ForecastOptions
from ml_jobs.panel import Items, Panel, Stock
from ml_jobs.quantiles import spread_of
from tests.unit.ml_jobs.panels import items_of, panel_of, stock_of

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
    record: Record | None = None,
) -> Situation:
    items, stock = items or items_of(panel), stock or stock_of(panel)
    classes = demand_classes(panel)
    mean = np.repeat(np.nanmean(panel.demand, axis=1)[:, None], 28, axis=1)
    sources = np.array(["tsb"] * len(panel.item_ids))
    outlook = Outlook(sources, mean, spread_of(panel, classes), classes)
    inventory = inventory_of(panel, items, stock, outlook, OPTIONS)
    return Situation(panel, items, outlook, inventory, record, OPTIONS)


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


def test_a_forecast_that_errs_in_one_direction_is_listed() -> None:
    panel = poisson_panel()
    actual = np.random.default_rng(1).poisson(1.0, (2, 112)).astype(float)
    forecast = np.stack([np.full(112, 0.5), np.full(112, 1.0)])
    record = Record(forecast, actual, panel.dates[200])

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
    record = Record(np.full((2, 40), 0.4), actual, panel.dates[200])

    table = fact_exception(situation_of(panel, record=record))

    assert rows(table, "biased") == []


def test_a_steady_error_in_one_direction_shows_in_the_tracking_signal() -> None:
    panel = poisson_panel()
    record = Record(np.full((2, 40), 1.3), np.ones((2, 40)), panel.dates[200])

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
