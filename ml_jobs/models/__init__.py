"""The sources of forecasts, one file each; this is where a source becomes known to the job."""

from __future__ import annotations

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.models.mean import HistoricMean
from ml_jobs.models.naive import Naive
from ml_jobs.models.protocol import Model
from ml_jobs.options import SOURCES, ForecastOptions


def model_of(source: str, options: ForecastOptions) -> Model:
    """Return the model of *source*, which is not the ensemble.

    A library is imported when its model is asked for: nobody pays for one that does not run.

    Raises:
        InvalidSelection: There is no such model.
    """
    model: Model
    match source:
        case "naive":
            model = Naive()
        case "mean":
            model = HistoricMean()
        case "tsb":
            from ml_jobs.models.tsb import Tsb

            model = Tsb()
        case "imapa":
            from ml_jobs.models.imapa import Imapa

            model = Imapa()
        case "arima":
            from ml_jobs.models.arima import Arima

            model = Arima()
        case "prophet":
            from ml_jobs.models.prophet import ProphetModel

            model = ProphetModel(country=options.country, seed=options.seed)
        case "gbm":
            from ml_jobs.models.gbm import PLAN, Gbm

            model = Gbm(PLAN.with_seed(options.seed))
        case "lstm":
            from ml_jobs.models.lstm import Lstm

            model = Lstm(seed=options.seed)
        case _:
            raise InvalidSelection(
                parameter="sources", found=source, expected=f"out of {', '.join(SOURCES)}"
            )
    return model
