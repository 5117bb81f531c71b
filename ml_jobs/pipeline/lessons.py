"""What the backtest teaches, and every source's forecasts corrected by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ml_jobs.classification import demand_classes
from ml_jobs.forecasts import Forecasts
from ml_jobs.grain import length_of
from ml_jobs.judging.calibration import Widths, stretch
from ml_jobs.judging.champions import Champions
from ml_jobs.models.ensemble import ensemble_forecasts
from ml_jobs.models.ensemble_weights import EnsembleWeights
from ml_jobs.options import ENSEMBLE
from ml_jobs.panel import Panel
from ml_jobs.pipeline.members import Members
from ml_jobs.pipeline.plan import Plan
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.lead_time import SpanTotals
from ml_jobs.stocking.scatter import CYCLE, LEAD, READABLE, SumScatter
from ml_jobs.stocking.service import PlannedLevels


@dataclass(frozen=True)
class Lessons:
    """What was learnt from the past of a sample of series, for all of them.

    Attributes:
        weights: By cutoff, that of the future included; empty without an ensemble.
        champions: The source that stock is planned with.
        widths: By cutoff, how much wider than they say the sources should be.
        planned: By cutoff, the service levels to plan for, so that those asked are achieved.
        scatter: By cutoff, how much more sums scatter than was learnt.
        tails: By cutoff, how often demand was beyond its quantiles.
    """

    weights: Mapping[int, EnsembleWeights]
    champions: Champions
    widths: Mapping[int, Widths]
    planned: Mapping[int, PlannedLevels]
    scatter: Mapping[int, SumScatter]
    tails: Mapping[int, Tails]

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


def corrected_sums(
    members: Members, cutoff: int, panel: Panel, scatter: Mapping[int, SumScatter]
) -> Members:
    """Return the members with the scatter of their sums corrected as was known at the *cutoff*.

    *panel* is the partition's whole history, of which nothing after the cutoff is looked at. At a
    cutoff before all that are judged sums stay as they were learnt.
    """
    if members.totals is None or members.readable is None or cutoff not in scatter:
        return members
    classes, known = demand_classes(panel.until(cutoff)), scatter[cutoff]
    totals, single = members.totals, length_of(panel.frequency) == 1
    return replace(
        members,
        totals=SpanTotals(
            period=known.corrected(READABLE, totals.period, classes) if single else totals.period,
            lead=known.corrected(LEAD, totals.lead, classes),
            cycle=known.corrected(CYCLE, totals.cycle, classes),
        ),
        readable=known.corrected(READABLE, members.readable, classes),
    )
