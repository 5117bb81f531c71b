"""Goals that need no history: A1, A2, A7 and A8, held against other ways to know the same."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.availability.findings import Finding
from ml_jobs.arrays import FloatArray
from ml_jobs.stocking.availability.buying import ranked, steps_of
from ml_jobs.stocking.availability.echelons import TwoEchelons
from ml_jobs.stocking.availability.money import MoneyPolicy, chances_of_demand, order_of
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.waiting import lower_hull
from ml_jobs.stocking.repair import Repair
from tests.unit.ml_jobs.stocking.availability.demands import (
    demand_of,
    drawn_worth,
    levels_with,
    worth_of,
)
from tests.unit.ml_jobs.stocking.availability.oracles import (
    MOST_LOTS,
    bought,
    direct_backorders,
    drawn_echelons,
    emergency_hours_of,
    every_way,
    hull_path,
    sampled_backorders,
)

CASES = 2000
NEWSVENDORS = 60
LEAST_TOLD = (1e-3, 1e-6)  # lots, below which errors are told as a share of that
ASK_STOCKPYL = Path("tests/judges/ask_stockpyl.py")
NEAR = 0.05
EXCESSES = (0.0, 0.5, 2.0, 6.0)


def backorders(judges: Path, seed: int) -> list[Finding]:
    """A1: what waits, against direct sums and stockpyl."""
    random = np.random.default_rng(seed)
    mean, excess = random.lognormal(0.5, 1.5, CASES), random.uniform(0.05, 12, CASES)
    stock = np.rint(mean * random.uniform(0, 3, CASES))
    ones = np.ones(CASES)
    found = worth_of(demand_of(mean, excess), ones, ones, Tails.as_forecast()).expected_backorders(
        stock
    )
    direct = np.array(
        [direct_backorders(m, e, int(s)) for m, e, s in zip(mean, excess, stock, strict=True)]
    )
    asked = {
        "losses": [
            {"mean": m, "excess": e, "stock": int(s)}
            for m, e, s in zip(mean.tolist(), excess.tolist(), stock, strict=True)
        ],
        "levels": [
            {"mean": float(m), "excess": float(e), "holding": 0.2, "lost": 1.0}
            for m, e in zip(mean[:NEWSVENDORS], excess[:NEWSVENDORS], strict=True)
        ],
    }
    told = _stockpyl(judges, asked)
    policy = MoneyPolicy(0.2, 1.0)
    none = np.empty(0, np.int64)
    same = sum(
        order_of(0, none, chances_of_demand(case["mean"], case["excess"]), policy) == level
        for case, level in zip(asked["levels"], told["levels"], strict=True)
    )
    return [
        *_errors("direct sums", found, direct),
        *_errors("stockpyl 1.0.2", found, np.array(told["losses"])),
        Finding(
            "A1",
            "order without lead time = stockpyl's newsvendor level",
            f"{NEWSVENDORS} of {NEWSVENDORS}",
            str(same),
            same == NEWSVENDORS,
        ),
    ]


def _errors(judge: str, found: FloatArray, expected: FloatArray) -> list[Finding]:
    findings = []
    for least in LEAST_TOLD:
        worst = float((np.abs(found - expected) / np.maximum(expected, least)).max())
        what = f"what waits, {CASES} cases, {judge}: worst error, as a share of at least {least:g}"
        findings.append(Finding("A1", what, "1e-9", f"{worst:.1e}", worst <= 1e-9))
    return findings


def _stockpyl(judges: Path, asked: dict[str, list]) -> dict[str, list[float]]:
    with TemporaryDirectory() as folder:
        cases = Path(folder) / "cases.json"
        cases.write_text(json.dumps(asked), "utf-8")
        done = subprocess.run(
            [judges / "bin/python", ASK_STOCKPYL, cases], capture_output=True, check=True
        )
    answer: dict[str, list[float]] = json.loads(done.stdout)
    return answer


def greedy(seed: int) -> list[Finding]:
    """A2: no other way to spend a sum avoids more, at every sum that buying passes."""
    kinds = {"one by one": (300, False), "minimum and multiple": (200, True)}
    found = []
    for name, (cases, ordered) in kinds.items():
        points, wrong = np.sum([_greedy(seed + n, ordered=ordered) for n in range(cases)], axis=0)
        found.append(_greedy_finding(f"{name}, {cases} cases", points, wrong))
    points, wrong = np.sum([_hull(seed + n) for n in range(300)], axis=0)
    return [*found, _greedy_finding("fetched at once, 300 cases", points, wrong)]


def _greedy_finding(what: str, points: int, wrong: int) -> Finding:
    what = f"buying against every other way, {what}"
    return Finding("A2", what, "0 wrong", f"{wrong} of {points}", bool(wrong == 0))


def _greedy(seed: int, *, ordered: bool) -> tuple[int, int]:
    random = np.random.default_rng(seed)
    parts, most = int(random.integers(3, 5)), 6
    worth = drawn_worth(parts, seed)
    multiple = random.choice([1.0, 2.0, 5.0], parts) if ordered else np.ones(parts)
    minimum = multiple * (random.choice([0.0, 1.0, 3.0], parts) if ordered else np.zeros(parts))
    levels = levels_with(np.zeros(parts), minimum, multiple)
    steps = ranked(steps_of(worth, levels, least_per_money=0))
    ways = every_way(worth, most, np.maximum(minimum, multiple), multiple)
    costs, hours = np.array(sorted(ways)).T
    least = np.minimum.accumulate(hours)
    points = wrong = 0
    for count in range(len(steps.series) + 1):
        if (np.bincount(steps.series[:count], minlength=parts) > most).any():
            break
        units = bought(steps, count, parts)
        cost, down = float((units * worth.unit_cost).sum()), float(worth.hours_down(units).sum())
        points += 1
        place = np.searchsorted(costs, cost * (1 + 1e-12), side="right") - 1
        wrong += down > least[place] * (1 + 1e-9)
    return points, wrong


def _hull(seed: int) -> tuple[int, int]:
    random = np.random.default_rng(seed)
    curves = [emergency_hours_of(*random.uniform([0.2, 0.05], [5.0, 4.0])) for _ in range(3)]
    costs = random.lognormal(3.0, 1.0, 3)
    lots = np.stack(np.meshgrid(*[np.arange(MOST_LOTS)] * 3, indexing="ij")).reshape(3, -1)
    spent = costs @ lots
    hours = sum(curve[row] for curve, row in zip(curves, lots, strict=True))
    order = np.argsort(spent)
    spent, least = spent[order], np.minimum.accumulate(hours[order])
    path = hull_path([lower_hull(np.arange(MOST_LOTS), curve) for curve in curves], costs)
    wrong = sum(
        hours > least[np.searchsorted(spent, cost * (1 + 1e-12), side="right") - 1] + 1e-9
        for cost, hours in path
    )
    return len(path), wrong


def two_echelons(cases: int, seed: int) -> list[Finding]:
    """A7: what waits at places below a central store, against draws; stock shared out best."""
    findings = []
    for excess in EXCESSES:
        errors = []
        for number in range(cases):
            part, central, stock = drawn_echelons(seed + number, excess)
            expected = sampled_backorders(part, central, stock).sum()
            if expected > 0.01:  # else the draws hardly saw any
                errors.append(part.backorders(central, stock).sum() / expected - 1.0)
        near = float(np.mean(np.abs(errors) <= NEAR))
        findings.append(
            Finding(
                "A7",
                f"central store and 2 to 5 places, excess {excess:g}, {len(errors)} cases, "
                "within 5 % of draws",
                "90 %",
                f"{100 * near:.0f} % (mean error {100 * np.mean(errors):+.1f} %)",
                near >= 0.9,
            )
        )
    points, wrong = np.sum([_shared_out(seed + number) for number in range(15)], axis=0)
    return [
        *findings,
        Finding("A7", "best split = every other split", "all", f"{points - wrong} of {points}",
                bool(wrong == 0)),
    ]  # fmt: skip


def _shared_out(seed: int) -> tuple[int, int]:
    random = np.random.default_rng(seed)
    excess = float(random.choice(EXCESSES))
    part = TwoEchelons(random.lognormal(-0.5, 0.5, 2), excess, 2.0, np.array([0.5, 1.0]))
    _, least = part.cheapest(5)
    wrong = 0
    for total in range(6):
        best = min(
            part.backorders(central, np.array([first, total - central - first])).sum()
            for central in range(total + 1)
            for first in range(total - central + 1)
        )
        wrong += abs(least[total] - best) > 1e-9 * best
    return 6, wrong


def repairables(seed: int, cases: int = 6, uses: int = 1_000_000) -> list[Finding]:
    """A8: a part that is repaired, against draws of every use of it."""
    random = np.random.default_rng(seed)
    errors = []
    for _ in range(cases):
        rate, repair, supply = random.uniform(0.3, 1.5), random.uniform(1, 4), random.uniform(4, 9)
        condemned, stock = random.uniform(0.05, 0.3), int(random.integers(1, 5))
        begins = np.cumsum(random.exponential(1 / rate, uses))
        away = np.where(random.random(uses) < condemned, supply, random.exponential(repair, uses))
        moments = np.sort(random.uniform(100, begins[-1], uses))
        out = np.searchsorted(begins, moments) - np.searchsorted(np.sort(begins + away), moments)
        waiting = np.maximum(out - stock, 0).mean()
        pipeline = Repair(np.array([repair]), np.array([condemned]), np.zeros(1)).mixed(supply)
        part = TwoEchelons(np.array([rate]), 0.0, float(pipeline[0]), np.zeros(1))
        errors.append(part.backorders(stock, np.zeros(1, np.int64))[0] / waiting - 1.0)
    worst = float(np.abs(errors).max())
    what = f"repaired parts, {cases} cases of {uses:,} uses, worst error"
    return [Finding("A8", what, "2 %", f"{100 * worst:.1f} %", worst <= 0.02)]
