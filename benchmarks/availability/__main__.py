"""Measure the goals of availability per real on real demand, with a documented draw.

    python -m benchmarks.availability --data FOLDER [--goals A1 A3 ...]

FOLDER holds carparts_monthly.parquet, online_retail_daily.parquet and online_retail_lines.parquet.
Forecasts at the past origins are made once and kept. Writes build/bench/availability/GOAL.json and
.md; a goal is told anew whenever it is asked for. A1 needs the environment of the judges.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from benchmarks.availability import (
    budgets,
    exact,
    orders,
    places,
    programs,
    promises,
    replays,
    scale,
)
from benchmarks.availability.drawn import draw
from benchmarks.availability.findings import Finding, write_findings
from benchmarks.availability.origins import CARPARTS, RETAIL, Forecasts, OriginData, forecasts_of
from benchmarks.availability.untouched import DEMANDS, untouched

BENCH = Path("build/bench/availability")
SEED = 1000
DRAWS = 5


class Measuring:
    """What every goal is measured with.

    Attributes:
        told: The arguments.
        console: Where is told how far it is.
    """

    def __init__(self, told: argparse.Namespace, console: Console) -> None:
        self.told = told
        self.console = console

    def forecasts(self) -> Iterator[Forecasts]:
        """Yield the forecasts of each data set."""
        if self.told.untouched:
            yield self.forecasts_of_one(untouched(self.told.data, BENCH, self.told.untouched))
            return
        for data in (CARPARTS, RETAIL):
            if data.name in self.told.sets and (self.told.data / data.file).is_file():
                yield self.forecasts_of_one(data)

    def forecasts_of_one(self, data: OriginData = CARPARTS) -> Forecasts:
        """Return the forecasts of one data set."""
        with self.console.status("forecasts") as status:
            return forecasts_of(self.told.data, data, BENCH, status.update)

    @property
    def seeds(self) -> range:
        """Seeds of the draws."""
        return range(self.told.seed, self.told.seed + self.told.draws)


def backorders(with_: Measuring) -> list[Finding]:
    """A1."""
    return exact.backorders(with_.told.judges, with_.told.seed)


def greedy(with_: Measuring) -> list[Finding]:
    """A2."""
    return exact.greedy(with_.told.seed)


def levels(with_: Measuring) -> list[Finding]:
    """A3 and A5a."""
    found = []
    for forecasts in with_.forecasts():
        savings, replayed = replays.savings(forecasts, with_.seeds)
        found += savings + replays.tower_hours(forecasts.data.name, replayed)
    return found


def spreads(with_: Measuring) -> list[Finding]:
    """A3, where costs differ less."""
    return [f for each in with_.forecasts() for f in replays.spreads(each, with_.told.seed)]


def short_money(with_: Measuring) -> list[Finding]:
    """A4."""
    return [f for each in with_.forecasts() for f in budgets.budgets(each, with_.seeds)]


def kept(with_: Measuring) -> list[Finding]:
    """A5b."""
    return [f for each in with_.forecasts() for f in promises.promises(each, with_.seeds)]


def contracts(with_: Measuring) -> list[Finding]:
    """A6."""
    forecasts = with_.forecasts_of_one()
    drawn = draw(len(forecasts.demand), with_.told.seed)
    return programs.contracts(forecasts, drawn, with_.told.seed)


def echelons(with_: Measuring) -> list[Finding]:
    """A7."""
    return exact.two_echelons(120, with_.told.seed)


def repairables(with_: Measuring) -> list[Finding]:
    """A8."""
    return exact.repairables(with_.told.seed)


def moves(with_: Measuring) -> list[Finding]:
    """A9."""
    forecasts = with_.forecasts_of_one()
    return places.moves(forecasts, with_.told.seed) + programs.moves(with_.told.seed)


def money(with_: Measuring) -> list[Finding]:
    """A10."""
    return [f for each in with_.forecasts() for f in orders.orders(each, with_.told.seed)]


def size(with_: Measuring) -> list[Finding]:
    """A11."""
    return scale.scale(with_.forecasts_of_one(), with_.told.seed)


GOALS: dict[str, Callable[[Measuring], list[Finding]]] = {
    "A1": backorders,
    "A2": greedy,
    "A3": levels,
    "A3-spreads": spreads,
    "A4": short_money,
    "A5b": kept,
    "A6": contracts,
    "A7": echelons,
    "A8": repairables,
    "A9": moves,
    "A10": money,
    "A11": size,
}


def main() -> int:
    """Measure the goals asked for, one after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--goals", nargs="+", choices=GOALS, default=list(GOALS))
    names = [CARPARTS.name, RETAIL.name]
    parser.add_argument("--sets", nargs="+", choices=names, default=names)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--untouched", choices=DEMANDS, help="demand no rule was made on")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--judges", type=Path, default=Path(".venv-judges"))
    parser.add_argument("--to", type=Path, default=BENCH)
    told = parser.parse_args()
    console = Console()
    for goal in told.goals:
        began, cpu = time.perf_counter(), time.process_time()
        found = GOALS[goal](Measuring(told, console))
        console.print(write_findings(found, told.to, goal), markup=False, soft_wrap=True)
        took = time.perf_counter() - began
        console.print(f"{goal}: {took:.0f} s, {time.process_time() - cpu:.0f} CPU-s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
