"""Goals held against linear programs: A6, contracts' prices, and A9, moves."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.availability.drawn import Draw
from benchmarks.availability.findings import Finding
from benchmarks.availability.origins import Forecasts
from ml_jobs.stocking.availability.allocation import highest_price
from ml_jobs.stocking.availability.contracts import contract_prices
from ml_jobs.stocking.availability.moving import moves_of, moves_of_each
from ml_jobs.stocking.availability.tails import Tails
from tests.unit.ml_jobs.stocking.availability.demands import worth_of
from tests.unit.ml_jobs.stocking.availability.oracles import (
    SharedParts,
    best_by_the_rules,
    best_value,
    drawn_shelf,
    with_trips,
)

CONTRACTS = 3
LEFT_STANDING = (0.2, 0.1, 0.05)  # of what would stand still without stock, by contract
MOST_UNITS = 1000  # of a part in the linear program
PLACES = 6
ITEM_PLACES = 100_000
WITH_TRIPS = 100
CHARGE = float(np.e)  # for a trip, in the median; a lot's freight costs 1 and its worth is 20
COMPARED = 2000  # items of which the moves are held against a linear program


def contracts(forecasts: Forecasts, drawn: Draw, seed: int) -> list[Finding]:
    """A6: stock that meets every contract's target, against a bound and against one price."""
    random = np.random.default_rng(seed)
    demand = forecasts.over(drawn, 0)
    count = len(drawn.unit_cost)
    worth = worth_of(demand, np.ones(count), drawn.unit_cost, Tails.as_forecast())
    shares = random.dirichlet(np.full(CONTRACTS, 0.5), count).T
    parts = SharedParts(worth, shares * drawn.share_down)
    allowed = parts.down(np.zeros(CONTRACTS)) * np.array(LEFT_STANDING)
    began = time.process_time()
    prices = contract_prices(parts.down, allowed, parts.cost_at)
    took = time.process_time() - began
    stock = parts.stock(prices)
    met = bool((parts.down(prices) <= allowed).all())
    bound = parts.least_cost(allowed, MOST_UNITS)
    over = parts.cost(stock) / bound - 1.0

    def holds(cheap: float) -> bool:
        one = parts.down(np.full(CONTRACTS, 1.0 / cheap))
        return bool((one <= allowed).all())

    alike = parts.stock(np.full(CONTRACTS, 1.0 / highest_price(holds)))
    less = 1.0 - parts.cost(stock) / parts.cost(alike)
    what = f"{CONTRACTS} contracts, {count:,} parts of {forecasts.data.name}"
    return [
        Finding("A6", f"{what}: targets met", "all", "all" if met else "not all", met),
        Finding("A6", f"{what}: above the bound of a linear program", "0.1 %",
                f"{100 * over:.3f} % ({took:.1f} CPU-s)", over <= 0.001),
        Finding("A6", f"{what}: cheaper than one price that meets the strictest", "15 %",
                f"{100 * less:.1f} %", less >= 0.15),
    ]  # fmt: skip


def moves(seed: int) -> list[Finding]:
    """A9 without a past: moves between places against linear programs, and their time."""
    found = best = worst = 0.0
    for number in range(COMPARED):
        shelf = drawn_shelf(seed + number, PLACES)
        value = sum(move.value for move in moves_of(shelf, gain_over_loss=0.0))
        bound = best_value(shelf)
        found, best = found + value, best + bound
        worst = max(worst, 1.0 - value / bound if bound > 0 else 0.0)
    items = -(-ITEM_PLACES // PLACES)
    shelves = [drawn_shelf(seed + number, PLACES) for number in range(items)]
    began = time.process_time()
    moved = sum(move.lots for moves in moves_of_each(shelves) for move in moves)
    took = time.process_time() - began
    under = 1.0 - found / best
    return [
        Finding("A9", f"moves of {COMPARED:,} drawn items in {PLACES} places, under the bound of "
                "a linear program", "0.1 %",
                f"{100 * under:.3f} % (worst item {100 * worst:.1f} %)", under <= 0.001),
        Finding("A9", f"the same of {items * PLACES:,} item-places, {moved:,} lots moved, CPU-s",
                "1", f"{took:.1f}", took < 1.0),
        _with_trips(seed),
    ]  # fmt: skip


def _with_trips(seed: int) -> Finding:
    """A9: with a charge for each trip, against whole trips chosen best."""
    found = best = worst = 0.0
    for number in range(WITH_TRIPS):
        shelf = with_trips(drawn_shelf(seed + number, PLACES), seed + number, CHARGE)
        value = sum(move.value for move in moves_of(shelf, gain_over_loss=0.0))
        bound = best_by_the_rules(shelf)
        found, best = found + value, best + bound
        worst = max(worst, 1.0 - value / bound if bound > 1e-9 else 0.0)
    what = f"moves of {WITH_TRIPS} drawn items with a charge for each trip, under the optimum"
    told = f"worst {100 * worst:.1f} %, on average {100 * (1 - found / best):.2f} %"
    return Finding("A9", what, "3 % on every case", told, worst <= 0.03)
