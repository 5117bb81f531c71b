"""The ensemble: its members' quantiles and means averaged, with each series' weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.classification import ceased, demand_classes
from ml_jobs.dispersion import lots
from ml_jobs.forecasts import Forecasts, of_sources
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.models.ensemble_weights import EnsembleWeights, forgetting_weights
from ml_jobs.models.reconcile import reconcile, tree_of
from ml_jobs.panel import Panel


def ensemble_forecasts(
    members: Mapping[str, Forecasts], known: Panel, weights: EnsembleWeights, hierarchy: Hierarchy
) -> Forecasts:
    """Return the ensemble's forecasts: combined, in whole lots, its places adding up.

    Demand comes in whole lots, and a band whose end lies between two of them covers less than it
    says: the end is rounded to the nearest. Series that most likely ended (`ceased`) are left to
    the members that forget. *members* are forecasts of the same series and periods, by source;
    *weights* were learnt before the cutoff that *known* ends at.
    """
    combined = combine(members, demand_classes(known), weights)
    ended = ceased(known)
    if ended.any():
        of_ended = combine(members, demand_classes(known), forgetting_weights(weights.members))
        parts = {"going on": combined, "ended": of_ended}
        combined = of_sources(parts, np.where(ended, "ended", "going on"))
    lot = lots(known.demand)[:, None, None]
    mean = reconcile(combined.mean, known, tree_of(known, hierarchy))
    rounded = np.rint(combined.quantiles / lot) * lot
    return Forecasts(mean, rounded).without(~np.isfinite(mean[:, 0]))


def combine(
    members: Mapping[str, Forecasts], groups: TextArray, weights: EnsembleWeights
) -> Forecasts:
    """Average the members' quantiles, and their means, with each series' weights.

    The mean of the averaged quantile function is the average of the means. Members without weight
    are left out, and where none covers a series the answer is NaN. *groups* are the demand classes
    as of the forecast's cutoff, shape (S,).
    """
    shares = _shares(members, groups, weights)
    first = next(iter(members.values()))
    mean, quantiles = np.zeros(first.mean.shape), np.zeros(first.quantiles.shape)
    for place, name in enumerate(weights.members):
        if name in members:
            # A member that doesn't cover a series is NaN there, and NaN times 0 would stay NaN.
            share = shares[:, place, None]
            mean += np.where(share > 0, share * members[name].mean, 0.0)
            drawn = share[:, :, None] * members[name].quantiles
            quantiles += np.where(share[:, :, None] > 0, drawn, 0.0)
    nobody = shares.sum(axis=1) == 0
    ordered = np.maximum.accumulate(np.maximum(quantiles, 0.0), axis=2)
    return Forecasts(np.maximum(mean, 0.0), ordered).without(nobody)


def _shares(
    members: Mapping[str, Forecasts], groups: TextArray, weights: EnsembleWeights
) -> FloatArray:
    """Weight of each member in each series, shape (S, M); 0 all over where none covers it."""
    nobody = np.zeros(len(groups), dtype=bool)
    covered = np.stack(
        [members[m].covered if m in members else nobody for m in weights.members], axis=1
    )
    names = np.array(weights.members)
    shares = np.zeros(covered.shape)
    for pattern in np.unique(covered, axis=0):
        covering = tuple(names[pattern].tolist())
        for group in np.unique(groups) if covering else ():
            rows = (covered == pattern).all(axis=1) & (groups == group)
            shares[rows] = weights.of(str(group), covering)
    return shares
