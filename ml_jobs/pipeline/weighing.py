"""What the backtest teaches: the ensemble's weights, champions, and the levels to plan stock for.

Weights and levels for a cutoff are learnt from the cutoffs before it and from nothing else, so
what is published of the past is what would have been said then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray
from ml_jobs.classification import demand_classes
from ml_jobs.forecasts import Forecasts
from ml_jobs.judging.aggregates import groupings_of, merged, metric_sums
from ml_jobs.judging.backtest import Backtest, Origin, on_the_same_rows, origin_at
from ml_jobs.judging.calibration import NOTHING_TO_CORRECT, Widths, learn_widths, stretched
from ml_jobs.judging.champions import Champions, class_champions
from ml_jobs.judging.scores import pairs_by_source
from ml_jobs.models.ensemble import (
    EnsembleWeights,
    WeightSamples,
    combine,
    fit_weights,
    prior_weights,
)
from ml_jobs.models.reconcile import reconciled, tree_of
from ml_jobs.options import ENSEMBLE
from ml_jobs.panel import Panel
from ml_jobs.pipeline.learning import pools_at
from ml_jobs.pipeline.members import Members, Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import RunFolder, kept
from ml_jobs.pipeline.stock_planning import Cutoff, StockView, stock_view, tally_of
from ml_jobs.progress import ReportWork, Work
from ml_jobs.quantiles import LEVELS, lots, quantiles
from ml_jobs.stocking.service import PlannedLevels, service_corrections


@dataclass(frozen=True)
class Verdict:
    """What was learnt from the past of a sample of series, for all of them.

    Attributes:
        weights: By cutoff, that of the future included; empty without an ensemble.
        champions: The source that stock is planned with.
        widths: By cutoff, how much wider than they say the sources should be.
        planned: By cutoff, the service levels to plan for, so that those asked are achieved.
    """

    weights: Mapping[int, EnsembleWeights]
    champions: Champions
    widths: Mapping[int, Widths]
    planned: Mapping[int, PlannedLevels]


def members_said(members: Members) -> dict[str, Forecasts]:
    """Return mean and quantiles of every source but the ensemble."""
    return {
        source: Forecasts(drawn.mean, quantiles(drawn.mean, drawn.spread))
        for source, drawn in members.distributions.items()
    }


def ensemble_of(
    said: Mapping[str, Forecasts], known: Panel, weights: EnsembleWeights, plan: Plan
) -> Forecasts:
    """Return what the ensemble makes of what its members said; its places add up too.

    Args:
        said: By member.
        known: History up to the cutoff, and nothing after it.
        weights: Learnt before the cutoff.
        plan: Of the run.
    """
    ensemble = combine(said, demand_classes(known), weights, lots=lots(known.demand))
    mean = reconciled(ensemble.mean, known, tree_of(known, plan.hierarchy))
    return replace(ensemble, mean=mean).without(~np.isfinite(mean[:, 0]))


def said_at(
    cutoff: int, panel: Panel, members: Members, plan: Plan, verdict: Verdict
) -> dict[str, Forecasts]:
    """Return what every source says at *cutoff*, the ensemble last, with corrected widths.

    Args:
        cutoff: One that is judged, or the future's.
        panel: The partition's whole history; nothing after the cutoff is looked at.
        members: What the sources said at this cutoff.
        plan: Of the run.
        verdict: Learnt from the cutoffs before.
    """
    known = panel.until(cutoff)
    said = members_said(members)
    if cutoff in verdict.weights:
        said[ENSEMBLE] = ensemble_of(said, known, verdict.weights[cutoff], plan)
    widths = verdict.widths.get(cutoff, NOTHING_TO_CORRECT)
    if not widths.factors:
        return said
    classes = demand_classes(known)
    return {source: stretched(f, widths.of(source, classes)) for source, f in said.items()}


def weigh(folder: RunFolder, plan: Plan, *, report: ReportWork) -> Verdict:
    """Learn weights, champions and service levels from partitions spread evenly over the run.

    Args:
        folder: Every partition's members lie in it.
        plan: Of the run.
        report: Told of each partition and of each cutoff weighed.
    """
    numbers = sampled_partitions(plan)
    stops = (*plan.judged, plan.future)
    steps = _Steps(report, len(numbers) + 2 * len(stops))
    pasts = []
    for number in numbers:
        steps.next()
        pasts.append(_past_of(folder, number, plan))
    weights: dict[int, EnsembleWeights] = {}
    for cutoff in stops:
        steps.next()
        if ENSEMBLE in plan.options.sources:
            weights[cutoff] = _weights(pasts, cutoff, plan)
    whole = [_with_ensemble(past, weights, plan) for past in pasts]
    # The last of the sources are the likely best: they decide where nothing could be judged.
    preferred = tuple(reversed(plan.options.sources))
    champions = class_champions(merged(_sums(p, plan) for p in whole), plan.horizon, preferred)
    views = [_views(past, folder, champions, plan) for past in whole]
    widths, planned = {}, {}
    for now in stops:
        steps.next()
        samples = _samples_before(now, whole, plan.options.sources, plan)
        widths[now] = learn_widths(samples) if samples else NOTHING_TO_CORRECT
        planned[now] = service_corrections(
            tally_of(view, past.partition, now, plan)
            for past, seen in zip(whole, views, strict=True)
            for view in seen
            if view.cutoff < now
        )
    steps.next()
    return Verdict(weights, champions, widths, planned)


class _Steps:
    """Counts the steps of the weighing, and reports each as it begins."""

    def __init__(self, report: ReportWork, total: int) -> None:
        self._report = report
        self._total = total
        self._done = 0

    def next(self) -> None:
        """Report that the next step begins; after the last one, that all are done."""
        self._report(Work("weigh", self._done, self._total))
        self._done += 1


def sampled_partitions(plan: Plan) -> tuple[int, ...]:
    """Return the partitions that the verdict is learnt from, evenly spread over all."""
    most = max(plan.options.weigh_series // plan.options.partition_series, 1)
    every = -(-plan.partitions // most)
    return tuple(range(0, plan.partitions, every))


@dataclass(frozen=True)
class _Past:
    """One partition, and what was forecast for it at every past cutoff."""

    partition: Partition
    members: Mapping[int, Members]
    origins: Mapping[int, Origin]


def _past_of(folder: RunFolder, number: int, plan: Plan) -> _Past:
    partition = kept(folder.series(number), Partition)
    members = {c: kept(folder.members(number, c), Members) for c in plan.cutoffs}
    origins = {
        cutoff: origin_at(
            partition.panel,
            cutoff,
            plan.eligible(partition.panel, cutoff),
            members_said(said),
            plan.horizon,
        )
        for cutoff, said in members.items()
    }
    return _Past(partition, members, origins)


def _weights(pasts: Sequence[_Past], cutoff: int, plan: Plan) -> EnsembleWeights:
    """The weights for one cutoff, learnt from what was known of those before it."""
    samples = _samples_before(cutoff, pasts, plan.options.models, plan)
    return fit_weights(samples) if samples else prior_weights(plan.options.models)


def _samples_before(
    cutoff: int, pasts: Sequence[_Past], sources: tuple[str, ...], plan: Plan
) -> WeightSamples | None:
    """What *sources* said at the cutoffs before *cutoff* of steps whose outcome was known by it.

    None where there is no earlier cutoff.
    """
    before = [c for c in reversed(plan.cutoffs) if c < cutoff]
    samples = [
        _samples(past, earlier, min(plan.horizon, cutoff - earlier), sources, age=age)
        for past in pasts
        for age, earlier in enumerate(before)
    ]
    return _together(samples) if samples else None


def _samples(
    past: _Past, cutoff: int, steps: int, sources: tuple[str, ...], *, age: int
) -> WeightSamples:
    """What *sources* said at *cutoff* of its first *steps* steps, in rows."""
    origin, panel = past.origins[cutoff], past.partition.panel
    judged = np.isfinite(origin.actual[:, 0])
    count = int(judged.sum()) * steps

    def rows(values: FloatArray) -> FloatArray:
        return values[judged, :steps].reshape(count, *values.shape[2:])

    nothing = np.full((count, len(LEVELS)), np.nan)
    return WeightSamples(
        members=sources,
        quantiles=np.stack(
            [
                rows(origin.forecasts[source].quantiles) if source in origin.forecasts else nothing
                for source in sources
            ],
            axis=1,
        ),
        actual=rows(origin.actual),
        scale=np.repeat(origin.scale[judged], steps),
        groups=np.repeat(demand_classes(panel.until(cutoff))[judged], steps),
        ages=np.full(count, age),
    )


def _together(samples: Sequence[WeightSamples]) -> WeightSamples:
    return WeightSamples(
        samples[0].members,
        np.concatenate([part.quantiles for part in samples]),
        np.concatenate([part.actual for part in samples]),
        np.concatenate([part.scale for part in samples]),
        np.concatenate([part.groups for part in samples]),
        np.concatenate([part.ages for part in samples]),
    )


def _with_ensemble(past: _Past, weights: Mapping[int, EnsembleWeights], plan: Plan) -> _Past:
    """Add what the ensemble would have said at the cutoffs that it has weights for."""
    origins = dict(past.origins)
    for cutoff in set(origins) & set(weights):
        said = origins[cutoff].forecasts
        known = past.partition.panel.until(cutoff)
        ensemble = ensemble_of(said, known, weights[cutoff], plan)
        origins[cutoff] = replace(origins[cutoff], forecasts={**said, ENSEMBLE: ensemble})
    return replace(past, origins=origins)


def _sums(past: _Past, plan: Plan) -> pa.Table:
    """How every source did at the cutoffs judged."""
    partition = past.partition
    judged = on_the_same_rows([past.origins[c] for c in plan.judged], partition.chosen)
    return metric_sums(
        partition.panel,
        groupings_of(partition.items),
        pairs_by_source(Backtest(plan.horizon, judged)),
        (plan.horizon,),
        replace(plan.options, bootstrap_samples=1),
    )


def _views(
    past: _Past, folder: RunFolder, champions: Champions, plan: Plan
) -> tuple[StockView, ...]:
    return tuple(
        stock_view(
            past.partition,
            Cutoff(cutoff, past.members[cutoff], origin.forecasts, pools_at(folder, cutoff)),
            champions,
            plan,
        )
        for cutoff, origin in past.origins.items()
    )


def backtest_of(
    partition: Partition, forecasts: Mapping[int, Mapping[str, Forecasts]], plan: Plan
) -> Backtest:
    """Put beside the forecasts of the cutoffs judged what then happened.

    Args:
        partition: The series.
        forecasts: By cutoff and source.
        plan: Of the run.
    """
    panel = partition.panel
    origins = [
        origin_at(panel, cutoff, plan.eligible(panel, cutoff), forecasts[cutoff], plan.horizon)
        for cutoff in plan.judged
    ]
    return Backtest(plan.horizon, on_the_same_rows(origins, partition.chosen))
