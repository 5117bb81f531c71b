"""The service level to plan for, so that the service asked is the service achieved.

A reorder point planned for 95 % of a distribution is missed more often than in 5 % of windows,
because the distribution is itself an estimate. What was planned for is compared with what
happened at earlier cutoffs, and the level that would have been enough there is planned for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.negative_binomial import NegativeBinomial

CAUTION = 0.1  # share of the misses allowed that is kept back
CLASS_WEIGHT = 200.0  # windows after which a class counts as much as all classes together
LEVELS: FloatArray = 1.0 - np.geomspace(0.5, 0.001, 60)  # candidates to plan for


@dataclass(frozen=True)
class ServiceTally:
    """How often demand stayed within the quantile of each of ``LEVELS``; adds up over partitions.

    Attributes:
        met: By demand class, windows in which it did, shape (60,).
        windows: By demand class, windows seen.
    """

    met: Mapping[str, FloatArray]
    windows: Mapping[str, int]

    def __add__(self, other: ServiceTally) -> ServiceTally:
        """Count the windows of both."""
        names = sorted({*self.windows, *other.windows})
        none = np.zeros(len(LEVELS))
        return ServiceTally(
            {name: self.met.get(name, none) + other.met.get(name, none) for name in names},
            {name: self.windows.get(name, 0) + other.windows.get(name, 0) for name in names},
        )


@dataclass(frozen=True)
class PlannedLevels:
    """What to plan for, learnt from earlier windows.

    Attributes:
        achieved: By demand class, the service that planning for each of ``LEVELS`` achieved,
            non-decreasing, shape (60,); a class that is not there gets what it asks for.
    """

    achieved: Mapping[str, FloatArray]

    def of(self, asked: FloatArray, classes: TextArray) -> FloatArray:
        """Return the level to plan for, at least the one asked for; at most ``LEVELS``' last.

        Args:
            asked: Service level of each series, shape (S,); NaN stays NaN.
            classes: Demand class of each series, shape (S,).
        """
        wanted = asked + CAUTION * (1.0 - asked)
        planned = asked.copy()
        for name, achieved in self.achieved.items():
            members = (classes == name) & np.isfinite(asked)
            place = np.minimum(np.searchsorted(achieved, wanted[members]), len(LEVELS) - 1)
            planned[members] = np.maximum(asked[members], LEVELS[place])
        return planned

    def notes(self) -> dict[str, float]:
        """Return the level planned for by demand class where 0.95 is asked, for the lineage."""
        names = np.array(sorted(self.achieved), dtype=np.str_)
        planned = self.of(np.full(len(names), 0.95), names)
        return {
            str(name): round(float(level), 4) for name, level in zip(names, planned, strict=True)
        }


def service_tally(
    summed: NegativeBinomial, actual: FloatArray, classes: TextArray, judged: BoolArray
) -> ServiceTally:
    """Count in how many windows of one cutoff each candidate level would have been enough.

    Demand is at or below the quantile of a level where the chance of less demand is below it.

    Args:
        summed: Demand forecast at the cutoff, of S series.
        actual: Demand that came, units, shape (S,); NaN where the window is not over.
        classes: Demand classes as known at the cutoff, shape (S,).
        judged: Which series count, shape (S,).
    """
    seen = judged & np.isfinite(actual) & summed.covered
    enough = summed.chance_of_less(actual)[:, None] < LEVELS
    names = np.unique(classes[seen])
    return ServiceTally(
        {str(name): enough[seen & (classes == name)].sum(axis=0).astype(float) for name in names},
        {str(name): int((seen & (classes == name)).sum()) for name in names},
    )


def service_corrections(tallies: Iterable[ServiceTally]) -> PlannedLevels:
    """Learn what to plan for from the windows of earlier cutoffs.

    A class's shares are drawn towards those of all classes, the more the fewer windows it has.
    The *tallies* are of windows that were over by the cutoff that is planned for. A class without
    any, and every class where there are none, gets what it asks for.

    Source: the quantile recalibration of Kuleshov, Fenner and Ermon 2018, "Accurate
    Uncertainties for Deep Learning Using Calibrated Regression", section 3, by demand class.
    """
    seen = reduce(ServiceTally.__add__, tallies, ServiceTally({}, {}))
    windows = sum(seen.windows.values())
    overall = np.sum(list(seen.met.values()), axis=0) / max(windows, 1)
    return PlannedLevels(
        {
            name: (met + CLASS_WEIGHT * overall) / (seen.windows[name] + CLASS_WEIGHT)
            for name, met in seen.met.items()
        }
    )
