"""What is learnt once per cutoff from a sample of all series, and then used for every one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

from ml_jobs.arrays import BoolArray
from ml_jobs.classification import demand_classes
from ml_jobs.dispersion import Pools, learn_pools, moments
from ml_jobs.grain import length_of
from ml_jobs.models import model_of
from ml_jobs.models.protocol import Fitted
from ml_jobs.models.totals import PLAN as TOTALS_PLAN
from ml_jobs.models.totals import FittedTotals, Totals
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Panel
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import RunFolder, is_whole, load, save
from ml_jobs.stocking.lead_time import SumPools, learn_sum_pools

TOTALS = "totals"
POOLS = "pools"


@dataclass(frozen=True)
class ClassPools:
    """What series have in common at one cutoff: of single periods and of sums of them."""

    single: Pools
    sums: SumPools


@dataclass(frozen=True)
class LearnTask:
    """One thing to learn; independent of all others.

    Attributes:
        what: A source that learns from all series, ``totals`` or ``pools``.
        cutoffs: At which to learn, the earliest first; each goes on from the one before.
    """

    folder: RunFolder
    what: str
    cutoffs: tuple[int, ...]


@dataclass(frozen=True)
class CutoffModels:
    """Everything that was learnt at one cutoff.

    Attributes:
        fitted: By source; models of single series among them, which learnt nothing.
        totals: The model of sums over lead times; None where it does not run.
    """

    fitted: Mapping[str, Fitted]
    totals: FittedTotals | None
    pools: ClassPools


def thin_series(known: Panel, options: ForecastOptions) -> BoolArray:
    """Return which series have too few demands to be forecast by themselves, shape (S,)."""
    return moments(known.demand).demands < options.thin_below


def learn_tasks(folder: RunFolder, plan: Plan) -> tuple[LearnTask, ...]:
    """Return what there is to learn, the longest task first.

    A network goes on from cutoff to cutoff, so its cutoffs are one task; the trees of each
    cutoff are grown anew.
    """
    networks = [source for source in ("lstm",) if source in plan.options.sources]
    trees = {"gbm": plan.stops, TOTALS: plan.sum_stops} if "gbm" in plan.options.sources else {}
    chains = [LearnTask(folder, source, plan.stops) for source in networks]
    singles = [LearnTask(folder, what, (cutoff,)) for what in trees for cutoff in trees[what]]
    return (*chains, *singles, LearnTask(folder, POOLS, plan.stops))


def learn(task: LearnTask) -> None:
    """Work off one task; what was learnt before the run was killed stays."""
    folder = task.folder
    if all(is_whole(folder.learnt(task.what, cutoff)) for cutoff in task.cutoffs):
        return
    plan, sample = load(folder.plan, Plan), load(folder.sample, Panel)
    before: object = None
    for cutoff in task.cutoffs:
        path = folder.learnt(task.what, cutoff)
        if not is_whole(path):
            save(path, _learn(task.what, sample.until(cutoff), plan, before))
        before = load(path, object)


def _learn(what: str, known: Panel, plan: Plan, before: object) -> object:
    options = plan.options
    if what == POOLS:
        classes = demand_classes(known)
        single = learn_pools(known, classes, thin=thin_series(known, options))
        return ClassPools(single, learn_sum_pools(known, classes, single))
    if what == TOTALS:
        return Totals(TOTALS_PLAN.with_seed(options.seed)).fit(
            known,
            plan.longest_sum,
            readable=length_of(plan.frequency),
            farthest=plan.farthest_sum,
        )
    after = cast("Fitted | None", before)
    return model_of(what, options).fit(known, plan.horizon, after=after)


def models_at(folder: RunFolder, plan: Plan, cutoff: int) -> CutoffModels:
    """Return everything that was learnt at *cutoff*; each process reads it once."""
    names = {task.what for task in learn_tasks(folder, plan)}
    learnt = {what: _read(folder.learnt(what, cutoff)) for what in names}
    # A model of single series is its own fit: there is nothing to read.
    fitted = {s: learnt.get(s) or model_of(s, plan.options) for s in plan.options.models}
    return CutoffModels(
        cast("Mapping[str, Fitted]", fitted),
        cast("FittedTotals | None", learnt.get(TOTALS)),
        cast("ClassPools", learnt[POOLS]),
    )


def pools_at(folder: RunFolder, cutoff: int) -> ClassPools:
    """Return what series have in common at *cutoff*; each process reads it once."""
    return cast("ClassPools", _read(folder.learnt(POOLS, cutoff)))


def totals_before(folder: RunFolder, plan: Plan, cutoff: int) -> FittedTotals | None:
    """Return the sums learnt last by *cutoff*; None where none were, or where they don't run."""
    learnt = [stop for stop in plan.sum_stops if stop <= cutoff]
    if "gbm" not in plan.options.sources or not learnt:
        return None
    return cast("FittedTotals", _read(folder.learnt(TOTALS, learnt[-1])))


@lru_cache(maxsize=64)
def _read(path: Path) -> object:
    return load(path, object)
