"""What is known of stock by other ways: sums, every way there is, linear programs, draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy import sparse, stats
from scipy.optimize import LinearConstraint, linprog, milp

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.stocking.availability.buying import Steps
from ml_jobs.stocking.availability.echelons import TwoEchelons
from ml_jobs.stocking.availability.shelves import Shelf
from ml_jobs.stocking.availability.waiting import Hull
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import drawn_worth


def direct_backorders(mean: float, excess: float, stock: int) -> float:
    """Sum (x - s) P(x) over all demands that matter: until a tail of 1e-16, and far beyond it."""
    spread = stats.nbinom(mean / excess, 1 / (1 + excess))
    demands = np.arange(stock, int(spread.isf(1e-16)) + int(60 * (1 + excess)))
    return float(((demands - stock) * spread.pmf(demands)).sum())


def bought(steps: Steps, count: int, series: int) -> FloatArray:
    """The units of each series after the first *count* steps."""
    return np.bincount(steps.series[:count], weights=steps.quantity[:count], minlength=series)


def every_way(worth: Worth, most_steps: int, first: FloatArray, then: FloatArray) -> list[tuple]:
    """Cost and hours down of every way to buy up to so many steps of each series."""
    choices = []
    for n in range(len(worth.hours)):
        quantities = [0.0, *(first[n] + then[n] * np.arange(most_steps))]
        one = worth.rows(np.array([n]))
        choices.append(
            [(q * worth.unit_cost[n], one.hours_down(np.array([q]))[0]) for q in quantities]
        )
    return [(sum(c for c, _ in each), sum(h for _, h in each)) for each in product(*choices)]


MOST_LOTS = 12


def emergency_hours_of(mean: float, excess: float) -> FloatArray:
    """Hours down of a part that is fetched when there is none, beside 0, 1, ... lots."""
    spread = stats.nbinom(mean / excess, 1 / (1 + excess))
    hours: FloatArray = 10.0 * mean * spread.sf(np.arange(MOST_LOTS) - 1)
    return hours


def hull_path(hulls: list[Hull], costs: FloatArray) -> list[tuple[float, float]]:
    """Cost and hours after each step from corner to corner, the best for its cost first."""
    steps = [
        (
            (hull.hours[n] - hull.hours[n + 1]) / (cost * (hull.stock[n + 1] - hull.stock[n])),
            cost * (hull.stock[n + 1] - hull.stock[n]),
            hull.hours[n] - hull.hours[n + 1],
        )
        for hull, cost in zip(hulls, costs, strict=True)
        for n in range(len(hull.stock) - 1)
    ]
    spent, hours = 0.0, float(sum(hull.hours[0] for hull in hulls))
    points = [(spent, hours)]
    for _, cost, avoided in sorted(steps, reverse=True):
        spent, hours = spent + cost, hours - avoided
        points.append((spent, hours))
    return points


PARTS = 300
LEAST_GAIN = 1e-9  # chance of more, below which a unit is in no program


@dataclass(frozen=True)
class SharedParts:
    """Parts of which each contract has a share, and what stock at given prices leaves down.

    Attributes:
        worth: Of S parts, at one hour for a unit that waits.
        towers: Of each contract that stand still for a unit that waits, shape (K, S).
    """

    worth: Worth
    towers: FloatArray

    @classmethod
    def drawn(
        cls, contracts: int, seed: int, parts: int = PARTS, *, evenness: float = 1.0
    ) -> SharedParts:
        random = np.random.default_rng(seed)
        drawn = drawn_worth(parts, seed)
        shares = random.dirichlet(np.full(contracts, evenness), parts).T
        towers = shares * random.choice([0.01, 0.1, 0.5], parts)
        return cls(replace(drawn, hours=np.ones(parts)), towers)

    def stock(self, prices: FloatArray) -> FloatArray:
        return replace(self.worth, hours=prices @ self.towers).level_at(1.0)

    def down(self, prices: FloatArray) -> FloatArray:
        return self.towers @ self.worth.expected_backorders(self.stock(prices))

    def cost(self, stock: FloatArray) -> float:
        return float((stock * self.worth.unit_cost).sum())

    def cost_at(self, prices: FloatArray) -> float:
        return self.cost(self.stock(prices))

    def least_cost(self, allowed: FloatArray, most: int = 120) -> float:
        """The cost of a linear program in which parts of units can be bought: a lower bound."""
        units = np.arange(most, dtype=float)
        gains = np.stack(
            [self.worth.chance_of_more(np.full(len(self.worth.hours), u)) for u in units], axis=1
        )
        start = self.worth.expected_backorders(np.zeros(len(self.worth.hours)))
        series, steps = np.nonzero(gains > LEAST_GAIN)
        answer = linprog(
            self.worth.unit_cost[series],
            A_ub=sparse.csr_matrix(-self.towers[:, series] * gains[series, steps]),
            b_ub=allowed - self.towers @ start,
            bounds=(0, 1),
            method="highs",
        )
        assert answer.success
        return float(answer.fun)


EPOCHS = 40_000


def drawn_echelons(seed: int, excess: float) -> tuple[TwoEchelons, int, IntArray]:
    random = np.random.default_rng(seed)
    places = int(random.integers(2, 6))
    rate = random.lognormal(-1.0, 0.8, places)
    part = TwoEchelons(rate, excess, random.uniform(1, 4), random.uniform(0.3, 1.5, places))
    central = int(random.integers(0, np.ceil(rate.sum() * part.supply) + 2))
    stock = np.array([random.integers(0, most) for most in np.ceil(rate * part.transport) + 2])
    return part, central, stock


def sampled_backorders(part: TwoEchelons, central: int, stock: IntArray) -> FloatArray:
    """Draw what is asked for and follow it: what waits at the centre is the last asked for.

    Demand comes in batches (logarithmic, or single lots without excess), in random order over the
    supply time: of one place each, or, where places have an excess of their own, as many of them
    lot by lot of any place as that excess tells.
    """
    random = np.random.default_rng(1)

    def mean_batch(excess: float) -> float:
        return excess / np.log1p(excess) if excess else 1.0

    def sizes(batches: int, excess: float) -> IntArray:
        chance = excess / (1 + excess)
        return random.logseries(chance, batches) if chance else np.ones(batches, np.int64)

    total, places = part.rate.sum(), len(part.rate)
    counts = random.poisson(total * part.supply / mean_batch(part.excess), EPOCHS)
    owner = random.choice(places, counts.sum(), p=part.rate / total)
    size = sizes(counts.sum(), part.excess)
    owner = np.repeat(owner, size)
    own = np.full(places, part.excess)
    if part.own is not None:
        own, share = part.own, part.rate / total
        whole = np.clip((own - share * part.excess) / ((1 - share) * part.excess), 0, 1) @ share
        apart = np.repeat(random.random(len(size)) >= whole, size)
        owner[apart] = random.choice(places, apart.sum(), p=share)
    epoch = np.repeat(np.repeat(np.arange(EPOCHS), counts), size)
    before = np.arange(len(epoch)) - np.searchsorted(epoch, epoch)
    held = np.zeros((EPOCHS, places))
    late = before >= central
    np.add.at(held, (epoch[late], owner[late]), 1.0)
    for place in range(places):
        on_the_way = part.rate[place] * part.transport[place]
        more = random.poisson(on_the_way / mean_batch(own[place]), EPOCHS)
        lots = sizes(more.sum(), own[place])
        np.add.at(held[:, place], np.repeat(np.arange(EPOCHS), more), lots)
    waiting: FloatArray = np.maximum(held - stock, 0.0).mean(axis=0)
    return waiting


DEEPEST = 25


def drawn_shelf(seed: int, places: int = 6, *, freight: float = 1.0) -> Shelf:
    """A part whose lots are worth less and less at every place."""
    random = np.random.default_rng(seed)
    stock = random.integers(0, 12, places)
    worth = random.lognormal(3, 1, places)[:, None] * np.cumprod(
        random.uniform(0.3, 0.95, (places, DEEPEST)), axis=1
    )
    lanes = freight * random.lognormal(0, 1, (places, places))
    np.fill_diagonal(lanes, 0.0)
    return Shelf(
        stock=stock,
        keep=random.integers(0, 4, places),
        fill=random.integers(3, 14, places),
        gain=worth,
        loss=worth,
        put_off=np.zeros((places, DEEPEST)),
        freight=lanes,
        trip=np.zeros((places, places)),
    )


def with_trips(shelf: Shelf, seed: int, median: float) -> Shelf:
    """The same with a charge for each trip, however much goes."""
    charges = np.random.default_rng(seed).lognormal(0, 1, shelf.freight.shape)
    return replace(shelf, trip=median * charges)


def best_value(shelf: Shelf) -> float:
    """The value of a linear program over all lots, as if trips were free: a bound."""
    places = len(shelf.stock)
    give = np.maximum(shelf.stock - shelf.keep, 0)
    take = np.maximum(shelf.fill - shelf.stock, 0)
    lanes = [(i, j) for i in range(places) for j in range(places) if i != j]
    gives = [(i, n) for i in range(places) for n in range(give[i])]
    takes = [(j, n) for j in range(places) for n in range(take[j])]
    cost = [shelf.freight[i, j] for i, j in lanes]
    cost += [shelf.loss[i, shelf.stock[i] - 1 - n] for i, n in gives]
    cost += [-shelf.gain[j, shelf.stock[j] + n] for j, n in takes]
    rows = np.zeros((2 * places, len(cost)))
    for column, (i, j) in enumerate(lanes):
        rows[i, column] = 1.0
        rows[places + j, column] = 1.0
    for column, (i, _) in enumerate(gives, start=len(lanes)):
        rows[i, column] = -1.0
    for column, (j, _) in enumerate(takes, start=len(lanes) + len(gives)):
        rows[places + j, column] = -1.0
    answer = linprog(
        cost,
        A_eq=rows,
        b_eq=np.zeros(2 * places),
        bounds=[(0, None)] * len(lanes) + [(0, 1)] * (len(gives) + len(takes)),
        method="highs",
    )
    assert answer.success
    return float(-answer.fun)


def best_by_the_rules(shelf: Shelf, *, gain_over_loss: float = 0.0) -> float:
    """The value of the best moves, by a program of whole numbers that has every rule.

    Its columns are pairs of a lot that could go and one that could be taken, trips that are paid,
    and places that give rather than take.
    """
    places, levels = len(shelf.stock), np.arange(shelf.gain.shape[1])
    stock, keep, fill = (each[:, None] for each in (shelf.stock, shelf.keep, shelf.fill))
    givers, last = np.nonzero((levels >= keep) & (levels < stock))
    takers, next_ = np.nonzero((levels >= stock) & (levels < fill))
    gain, loss = shelf.gain[takers, next_], shelf.loss[givers, last]
    may_go = gain >= gain_over_loss * loss[:, None]
    given, taken = np.nonzero(may_go & (givers[:, None] != takers))
    giver, taker, pairs = givers[given], takers[taken], np.arange(len(given))
    first_place = len(pairs) + places**2
    once = np.zeros((len(givers) + len(takers), first_place + places))
    once[given, pairs] = once[len(givers) + taken, pairs] = 1.0
    paid, gives, takes = np.zeros((3, len(pairs), first_place + places))
    paid[pairs, pairs] = gives[pairs, pairs] = takes[pairs, pairs] = 1.0
    paid[pairs, len(pairs) + giver * places + taker] = -1.0
    gives[pairs, first_place + giver] = -1.0
    takes[pairs, first_place + taker] = 1.0
    most = [np.ones(len(once)), np.zeros(2 * len(pairs)), np.ones(len(pairs))]
    saved = shelf.put_off[givers, last][given] - shelf.freight[giver, taker]
    answer = milp(
        np.concatenate([loss[given] - gain[taken] - saved, shelf.trip.ravel(), np.zeros(places)]),
        integrality=1,
        bounds=(0, 1),
        constraints=LinearConstraint(
            sparse.csr_matrix(np.concatenate([once, paid, gives, takes])),
            ub=np.concatenate(most),
        ),
    )
    assert answer.success
    return float(-answer.fun)
