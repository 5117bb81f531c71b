"""``fact_action``: what to do about each part and place and by when, the most urgent first.

Rows of all partitions are put together by `rank_actions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import FloatArray, IntArray, TextArray, divide
from ml_jobs.columns import numbers, series_columns, texts_of
from ml_jobs.panel import OpenOrders, Stock
from ml_jobs.stocking.chances import chances_of_running_out
from ml_jobs.stocking.checks import REASONS, checks, is_known
from ml_jobs.stocking.course import Arrivals, Course, arrivals_of, course_of
from ml_jobs.stocking.exceptions import first_reason
from ml_jobs.stocking.lead_time import SumPools
from ml_jobs.stocking.messages import TIERS, Messages, join, on_day
from ml_jobs.stocking.moving_first import StockMoves, proposed_moves, without_moves
from ml_jobs.stocking.ordering import planned_orders, proposed_orders
from ml_jobs.stocking.plausibility import check_reasons
from ml_jobs.stocking.rescheduling import reschedulings
from ml_jobs.stocking.situation import ExceptionReason, Situation
from ml_jobs.stocking.stock import UNKNOWN_CRITICALITY
from ml_jobs.stocking.stock_facts import assumed_inputs

# The exceptions that say why there is an order or a move.
OF_STOCK = ("stockout_before_delivery", "below_reorder_point")


def action_rows(
    situation: Situation,
    stock: Stock,
    orders: OpenOrders,
    pools: SumPools,
    reasons: Sequence[ExceptionReason],
    moves: StockMoves,
) -> pa.Table:
    """Return the rows of one partition, without rank, in no order.

    *reasons* are those of `exceptions.reasons_of`; what is said of *stock* and items as assumed
    goes along with each row. Levels count the *moves* as made.
    """
    arrivals = arrivals_of(situation.inventory.levels, orders)
    course = course_of(situation, arrivals)
    acted = acted_on(situation, course, arrivals=arrivals, pools=pools, moves=moves)
    messages = join([acted, checks(situation, reasons, acted)])
    is_leading = np.zeros(len(messages.series), bool)
    is_leading[messages.leading()] = True
    value = messages.quantity * situation.unit_cost[messages.series]
    rows: dict[str, object] = {
        **series_columns(situation.panel, messages.series),
        "action": pa.array(messages.action, pa.string()),
        "ref": pa.array(messages.ref, pa.string()),
        "tier": pa.array(messages.tier, pa.string()),
        "is_leading": is_leading,
        "quantity": numbers(messages.quantity),
        "due": numbers(messages.due),
        "arrives": numbers(messages.arrives),
        "promised": numbers(messages.promised),
        "expected_shortage": numbers(messages.expected_shortage),
        "shortage_avoided": numbers(messages.shortage_avoided),
        "value": numbers(value),
        "value_at_risk": numbers(messages.value_at_risk),
        "priority": numbers(_priority(situation, messages, value)),
        **_of_stock(situation, course, arrivals, pools, messages),
        **_plausibility(situation, stock, messages),
        **_exceptions(situation, reasons, messages),
        "from_location_id": pa.array(messages.ref, pa.string(), mask=messages.action != "move"),
        "source": pa.array(situation.outlook.sources[messages.series], pa.string()),
    }
    return pa.table(rows)


def acted_on(
    situation: Situation,
    course: Course,
    *,
    arrivals: Arrivals,
    pools: SumPools,
    moves: StockMoves,
) -> Messages:
    """Return every action on the series of one partition but its checks, in no order."""
    rescheduled = reschedulings(situation, course, arrivals, pools)
    # What is to be cancelled now isn't to be ordered again soon.
    cancelled = rescheduled.series[rescheduled.action == "cancel"]
    others = join(
        [
            proposed_orders(situation),
            planned_orders(situation, course, without=cancelled),
            rescheduled,
        ]
    )
    return join([proposed_moves(situation, course, moves, others), others])


def rank_actions(parts: Iterable[pa.Table]) -> pa.Table:
    """Return ``fact_action``: the rows of all partitions, the most urgent first.

    By tier, in it what is moved before all else, then by what the money avoids, the most first,
    then by value at risk; what has no such figure comes after what has (Arrow places nulls at the
    end). Equal ones are ordered by item, place, action and open order, or the place that gives.
    """
    rows = pa.concat_tables(parts)
    placed = rows.append_column("place", pc.index_in(rows["tier"], pa.array(TIERS)))
    order = pc.sort_indices(
        placed.append_column("is_other", pc.not_equal(rows["action"], "move")),
        [
            ("place", "ascending"),
            ("is_other", "ascending"),
            ("priority", "descending"),
            ("value_at_risk", "descending"),
            ("item_id", "ascending"),
            ("location_id", "ascending"),
            ("action", "ascending"),
            ("ref", "ascending"),
        ],
    )
    ranks = pa.array(np.arange(1, rows.num_rows + 1))
    return rows.take(order).add_column(0, "rank", ranks)


def _priority(situation: Situation, messages: Messages, value: FloatArray) -> FloatArray:
    """Expected shortage avoided, times the criticality's weight, for each unit of money."""
    settings = situation.options.settings
    names = texts_of(situation.items.table, "criticality", otherwise=UNKNOWN_CRITICALITY)
    weights = np.array([settings[f"criticality_{name}"] for name in names.tolist()], np.float64)
    return divide(messages.shortage_avoided * weights[messages.series], value)


def _of_stock(
    situation: Situation, course: Course, arrivals: Arrivals, pools: SumPools, messages: Messages
) -> Mapping[str, object]:
    """When stock and what arrives by then runs out, and the chance that it does too soon.

    Of a move it is what is there without any move.
    """
    days = course.runs_out
    chance = chances_of_running_out(situation, course, arrivals, pools)
    series, of_move = messages.series, messages.action == "move"
    runs_out, chances = days[series], chance[series]
    if of_move.any():
        unmoved = without_moves(situation, course)
        runs_out = np.where(of_move, unmoved.runs_out[series], runs_out)
        without = chances_of_running_out(situation, unmoved, arrivals, pools)
        chances = np.where(of_move, without[series], chances)
    return {
        "runs_out": numbers(on_day(situation.inventory.levels.as_of[series], runs_out)),
        "stockout_probability": numbers(chances),
    }


def _plausibility(situation: Situation, stock: Stock, messages: Messages) -> dict[str, object]:
    """The first reason to check with its figures, how many there are, and what is assumed."""
    inputs = assumed_inputs(situation.items, stock)
    # A service level is asked for, by criticality where not by part: it can't be wrong.
    counts = np.array([len({*names} - {"service_level"}) for names in inputs], np.int64)
    found = check_reasons(situation, messages, counts)
    holds = np.stack([reason.holds for reason in found])
    first, rows = holds.argmax(axis=0), np.arange(len(messages.series))
    some = holds.any(axis=0)
    codes = np.array([reason.code for reason in found], np.str_)

    def of_first(name: str) -> FloatArray:
        values = np.stack([getattr(reason, name) for reason in found])
        return np.where(some, values[first, rows], np.nan)

    priced = _assumed_of_items(situation)
    names = [",".join([*inputs[series], *priced[series]]) for series in messages.series.tolist()]
    return {
        "check_first": pa.array(codes[first], pa.string(), mask=~some),
        "check_observed": numbers(of_first("observed")),
        "check_expected": numbers(of_first("expected")),
        "checks": holds.sum(axis=0),
        "assumed": pa.array(names, pa.string()),
    }


def _assumed_of_items(situation: Situation) -> list[list[str]]:
    """Of each series the inputs of its rank that are assumed, or known of nothing."""
    table = situation.items.table
    assumed = texts_of(table, "assumed", otherwise="").tolist()
    criticality = texts_of(table, "criticality", otherwise="").tolist()
    rows = zip(assumed, criticality, strict=True)
    names = [{*of.split(","), *([] if known else ["criticality"])} for of, known in rows]
    return [[name for name in ("unit_cost", "criticality") if name in of] for of in names]


def _exceptions(
    situation: Situation, reasons: Sequence[ExceptionReason], messages: Messages
) -> dict[str, object]:
    """The reason that the exceptions list first, and how many they list.

    Of a move or an order one that speaks of the stock goes first, and of a check the one that it
    is for.
    """
    codes: TextArray = np.array([reason.code for reason in reasons], np.str_)
    place = first_reason(reasons)[messages.series]
    of_stock = _first_among(reasons, OF_STOCK)[messages.series]
    brings = np.isin(messages.action, ("move", "order"))
    place = np.where(brings & (of_stock >= 0), of_stock, place)
    for tier, asked_by in REASONS.items():
        rows = (messages.action == "check") & (messages.tier == tier)
        place[rows] = _first_among(reasons, asked_by)[messages.series[rows]]
    # What isn't known is no exception.
    place[(messages.tier == "check_data") & ~is_known(situation.inventory)[messages.series]] = -1
    return {
        "reason_code": pa.array(codes[place], pa.string(), mask=place < 0),
        "reasons": np.sum([reason.holds for reason in reasons], axis=0)[messages.series],
    }


def _first_among(reasons: Sequence[ExceptionReason], codes: Sequence[str]) -> IntArray:
    """The place in *reasons* of the first with one of *codes* that holds, else -1; shape (S,)."""
    return first_reason(
        [replace(each, holds=each.holds & (each.code in codes)) for each in reasons]
    )
