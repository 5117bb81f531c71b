"""What the backtest teaches, and every source's forecasts corrected by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ml_jobs.classification import demand_classes
from ml_jobs.forecasts import Forecasts
from ml_jobs.judging.calibration import Widths, stretch
from ml_jobs.judging.champions import Champions
from ml_jobs.models.ensemble import ensemble_forecasts
from ml_jobs.models.ensemble_weights import EnsembleWeights
from ml_jobs.options import ENSEMBLE
from ml_jobs.panel import Panel
from ml_jobs.pipeline.members import Members
from ml_jobs.pipeline.plan import Plan
from ml_jobs.stocking.service import PlannedLevels


@dataclass(frozen=True)
class Lessons:
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

    def forecasts(
        self, cutoff: int, panel: Panel, members: Members, plan: Plan
    ) -> dict[str, Forecasts]:
        """Return what every source forecasts, the ensemble last, with corrected widths.

        *cutoff* is one that is judged, or the future's. *panel* is the partition's whole history,
        of which nothing after the cutoff is looked at.
        """
        known = panel.until(cutoff)
        forecasts = members.forecasts()
        if cutoff in self.weights:
            ensemble = ensemble_forecasts(forecasts, known, self.weights[cutoff], plan.hierarchy)
            forecasts[ENSEMBLE] = ensemble
        widths = self.widths[cutoff]
        if not widths.factors:
            return forecasts
        classes = demand_classes(known)
        return {
            source: stretch(each, widths.of(source, classes)) for source, each in forecasts.items()
        }
