"""Goal A9 on real demand: parts shared out to places, moved, and what came of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.availability.drawn import draw, thinned
from benchmarks.availability.findings import Finding
from benchmarks.availability.origins import LONGEST, Forecasts
from ml_jobs.arrays import FloatArray, rows_of
from ml_jobs.negative_binomial import LEAST_EXCESS, NegativeBinomial
from ml_jobs.stocking.availability.moving import GAIN_OVER_LOSS, Move, moves_of
from ml_jobs.stocking.availability.shelves import Shelf
from ml_jobs.stocking.availability.tails import Tails
from tests.unit.ml_jobs.stocking.availability.demands import worth_of
from tests.unit.ml_jobs.stocking.availability.oracles import best_value

PLACES = 6
ORIGINS = 6
FREIGHT = (0.01, 0.05)  # of what a unit that waits costs; drawn between, for each pair of places
LEVEL = 0.95  # service level that reorder points and levels are filled up to
FACTORS = (1.0, 2.0, GAIN_OVER_LOSS, 5.0)
COMPARED = 400  # items of each origin that are held against a linear program


def moves(forecasts: Forecasts, seed: int) -> list[Finding]:
    """A9: shortage avoided for each unit of it caused, and the value against the bound."""
    random, count = np.random.default_rng(seed), len(forecasts.demand)
    shares = random.dirichlet(np.ones(PLACES), count)
    came = thinned(forecasts.demand.astype(np.int64), shares, random)
    lead = draw(count, seed).lead
    freight = random.uniform(*FREIGHT, (PLACES, PLACES))
    np.fill_diagonal(freight, 0.0)
    latest = len(forecasts.origins) - LONGEST
    sums = {factor: np.zeros(4) for factor in FACTORS}
    bound = found = worst = 0.0
    for now in np.linspace(0, latest, ORIGINS).astype(int):
        shelves = _shelves(forecasts, int(now), lead, shares, freight, random)
        actual = _after(came, int(now), lead + 1)
        for factor in FACTORS:
            for shelf, asked in zip(shelves, actual, strict=True):
                sums[factor] += _came_of(moves_of(shelf, gain_over_loss=factor), shelf, asked)
        for shelf in shelves[:COMPARED]:
            value = sum(move.value for move in moves_of(shelf, gain_over_loss=0.0))
            best = best_value(shelf)
            found, bound = found + value, bound + best
            worst = max(worst, 1.0 - value / best if best > 1e-9 else 0.0)
    what = f"{forecasts.data.name} in {PLACES} places, {ORIGINS} origins"
    findings = []
    for factor, (units, avoided, caused, short) in sums.items():
        ratio = avoided / max(caused, 1e-9)
        own = factor == GAIN_OVER_LOSS
        told = f"{ratio:.1f}: {units:,.0f} moved, {100 * avoided / short:.1f} % avoided"
        findings.append(
            Finding(
                "A9",
                f"{what}, reorder point kept, gain at least {factor:g} times the loss: units of "
                "shortage avoided for each caused",
                "5" if own else "-",
                told,
                bool(ratio >= 5) if own else None,
            )
        )
    under = 1.0 - found / bound
    what = f"{what}, {COMPARED * ORIGINS:,} items: under the bound of a linear program"
    told = f"{100 * under:.3f} % (worst item {100 * worst:.1f} %)"
    return [*findings, Finding("A9", what, "0.1 %", told, under <= 0.001)]


def _shelves(
    forecasts: Forecasts,
    now: int,
    lead: FloatArray,
    shares: FloatArray,
    freight: FloatArray,
    random: np.random.Generator,
) -> list[Shelf]:
    """What each part is worth at each place, in units short; stock is anywhere up to 1.5 levels."""
    of_lead = _at_places(forecasts.ahead(now, lead), shares)
    of_cycle = _at_places(forecasts.ahead(now, lead + 1), shares)
    keep, fill = (each.quantile(np.array(LEVEL)) for each in (of_lead, of_cycle))
    stock = np.rint(random.uniform(0, 1.5, len(fill)) * fill)
    most = int(max(stock.max(), fill.max())) + 2
    gains, losses = (_more_than(each, most) for each in (of_lead, of_cycle))

    def by_part(values: FloatArray) -> FloatArray:
        return values.reshape(len(shares), PLACES, *values.shape[1:])

    # Trips are free, and buying later saves nothing: what is compared is shortage.
    nothing, free = np.zeros((PLACES, most)), np.zeros((PLACES, PLACES))
    rows = zip(*(by_part(each) for each in (stock, keep, fill, gains, losses)), strict=True)
    return [
        Shelf(*(each.astype(np.int64) for each in (s, k, f)), gain, loss, nothing, freight, free)
        for s, k, f, gain, loss in rows
    ]


def _at_places(demand: NegativeBinomial, shares: FloatArray) -> NegativeBinomial:
    """Thin each part's demand to its places, shape (S x PLACES,)."""
    share = shares.ravel()
    of_places = rows_of(demand, np.repeat(np.arange(len(shares)), PLACES))
    return replace(
        of_places,
        mean=of_places.mean * share,
        excess=np.maximum(of_places.excess * share, LEAST_EXCESS),
        least_mean=of_places.least_mean * share,
    )


def _more_than(demand: NegativeBinomial, most: int) -> FloatArray:
    """Chance of more than 0, 1, ... lots, shape (S x PLACES, most)."""
    ones = np.ones(len(demand.mean))
    worth = worth_of(demand, ones, ones, Tails.as_forecast())
    return np.stack([worth.chance_of_more(lots * ones) for lots in range(most)], axis=1)


def _after(came: FloatArray, now: int, periods: FloatArray) -> FloatArray:
    """What was asked for at each place in the *periods* after an origin, shape (S, PLACES)."""
    steps = np.arange(came.shape[2] - now)
    inside = steps < periods[:, None]
    asked: FloatArray = (came[:, :, now:] * inside[:, None]).sum(axis=2)
    return asked


def _came_of(moves: tuple[Move, ...], shelf: Shelf, asked: FloatArray) -> FloatArray:
    """Units moved, shortage avoided, shortage caused, and shortage without moves."""
    after = shelf.stock.astype(float)
    for move in moves:
        after[move.giver] -= move.lots
        after[move.taker] += move.lots
    before, then = np.maximum(asked - shelf.stock, 0.0), np.maximum(asked - after, 0.0)
    moved = sum(move.lots for move in moves)
    less = before - then
    return np.array([moved, np.maximum(less, 0).sum(), np.maximum(-less, 0).sum(), before.sum()])
