"""AutoARIMA, in a pool of processes, for the series that a rule of the settings picks."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from statsforecast.models import AutoARIMA

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.models.library import histories
from ml_jobs.models.protocol import PointForecasts
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, Work, silent

_LONGEST_SEASON = 12  # a longer one makes the state space, and with it a fit, too large
_SERIES_PER_PROCESS = 4  # fewer than this are not worth starting a process for
_CEILING = 2.0  # times the largest demand seen: a trend must not run away


@dataclass(frozen=True)
class Arima:
    """The ARIMA model with the best AICc, of low orders; negative forecasts become 0.

    Attributes:
        processes: Worker processes; None for one per core.

    Source: Hyndman and Khandakar 2008, "Automatic time series forecasting", section 3.
    """

    source: ClassVar[str] = "arima"
    processes: int | None = None

    def forecast(
        self, panel: Panel, horizon: int, *, series: BoolArray, report: ReportWork = silent
    ) -> PointForecasts:
        """Forecast with one model per series; a series that no model fits stays uncovered."""
        mean = np.full((len(panel.item_ids), horizon), np.nan)
        variance = np.full(len(panel.item_ids), np.nan)
        asked = list(histories(panel, series))
        tasks = [(history, horizon, panel.frequency.season) for _, history in asked]
        for done, answer in enumerate(_answers(tasks, self.processes), start=1):
            index = asked[done - 1][0]
            if answer is not None:
                mean[index], variance[index] = answer
            report(Work(self.source, done, len(asked), panel.item_ids[index]))
        return PointForecasts(mean, variance)


Task = tuple[FloatArray, int, int]
Answer = tuple[FloatArray, float] | None


def _answers(tasks: list[Task], processes: int | None) -> Iterator[Answer]:
    """Give the answers in the order of *tasks*, whichever process computed them."""
    workers = min(processes or len(os.sched_getaffinity(0)), len(tasks) // _SERIES_PER_PROCESS)
    if workers < 2:
        yield from map(_forecast_one, tasks)
        return
    # Forking from a server that never ran a thread is as cheap as a fork and can't deadlock.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(_forecast_one, tasks)


def _forecast_one(task: Task) -> Answer:
    history, horizon, season = task
    try:
        fit = _fit(history, horizon, season)
    except (ArithmeticError, LookupError, RuntimeError, ValueError):
        # The optimiser's ways to give up on a series; the caller sees it is not covered.
        return None
    mean = np.clip(fit["mean"], 0.0, _CEILING * history.max())
    variance = float(np.nanmean((history - fit["fitted"]) ** 2))
    if not (np.isfinite(mean).all() and np.isfinite(variance)):
        return None
    return mean, variance


def _fit(history: FloatArray, horizon: int, season: int) -> dict[str, FloatArray]:
    seasonal = season <= _LONGEST_SEASON and history.size >= 2 * season
    model = AutoARIMA(
        season_length=season if seasonal else 1,
        max_p=3,
        max_q=3,
        max_P=1,
        max_Q=1,
        max_d=1,
        approximation=True,
        nmodels=20,
    )
    with warnings.catch_warnings():
        # The search reports every candidate that did not converge; it then takes another.
        warnings.simplefilter("ignore")
        fit: dict[str, FloatArray] = model.forecast(history, horizon, fitted=True)
    return fit
