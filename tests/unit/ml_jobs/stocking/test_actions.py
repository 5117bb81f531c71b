"""Actions: the same as an independent implementation's, and each rule by a case of its own."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ml_jobs.panel import OpenOrders, Panel, Stock
from ml_jobs.stocking.accumulated import accumulated
from ml_jobs.stocking.actions import action_rows, rank_actions
from ml_jobs.stocking.course import DAYS
from ml_jobs.stocking.exceptions import reasons_of
from ml_jobs.stocking.messages import TIERS
from ml_jobs.stocking.moving_first import StockMoves
from ml_jobs.stocking.situation import Situation
from tests.unit.ml_jobs.panels import items_of, panel_of, stock_of
from tests.unit.ml_jobs.stocking.outlooks import sum_pools_of
from tests.unit.ml_jobs.stocking.reference_actions import (
    OpenOrder,
    PublishedPart,
    Row,
    actions_of,
    chance,
    leading_of,
    runs_out,
)
from tests.unit.ml_jobs.stocking.test_exceptions import poisson_panel, situation_of

pytestmark = pytest.mark.ml

NAN = float("nan")
SITUATIONS = 1000


def orders_for(panel: Panel, *orders: tuple[int, float, int | None]) -> OpenOrders:
    """Orders of a series, a quantity and days until due from the end of the data."""
    due = [
        np.datetime64("NaT", "D") if days is None else panel.data_through + np.timedelta64(days)
        for _, _, days in orders
    ]
    return OpenOrders(
        np.array([series for series, _, _ in orders], np.int64),
        np.array([f"{4000 + n}/1" for n in range(len(orders))], np.str_),
        np.array([quantity for _, quantity, _ in orders], np.float64),
        np.array(due, "datetime64[D]"),
        np.ones(len(orders), np.bool_),
    )


def fact_action(
    situation: Situation,
    *,
    orders: OpenOrders | None = None,
    stock: Stock | None = None,
    moves: StockMoves | None = None,
) -> pa.Table:
    rows = action_rows(
        situation,
        stock or stock_of(situation.panel),
        orders or OpenOrders.empty(),
        sum_pools_of(situation.panel),
        reasons_of(situation),
        moves or StockMoves.none(len(situation.panel.item_ids)),
    )
    return rank_actions([rows])


def actions_with(
    *orders: tuple[int, float, int | None], stock: float, on_order: float | None = None
) -> list[dict[str, object]]:
    """The actions on one part that uses one unit a day and is delivered in 14 days."""
    panel = poisson_panel(1)
    open_orders = orders_for(panel, *orders)
    ordered = open_orders.quantity.sum() if on_order is None else on_order
    levels = stock_of(panel, current_stock=[stock], on_order=[ordered])
    found: list[dict[str, object]] = fact_action(
        situation_of(panel, stock=levels), orders=open_orders
    ).to_pylist()
    return found


def day(days: int) -> date:
    """The day so many days after the stock's."""
    answer: date = (poisson_panel(1).data_through + np.timedelta64(days)).item()
    return answer


# -- the independent implementation --


class Drawn:
    """A thousand random situations of every kind."""

    def __init__(self) -> None:
        random = np.random.default_rng(12)
        rate = random.choice([0.0, 0.02, 0.2, 1.0, 6.0], (SITUATIONS, 1))
        counts = random.poisson(rate * random.gamma(2.0, 0.5, (SITUATIONS, 260))).astype(float)
        counts[::9, :150] = np.where(random.random((len(counts[::9]), 150)) < 0.1, 3.0, 0.0)
        counts[::11, 200:] = 0.0
        self.panel = panel_of(counts)
        lead = random.choice([0.0, 3.0, 7.0, 14.0, 45.5, 120.0, 400.0], SITUATIONS)
        lead[random.random(SITUATIONS) < 0.03] = NAN
        monthly = 30 * counts.mean(axis=1)
        stock = np.rint(monthly * random.choice([0, 0.1, 0.5, 1, 2, 4, 30], SITUATIONS))
        stock += random.integers(0, 3, SITUATIONS)
        stock[random.random(SITUATIONS) < 0.03] = NAN
        self.orders = self._orders(random, monthly)
        known = np.bincount(self.orders.series, weights=self.orders.quantity, minlength=SITUATIONS)
        more = np.where(random.random(SITUATIONS) < 0.1, random.integers(1, 20, SITUATIONS), 0)
        self.items = items_of(
            self.panel,
            lead_time_days=lead,
            unit_cost=np.where(random.random(SITUATIONS) < 0.1, NAN, 2.0),
            criticality=random.choice(["high", "medium", "low"], SITUATIONS),
            minimum_order=random.choice([0.0, 1.0, 25.0, NAN], SITUATIONS),
            order_multiple=random.choice([0.0, 1.0, 6.0, NAN], SITUATIONS),
            lead_time_sd_days=random.choice([0.0, 4.0, NAN], SITUATIONS),
        )
        as_of = self.panel.data_through + random.integers(0, 4, SITUATIONS)
        self.stock = stock_of(
            self.panel,
            as_of=pa.array(as_of, pa.date32()),
            current_stock=stock,
            on_order=known + more,
            service_level=random.choice([0.8, 0.95, 0.99], SITUATIONS),
        )
        self.situation = situation_of(self.panel, items=self.items, stock=self.stock)

    def _orders(self, random: np.random.Generator, monthly: np.ndarray) -> OpenOrders:
        count = random.choice([0, 1, 2, 3], SITUATIONS, p=[0.4, 0.3, 0.2, 0.1])
        series = np.repeat(np.arange(SITUATIONS), count)
        quantity = 1.0 + np.rint(monthly[series] * random.choice([0, 0.3, 1, 5], len(series)))
        due = self.panel.data_through + random.integers(-30, 200, len(series))
        due[random.random(len(series)) < 0.1] = np.datetime64("NaT", "D")
        refs = np.array([f"{n:05d}/1" for n in range(len(series))])
        order = np.lexsort((refs, due, series))
        here = np.ones(len(series), np.bool_)
        return OpenOrders(series[order], refs[order], quantity[order], due[order], here)

    def parts(self) -> list[PublishedPart]:
        inventory = self.situation.inventory
        levels, policy, proposal = inventory.levels, inventory.policy, inventory.proposal
        demand = accumulated(
            self.panel,
            self.situation.outlook,
            sum_pools_of(self.panel),
            np.broadcast_to(DAYS, (SITUATIONS, len(DAYS))),
            inventory.sums,
        )
        lead, cycle = inventory.sums.lead, inventory.sums.cycle
        exceptions: list[set[str]] = [set() for _ in range(SITUATIONS)]
        for reason in reasons_of(self.situation):
            for series in np.flatnonzero(reason.holds):
                exceptions[series].add(reason.code)
        orders: list[list[OpenOrder]] = [[] for _ in range(SITUATIONS)]
        for place, series in enumerate(self.orders.series):
            due = self.orders.due[place].item()
            orders[series].append(
                OpenOrder(str(self.orders.ref[place]), float(self.orders.quantity[place]), due)
            )
        return [
            PublishedPart(
                as_of=levels.as_of[n].astype("datetime64[D]").item(),
                stock=levels.current_stock[n],
                on_order=levels.on_order[n],
                lead_time_days=levels.lead_time.days[n],
                planned_level=policy.planned_level[n],
                reorder_point=policy.reorder_point[n],
                order_up_to=policy.order_up_to[n],
                order_quantity=np.nan_to_num(proposal.order_quantity[n]),
                order_by=proposal.order_by[n].astype("datetime64[D]").item(),
                overstock=proposal.overstock_quantity[n],
                is_overstock=proposal.status[n] == "overstock",
                minimum_order=levels.minimum_order[n],
                order_multiple=levels.order_multiple[n],
                horizon_days=28,
                demand_by_day=demand.mean[n].tolist(),
                excess_by_day=demand.excess[n].tolist(),
                least_by_day=demand.least_mean[n].tolist(),
                lead=(lead.mean[n], lead.excess[n], lead.least_mean[n]),
                cycle=(cycle.mean[n], cycle.excess[n], cycle.least_mean[n]),
                ever_used=self.panel.demand[n].sum(),
                exceptions=frozenset(exceptions[n]),
                orders=tuple(orders[n]),
            )
            for n in range(SITUATIONS)
        ]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return Drawn()


@pytest.fixture(scope="module")
def table(drawn: Drawn) -> pa.Table:
    return fact_action(drawn.situation, orders=drawn.orders, stock=drawn.stock)


def key_of(item_id: str, row: Row) -> tuple[object, ...]:
    return item_id, row.action, row.ref, row.tier, row.quantity, row.due, row.arrives


def test_a_thousand_situations_get_the_same_actions_from_an_independent_implementation(
    drawn: Drawn, table: pa.Table
) -> None:
    names = ("item_id", "action", "ref", "tier", "quantity", "due", "arrives")
    found = {tuple(row[name] for name in names): row for row in table.to_pylist()}

    expected = {}
    leading = set()
    for item_id, part in zip(drawn.panel.item_ids, drawn.parts(), strict=True):
        rows = actions_of(part)
        expected |= {key_of(item_id, row): row for row in rows}
        leading |= {key_of(item_id, leading_of(rows))[:2]} if rows else set()

    assert set(found) == set(expected)
    assert {key[:2] for key, row in found.items() if row["is_leading"]} == leading
    for name in ("expected_shortage", "shortage_avoided"):
        ours = [found[key][name] for key in expected]
        theirs = [getattr(row, name) for row in expected.values()]
        assert [value is None for value in ours] == [value is None for value in theirs]
        np.testing.assert_allclose(
            [value or 0.0 for value in ours], [value or 0.0 for value in theirs], atol=1e-6
        )


def test_a_thousand_situations_run_out_on_the_same_day_with_the_same_chance(
    drawn: Drawn, table: pa.Table
) -> None:
    parts = dict(zip(drawn.panel.item_ids, drawn.parts(), strict=True))
    rows = table.to_pylist()

    assert len(rows) > SITUATIONS / 2
    for row in rows:
        part = parts[row["item_id"]]
        assert row["runs_out"] == runs_out(part), row
        assert row["stockout_probability"] == pytest.approx(chance(part), abs=1e-9), row


def test_what_is_not_on_order_runs_out_on_the_day_that_the_inventory_says(
    drawn: Drawn, table: pa.Table
) -> None:
    proposal = drawn.situation.inventory.proposal
    days = dict(zip(drawn.panel.item_ids, proposal.stockout_date, strict=True))
    on_order = dict(
        zip(drawn.panel.item_ids, drawn.situation.inventory.levels.on_order, strict=True)
    )
    rows = [row for row in table.to_pylist() if on_order[row["item_id"]] == 0]

    assert len(rows) > SITUATIONS / 8
    for row in rows:
        assert row["runs_out"] == days[row["item_id"]].astype("datetime64[D]").item(), row


def test_the_situations_are_of_every_kind(table: pa.Table) -> None:
    kinds = Counter(zip(table["tier"].to_pylist(), table["action"].to_pylist(), strict=True))

    assert set(kinds) >= {
        ("late", "order"),
        ("late", "expedite"),
        ("this_week", "order"),
        ("this_week", "expedite"),
        ("will_run_out", "order"),
        ("will_run_out", "expedite"),
        ("surplus", "cancel"),
        ("surplus", "defer"),
        ("surplus", "check"),
        ("check_forecast", "check"),
        ("check_data", "check"),
    }


def test_parts_are_ranked_by_tier_and_then_by_what_money_avoids(table: pa.Table) -> None:
    rows = table.to_pylist()

    places = [TIERS.index(row["tier"]) for row in rows]
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert places == sorted(places)
    for tier in TIERS:
        priorities = [row["priority"] for row in rows if row["tier"] == tier]
        known = [value for value in priorities if value is not None]
        assert known == sorted(known, reverse=True)
        assert None not in priorities[: len(known)]


def test_a_check_names_the_exception_that_it_is_for(table: pa.Table) -> None:
    named = {
        tier: {row["reason_code"] for row in table.to_pylist() if row["tier"] == tier}
        for tier in ("check_forecast", "check_data")
    }

    doubts = {"biased", "tracking_signal", "demand_shifted", "outlier", "class_changed"}
    assert named["check_forecast"] <= doubts
    assert named["check_data"] <= {"thin_history", "stale_history", None}


def test_an_order_names_what_the_stock_lacks_before_all_else(table: pa.Table) -> None:
    late = [row for row in table.to_pylist() if (row["action"], row["tier"]) == ("order", "late")]

    assert len(late) > 10
    of_stock = {"stockout_before_delivery", "below_reorder_point"}
    assert {row["reason_code"] for row in late} <= of_stock


def test_what_is_not_known_is_no_exception(drawn: Drawn, table: pa.Table) -> None:
    levels = drawn.situation.inventory.levels
    unknown = {
        drawn.panel.item_ids[n] for n in np.flatnonzero(np.isnan(levels.current_stock)).tolist()
    }
    checked = [row for row in table.to_pylist() if row["item_id"] in unknown]

    assert {(row["tier"], row["reason_code"]) for row in checked} == {("check_data", None)}


def test_partitions_are_ranked_together(table: pa.Table) -> None:
    rows = table.drop_columns(["rank"])
    first = pc.less(rows["item_id"], "P500")

    halves = [rows.filter(pc.invert(first)), rows.filter(first)]

    assert rank_actions(halves).equals(table)


# -- late orders, and what comes in time --


def acts(rows: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(row["action"], row["ref"]) for row in rows if row["action"] != "check"]


def test_a_late_order_is_not_chased_where_those_that_come_in_time_are_enough() -> None:
    found = actions_with((0, 20.0, -5), (0, 60.0, 3), stock=8.0)

    assert ("expedite", "4000/1") not in acts(found)


def test_a_late_order_is_chased_where_the_others_come_too_late() -> None:
    found = actions_with((0, 20.0, -5), (0, 20.0, 12), stock=3.0)

    assert ("expedite", "4000/1") in acts(found)


def test_no_order_is_put_off_because_a_late_one_may_come_before_it() -> None:
    found = actions_with((0, 40.0, -5), (0, 20.0, 1), stock=3.0)

    assert [row for row in found if row["action"] in ("defer", "cancel")] == []


def test_what_is_late_runs_out_before_an_order_placed_today_would_come() -> None:
    found = actions_with((0, 30.0, -5), (0, 8.0, 5), (0, 13.0, 12), stock=10.0)

    late = [row for row in found if row["tier"] == "late"]
    assert all(row["runs_out"] < day(14) for row in late)


def test_an_empty_shelf_is_likely_to_lack_until_the_open_order_comes() -> None:
    (row, *_) = actions_with((0, 60.0, 10), stock=0.0)

    assert row["runs_out"] == day(0)
    assert row["stockout_probability"] > 0.99


def test_what_takes_years_to_come_is_late_however_long_ago_it_was_to_be_ordered() -> None:
    panel = poisson_panel(1)
    levels = stock_of(panel, current_stock=[30.0], on_order=[0.0])
    situation = situation_of(panel, items=items_of(panel, lead_time_days=[1800.0]), stock=levels)

    (row,) = (row for row in fact_action(situation).to_pylist() if row["action"] == "order")

    assert row["tier"] == "late"
    assert row["due"] < day(-1700)
    assert row["arrives"] == day(1800)


@pytest.mark.parametrize(
    ("assumed", "counted"),
    [("service_level", None), ("on_order,service_level", 1.0), ("current_stock,on_order", 2.0)],
)
def test_inputs_that_can_be_wrong_are_to_be_checked_where_they_are_assumed(
    assumed: str, counted: float | None
) -> None:
    panel = poisson_panel(1)
    items = items_of(panel, lead_time_days=[14.0], assumed=[""])
    levels = stock_of(panel, current_stock=[0.0], on_order=[0.0], assumed=[assumed])

    row = fact_action(situation_of(panel, items=items, stock=levels), stock=levels).to_pylist()[0]

    assert row["check_observed"] == counted
    assert row["assumed"].startswith(assumed)


# -- moves --


def with_moves(
    *moves: tuple[str, float, float], stock: float, on_order: float = 0.0
) -> list[dict[str, object]]:
    """The actions on one part that moves come to: from where, how many, days on the way.

    It uses one unit a day and is delivered in 14 days. A second part is left alone.
    """
    panel = poisson_panel(2)
    levels = stock_of(panel, current_stock=[stock, 500.0], on_order=[on_order, 0.0])
    units = np.array([sum(quantity for _, quantity, _ in moves), 0.0])
    found = StockMoves(
        np.zeros(len(moves), np.int64),
        np.array([giver for giver, _, _ in moves], np.str_),
        np.array([quantity for _, quantity, _ in moves], np.float64),
        np.array([days for _, _, days in moves], np.float64),
        units,
    )
    table = fact_action(situation_of(panel, stock=levels, moved=units), stock=levels, moves=found)
    rows: list[dict[str, object]] = table.to_pylist()
    return [row for row in rows if row["item_id"] == panel.item_ids[0]]


def of_kind(rows: list[dict[str, object]], action: str) -> list[dict[str, object]]:
    return [row for row in rows if row["action"] == action]


def test_a_move_names_the_giver_and_stands_before_all_else_at_its_place() -> None:
    rows = with_moves(("D9", 9.0, 2.0), stock=5.0)

    assert [(row["action"], row["tier"], row["is_leading"]) for row in rows] == [
        ("move", "this_week", True),
        ("order", "this_week", False),
    ]
    assert [row["from_location_id"] for row in rows] == ["D9", None]
    assert (rows[0]["ref"], rows[0]["quantity"]) == ("D9", 9.0)


def test_a_move_is_late_where_an_order_is_even_with_it() -> None:
    rows = with_moves(("D9", 5.0, 2.0), stock=3.0)

    # What is moved comes in time, and doesn't last until the order does.
    assert [(row["action"], row["tier"]) for row in rows] == [("move", "late"), ("order", "late")]
    assert (rows[0]["due"], rows[0]["is_leading"]) == (day(0), True)


def test_a_move_leaves_in_time_to_come_before_the_stock_runs_out() -> None:
    (move,) = of_kind(with_moves(("D9", 20.0, 2.2), stock=7.0), "move")

    runs_out = move["runs_out"]
    assert isinstance(runs_out, date)
    assert move["due"] == runs_out - timedelta(days=3)
    assert move["arrives"] == runs_out


def test_a_move_that_comes_after_the_stock_has_run_out_is_late() -> None:
    (late,) = of_kind(with_moves(("D9", 20.0, 9.0), stock=5.0), "move")
    (in_time,) = of_kind(with_moves(("D9", 20.0, 2.0), stock=5.0), "move")

    assert (late["tier"], in_time["tier"]) == ("late", "this_week")
    due = late["due"]
    assert isinstance(due, date)
    assert due < day(0)
    assert late["arrives"] == day(9)


def test_a_move_for_an_empty_shelf_is_late_however_long_its_way() -> None:
    (move,) = of_kind(with_moves(("D9", 20.0, NAN), stock=0.0), "move")

    assert (move["tier"], move["due"], move["arrives"]) == ("late", day(-1), None)


def test_a_move_where_the_stock_lasts_is_this_weeks() -> None:
    (move,) = of_kind(with_moves(("D9", 5.0, 2.0), stock=900.0), "move")

    assert (move["tier"], move["due"], move["arrives"]) == ("this_week", day(7), day(9))


def test_an_order_is_what_is_missing_once_moves_are_made() -> None:
    without, some, all_of_it = (
        of_kind(with_moves(*moves, stock=5.0), "order")
        for moves in ([], [("D9", 8.0, 1.0)], [("D9", 40.0, 1.0)])
    )

    assert some[0]["quantity"] == float(str(without[0]["quantity"])) - 8.0
    assert str(some[0]["runs_out"]) > str(without[0]["runs_out"])
    assert [row["tier"] for row in all_of_it] == ["will_run_out"]


def test_what_a_move_avoids_is_asked_without_it() -> None:
    (move,) = of_kind(with_moves(("D9", 8.0, 1.0), stock=5.0), "move")
    (order,) = of_kind(with_moves(stock=5.0), "order")

    for name in ("runs_out", "stockout_probability", "expected_shortage"):
        assert move[name] == order[name], name
    rest = float(str(move["expected_shortage"])) - float(str(move["shortage_avoided"]))
    (left,) = of_kind(with_moves(("D9", 8.0, 1.0), stock=5.0), "order")
    assert left["expected_shortage"] == pytest.approx(rest)


def test_what_moves_to_one_place_avoid_adds_up() -> None:
    both = of_kind(with_moves(("D8", 3.0, 1.0), ("D9", 5.0, 1.0), stock=5.0), "move")
    (whole,) = of_kind(with_moves(("D9", 8.0, 1.0), stock=5.0), "move")

    avoided = [float(str(row["shortage_avoided"])) for row in both]
    assert sum(avoided) == pytest.approx(whole["shortage_avoided"])
    assert {row["ref"] for row in both} == {"D8", "D9"}
    assert [row["ref"] for row in both if row["is_leading"]] == ["D8"]


def test_what_a_giver_plans_with_is_what_is_left() -> None:
    panel = poisson_panel(1)
    levels = stock_of(panel, current_stock=[40.0], on_order=[0.0])

    given = situation_of(panel, stock=levels, moved=np.array([-10.0]))
    kept = situation_of(panel, stock=stock_of(panel, current_stock=[30.0], on_order=[0.0]))

    names = ("action", "quantity", "due", "runs_out", "stockout_probability")
    assert fact_action(given).select(names).equals(fact_action(kept).select(names))
    assert given.inventory.levels.current_stock[0] == 40.0
