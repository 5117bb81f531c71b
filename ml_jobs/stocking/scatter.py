"""How much more sums scatter than was learnt, by what happened after earlier cutoffs.

Of long sums a history holds few that don't overlap, so that trees learn too little of how far the
level drifts. Sums that were forecast at earlier cutoffs are compared with what came, and the
excess is multiplied by what would have made that likeliest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from scipy import stats

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.negative_binomial import LEAST_EXCESS, NegativeBinomial

READABLE, LEAD, CYCLE = "week or month", "lead time", "lead time and review"
CLASS_WEIGHT = 200.0  # windows after which a class counts as much as all classes together
FACTORS: FloatArray = np.power(1.1, np.arange(-4.0, 13.0))  # on the excess; candidates

Kind = tuple[str, str]  # what is summed, and the demand class


@dataclass(frozen=True)
class ScatterTally:
    """How likely each of ``FACTORS`` makes what came; adds up over partitions.

    Attributes:
        likelihoods: By kind of sum and class, summed logarithms, shape (17,).
        windows: By kind of sum and class, windows seen.
    """

    likelihoods: Mapping[Kind, FloatArray]
    windows: Mapping[Kind, int]

    def __add__(self, other: ScatterTally) -> ScatterTally:
        """Count the windows of both."""
        kinds = sorted({*self.windows, *other.windows})
        none = np.zeros(len(FACTORS))
        return ScatterTally(
            {k: self.likelihoods.get(k, none) + other.likelihoods.get(k, none) for k in kinds},
            {k: self.windows.get(k, 0) + other.windows.get(k, 0) for k in kinds},
        )


@dataclass(frozen=True)
class SumScatter:
    """What to multiply the excess of sums by.

    Attributes:
        factors: By kind of sum and demand class; 1 for what is not there.
    """

    factors: Mapping[Kind, float]

    def corrected(
        self, kind: str, summed: NegativeBinomial, classes: TextArray
    ) -> NegativeBinomial:
        """Return *summed*, of S series, with the excess that its *kind* and *classes* should have.

        *classes* are the demand classes as of the cutoff, shape (S,).
        """
        factors = np.array([self.factors.get((kind, str(name)), 1.0) for name in classes])
        by_step = factors if summed.excess.ndim == 1 else factors[:, None]
        return replace(summed, excess=np.maximum(summed.excess * by_step, LEAST_EXCESS))

    def notes(self) -> dict[str, float]:
        """Return the factors for the lineage."""
        return {
            f"{kind}, {name}": round(factor, 4)
            for (kind, name), factor in sorted(self.factors.items())
        }


AS_LEARNT = SumScatter({})


def scatter_tally(
    kind: str,
    summed: NegativeBinomial,
    actual: FloatArray,
    classes: TextArray,
    judged: BoolArray,
) -> ScatterTally:
    """Sum up, of one cutoff, how likely each candidate makes the demand that came.

    Args:
        kind: What is summed.
        summed: Demand forecast at the cutoff, of S series.
        actual: Demand that came, units, shape (S,); NaN where the window is not over.
        classes: Demand classes as known at the cutoff, shape (S,).
        judged: Which series count, shape (S,).
    """
    seen = judged & np.isfinite(actual) & summed.covered & (summed.drawn > 0)
    shape = summed.drawn[seen, None] / summed.lot[seen, None]
    excess = np.maximum(summed.excess[seen, None] * FACTORS, LEAST_EXCESS)
    counts = np.rint(actual[seen] / summed.lot[seen])[:, None]
    logs = stats.nbinom.logpmf(counts, shape / excess, 1.0 / (1.0 + excess))
    found = classes[seen]
    names = np.unique(found)
    return ScatterTally(
        {(kind, str(name)): logs[found == name].sum(axis=0) for name in names},
        {(kind, str(name)): int((found == name).sum()) for name in names},
    )


def scatter_corrections(tallies: Iterable[ScatterTally]) -> SumScatter:
    """Learn the factors from the windows of earlier cutoffs.

    A class is drawn towards all classes of its kind of sum, the more the fewer windows it has. The
    *tallies* are of windows that were over by the cutoff that is corrected; what has none stays as
    it was learnt.
    """
    seen = reduce(ScatterTally.__add__, tallies, ScatterTally({}, {}))
    factors = {}
    for kind in sorted({kind for kind, _ in seen.windows}):
        members = [key for key in seen.windows if key[0] == kind]
        overall = np.sum([seen.likelihoods[key] for key in members], axis=0)
        windows = sum(seen.windows[key] for key in members)
        for key in members:
            likelihood = seen.likelihoods[key] + CLASS_WEIGHT * overall / windows
            factors[key] = float(FACTORS[np.argmax(likelihood)])
    return SumScatter({key: factor for key, factor in factors.items() if factor != 1.0})
