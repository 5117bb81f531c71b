"""The weights of the ensemble's members, learnt where the members were judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray, divide
from ml_jobs.models.simplex import Loss, least_shares
from ml_jobs.negative_binomial import LEVELS

# Members whose forecast of a series that ended goes to zero; others remember its mean for long.
FORGETTING = ("imapa", "naive", "tsb")
PRIOR_TIERS = (("gbm", "lstm"), ("imapa", "tsb"))

POOL_WEIGHT = 2000.0  # rows with demand after which a group counts as much as all together
CAUTION = 0.2  # share of a member's own excess loss that its weight is charged
DECAY = 0.5  # what a row counts, against one of the next cutoff
MOST_ROWS = 50_000  # rows behind one fit; more are thinned out evenly

Covering = tuple[str, ...]


@dataclass(frozen=True)
class WeightSamples:
    """What the members forecast at past cutoffs, beside what then happened; N rows.

    Attributes:
        members: Names of the M members.
        quantiles: At ``LEVELS``, units per period, shape (N, M, 10); NaN where a member does not
            cover the row.
        actual: Observed demand, units per period, finite, shape (N,).
        scale: Mean absolute change of the row's series before the cutoff, units per period,
            shape (N,); where it is 0 or NaN the row counts in units alone.
        groups: Demand class of the row's series as known at the cutoff, shape (N,).
        ages: How many cutoffs the row's lies behind the latest of the samples, shape (N,).
    """

    members: Covering
    quantiles: FloatArray
    actual: FloatArray
    scale: FloatArray
    groups: TextArray
    ages: IntArray

    def rows(self, chosen: BoolArray) -> WeightSamples:
        """Return the *chosen* rows, shape (N,)."""
        arrays = {name: value for name, value in vars(self).items() if name != "members"}
        return replace(self, **{name: values[chosen] for name, values in arrays.items()})

    @property
    def covered(self) -> BoolArray:
        """Which members cover each row, shape (N, M)."""
        return np.isfinite(self.quantiles[:, :, 0])


@dataclass(frozen=True)
class EnsembleWeights:
    """The weight of every member, by what a series is and by which members cover it.

    Attributes:
        members: Names of the M members.
        by_group: By demand class and covering members; shape (M,), at least 0, sum 1.
        pooled: By covering members, over all classes.
        overall: What is left to a set of covering members that was never seen.
    """

    members: Covering
    by_group: Mapping[tuple[str, Covering], FloatArray]
    pooled: Mapping[Covering, FloatArray]
    overall: FloatArray

    def of(self, group: str, covering: Covering) -> FloatArray:
        """Return the weights of a series, shape (M,): 0 for members that do not cover it."""
        found = self.by_group.get((group, covering), self.pooled.get(covering))
        return _limit(self.overall, self.members, covering) if found is None else found

    def notes(self) -> dict[str, dict[str, float]]:
        """Return the weights in words, for the lineage: members by class and coverage."""
        named = {f"{group}: {'+'.join(by)}": w for (group, by), w in self.by_group.items()}
        named |= {f"all: {'+'.join(by)}": w for by, w in self.pooled.items()}
        named["otherwise"] = self.overall
        return {
            name: {m: round(float(w), 4) for m, w in zip(self.members, weights, strict=True) if w}
            for name, weights in sorted(named.items())
        }


def prior_weights(members: Sequence[str]) -> EnsembleWeights:
    """Return equal weights for the first of ``PRIOR_TIERS`` there is, else for all members.

    They stand where there is no earlier cutoff to learn from.
    """
    covering = tuple(members)
    return EnsembleWeights(covering, {}, {}, _limit(np.zeros(len(members)), covering, covering))


def forgetting_weights(members: Sequence[str]) -> EnsembleWeights:
    """Return all weight for the first of ``FORGETTING`` there is; without any, the prior."""
    first = next((name for name in FORGETTING if name in members), None)
    if first is None:
        return prior_weights(members)
    return EnsembleWeights(tuple(members), {}, {}, np.array([float(m == first) for m in members]))


def _limit(weights: FloatArray, members: Covering, covering: Covering) -> FloatArray:
    """Weights without the members that don't cover; those of the prior where nothing is left."""
    able = np.isin(members, covering)
    equal = [(able & np.isin(members, tier)).astype(np.float64) for tier in PRIOR_TIERS]
    choices = (np.where(able, weights, 0.0), *equal, able.astype(np.float64))
    first = next(shares for shares in choices if shares.any())
    answer: FloatArray = first / first.sum()
    return answer


def fit_weights(samples: WeightSamples) -> EnsembleWeights:
    """Learn the weights that would have had the least pinball loss on *samples*.

    The loss counts half in units and half by each series' scale, so that neither the few great
    sellers nor the many slow ones decide alone. Each set of covering members is learnt on its
    own rows; a class's weights are drawn towards those of all classes together, with the weight
    n / (n + ``POOL_WEIGHT``) for n rows with demand. Later cutoffs count more, by ``DECAY``, and
    a member pays for its weight by how much it alone lags the best, by ``CAUTION``: what won by
    a hair in a few windows seldom wins in the next. Without rows the prior stands. *samples* are
    of cutoffs before the one that the weights are for, and of no other.

    Source: Ratcliff 1979 for averaging quantiles ("Vincentization"); Lichtendahl, Grushka-
    Cockayne and Winkler 2013, "Is it better to average probabilities or quantiles?".
    """
    pooled: dict[Covering, FloatArray] = {}
    by_group: dict[tuple[str, Covering], FloatArray] = {}
    patterns = _patterns(samples)
    for covering, rows in patterns.items():
        able = np.isin(samples.members, covering)
        by_all = np.logical_and.reduce(samples.covered[:, able], axis=1)
        pooled[covering] = _fit(samples.rows(by_all), able)
        for group in np.unique(samples.groups[rows]):
            part = samples.rows(rows & (samples.groups == group))
            demands = float((part.actual > 0).sum())
            trust = demands / (demands + POOL_WEIGHT)
            weights = trust * _fit(part, able) + (1.0 - trust) * pooled[covering]
            by_group[str(group), covering] = weights
    if not patterns:
        return prior_weights(samples.members)
    overall = pooled[max(patterns, key=lambda by: patterns[by].sum())]
    return EnsembleWeights(samples.members, by_group, pooled, overall)


def _patterns(samples: WeightSamples) -> dict[Covering, BoolArray]:
    """The sets of members that cover rows together, and which rows those are."""
    names = np.array(samples.members)
    patterns = np.unique(samples.covered, axis=0)
    return {
        tuple(names[pattern].tolist()): (samples.covered == pattern).all(axis=1)
        for pattern in patterns
        if pattern.any()
    }


def _fit(part: WeightSamples, able: BoolArray) -> FloatArray:
    """Weights of the members *able* that suit the rows best; 0 for the others, shape (M,)."""
    covering = tuple(np.array(part.members)[able].tolist())
    start = _limit(np.zeros(len(able)), part.members, covering)
    count = len(part.actual)
    # Drawn, not every n-th: the order of the rows follows series and steps.
    thinned = part.rows(np.random.default_rng(count).random(count) * count <= MOST_ROWS)
    weights = np.zeros(len(able))
    weights[able] = least_shares(_loss_of(thinned, able), start[able])
    return weights


def _loss_of(part: WeightSamples, able: BoolArray) -> Loss:
    """The pinball loss of the members' averaged quantiles, given the shares of those *able*."""
    quantiles = part.quantiles[:, able]
    counts = row_counts(part, quantiles.mean(axis=1))
    members = np.moveaxis(quantiles, 1, 0)
    alone = np.array([counts @ summed_pinball(part.actual, member) for member in members])
    penalty = CAUTION * (alone - alone.min())
    # Pairs of a row and a level on which the members agree weigh the same whatever the weights.
    rows, places = np.nonzero((quantiles != quantiles[:, :1]).any(axis=1))
    forecasts, level = quantiles[rows, :, places], np.array(LEVELS)[places]
    actual, weight = part.actual[rows], counts[rows]

    def loss(shares: FloatArray) -> tuple[float, FloatArray]:
        error = actual - forecasts @ shares
        side = weight * (level - (error < 0))
        return float(side @ error + penalty @ shares), penalty - side @ forecasts

    return loss


def row_counts(part: WeightSamples, reference: FloatArray) -> FloatArray:
    """Return what each row's loss counts: the reference loses 1/2 in units and 1/2 by scale.

    *reference* are the quantiles of a forecast that brings the two to the same size, (N, 10).
    """
    loss = summed_pinball(part.actual, reference)
    recency: FloatArray = np.power(DECAY, part.ages, dtype=np.float64)
    per_scale = np.nan_to_num(divide(recency, part.scale))
    totals = [float(counts @ loss) for counts in (recency, per_scale)]
    of_units, of_scale = (0.5 / total if total > 0 else 0.0 for total in totals)
    return recency * of_units + per_scale * of_scale


def summed_pinball(actual: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Return the pinball loss of each row, summed over ``LEVELS``, shape (N,)."""
    error = actual[:, None] - quantiles
    loss: FloatArray = (error * (np.array(LEVELS) - (error < 0))).sum(axis=1)
    return loss
