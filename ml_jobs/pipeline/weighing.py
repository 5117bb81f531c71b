"""Learns the lessons of the backtest from a sample of partitions.

Weights and levels for a cutoff are learnt from the cutoffs before it and from nothing else, so
what is published of the past is what would have been forecast then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray, concatenate
from ml_jobs.classification import demand_classes
from ml_jobs.judging.aggregates import groupings_of, merge_sums, metric_sums
from ml_jobs.judging.backtest import Backtest, Origin, on_the_same_rows
from ml_jobs.judging.calibration import Widths, learn_widths
from ml_jobs.judging.champions import Champions, class_champions
from ml_jobs.judging.scores import pairs_by_source
from ml_jobs.models.ensemble import ensemble_forecasts
from ml_jobs.models.ensemble_weights import (
    EnsembleWeights,
    WeightSamples,
    fit_weights,
    prior_weights,
)
from ml_jobs.negative_binomial import LEVELS
from ml_jobs.options import ENSEMBLE
from ml_jobs.pipeline.learning import pools_at
from ml_jobs.pipeline.lessons import Lessons, corrected_sums
from ml_jobs.pipeline.members import Members
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import RunFolder, load
from ml_jobs.pipeline.stock_planning import StockView, scatter_of, stock_view, tally_of
from ml_jobs.pipeline.stocked_series import tails_of
from ml_jobs.progress import ReportWork, Work
from ml_jobs.stocking.availability.tails import learn_tails
from ml_jobs.stocking.scatter import SumScatter, scatter_corrections
from ml_jobs.stocking.service import service_corrections


def weigh(folder: RunFolder, plan: Plan, *, report: ReportWork) -> Lessons:
    """Learn weights, champions and service levels from partitions spread evenly over the run."""
    numbers = sampled_partitions(plan)
    stops = (*plan.judged, plan.future)
    steps, total = count(), len(numbers) + 2 * len(stops)
    pasts = []
    for number in numbers:
        report(Work("weigh", next(steps), total))
        pasts.append(_past_of(folder, number, plan))
    weights: dict[int, EnsembleWeights] = {}
    for cutoff in stops:
        report(Work("weigh", next(steps), total))
        if ENSEMBLE in plan.options.sources:
            samples = _samples_before(cutoff, pasts, plan.options.models, plan)
            weights[cutoff] = (
                fit_weights(samples) if samples else prior_weights(plan.options.models)
            )
    whole = [_with_ensemble(past, weights, plan) for past in pasts]
    # The last of the sources are the likely best: they decide where nothing could be judged.
    preferred = tuple(reversed(plan.options.sources))
    sums = merge_sums(_metric_sums(past, plan) for past in whole)
    champions = class_champions(sums, plan.horizon, preferred)
    scatter = {
        cutoff: scatter_corrections(
            tally
            for past in pasts
            for earlier, members in past.members.items()
            if earlier < cutoff
            for tally in scatter_of(members, past.partition, earlier, cutoff, plan)
        )
        for cutoff in stops
    }
    corrected = [_with_scatter(past, scatter) for past in whole]
    views = [(past, view) for past in corrected for view in _views(past, folder, champions, plan)]
    widths, planned, tails = {}, {}, {}
    for cutoff in stops:
        report(Work("weigh", next(steps), total))
        samples = _samples_before(cutoff, whole, plan.options.sources, plan)
        widths[cutoff] = learn_widths(samples) if samples else Widths({})
        planned[cutoff] = service_corrections(
            tally_of(view, past.partition, cutoff, plan)
            for past, view in views
            if view.cutoff < cutoff
        )
        tails[cutoff] = learn_tails(
            tails_of(view, past.partition, cutoff, plan)
            for past, view in views
            if view.cutoff < cutoff
        )
    report(Work("weigh", total, total))
    return Lessons(weights, champions, widths, planned, scatter, tails)


def sampled_partitions(plan: Plan) -> tuple[int, ...]:
    """Return the partitions to learn from, evenly spread over all."""
    most = max(plan.options.weigh_series // plan.options.partition_series, 1)
    every = -(-plan.partitions // most)
    return tuple(range(0, plan.partitions, every))


@dataclass(frozen=True)
class _PartitionPast:
    """One partition, and what was forecast for it at every past cutoff."""

    partition: Partition
    members: Mapping[int, Members]
    origins: Mapping[int, Origin]


def _past_of(folder: RunFolder, number: int, plan: Plan) -> _PartitionPast:
    partition = load(folder.series(number), Partition)
    members = {c: load(folder.members(number, c), Members) for c in plan.cutoffs}
    origins = {c: partition.origin(c, each.forecasts(), plan) for c, each in members.items()}
    return _PartitionPast(partition, members, origins)


def _samples_before(
    cutoff: int, pasts: Sequence[_PartitionPast], sources: tuple[str, ...], plan: Plan
) -> WeightSamples | None:
    """Forecasts of *sources* at the cutoffs before *cutoff*, of steps that were over by it.

    None where there is no earlier cutoff.
    """
    before = [c for c in reversed(plan.cutoffs) if c < cutoff]
    samples = [
        _samples(past, earlier, min(plan.horizon, cutoff - earlier), sources, age=age)
        for past in pasts
        for age, earlier in enumerate(before)
    ]
    return concatenate(samples) if samples else None


def _samples(
    past: _PartitionPast, cutoff: int, steps: int, sources: tuple[str, ...], *, age: int
) -> WeightSamples:
    """Forecasts of *sources* at *cutoff* of its first *steps* steps, in rows."""
    origin, panel = past.origins[cutoff], past.partition.panel
    judged = np.isfinite(origin.actual[:, 0])
    rows = int(judged.sum()) * steps

    def flat(values: FloatArray) -> FloatArray:
        return values[judged, :steps].reshape(rows, *values.shape[2:])

    nothing = np.full((rows, len(LEVELS)), np.nan)
    quantiles = [
        flat(origin.forecasts[source].quantiles) if source in origin.forecasts else nothing
        for source in sources
    ]
    return WeightSamples(
        members=sources,
        quantiles=np.stack(quantiles, axis=1),
        actual=flat(origin.actual),
        scale=np.repeat(origin.scale[judged], steps),
        groups=np.repeat(demand_classes(panel.until(cutoff))[judged], steps),
        ages=np.full(rows, age),
    )


def _with_ensemble(
    past: _PartitionPast, weights: Mapping[int, EnsembleWeights], plan: Plan
) -> _PartitionPast:
    """Add the ensemble's forecasts at the cutoffs that it has weights for."""
    origins = dict(past.origins)
    for cutoff in set(origins) & set(weights):
        members = origins[cutoff].forecasts
        known = past.partition.panel.until(cutoff)
        ensemble = ensemble_forecasts(members, known, weights[cutoff], plan.hierarchy)
        origins[cutoff] = replace(origins[cutoff], forecasts={**members, ENSEMBLE: ensemble})
    return replace(past, origins=origins)


def _with_scatter(past: _PartitionPast, scatter: Mapping[int, SumScatter]) -> _PartitionPast:
    """Correct the sums as was known at each cutoff."""
    panel = past.partition.panel
    members = {c: corrected_sums(each, c, panel, scatter) for c, each in past.members.items()}
    return replace(past, members=members)


def _metric_sums(past: _PartitionPast, plan: Plan) -> pa.Table:
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
    past: _PartitionPast, folder: RunFolder, champions: Champions, plan: Plan
) -> Iterator[StockView]:
    for cutoff, origin in past.origins.items():
        yield stock_view(
            past.partition,
            cutoff,
            origin.forecasts,
            totals=past.members[cutoff].totals,
            pools=pools_at(folder, cutoff),
            champions=champions,
            plan=plan,
        )
