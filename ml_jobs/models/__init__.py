"""The sources of forecasts, one file each; this is where a source becomes known to the job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ml_jobs.errors import OptionError
from ml_jobs.models.protocol import Model
from ml_jobs.options import ENSEMBLE, SOURCES, ForecastOptions

MakeModel = Callable[[ForecastOptions], Model]


def _naive(_: ForecastOptions) -> Model:
    from ml_jobs.models.naive import Naive

    return Naive()


def _mean(_: ForecastOptions) -> Model:
    from ml_jobs.models.mean import HistoricMean

    return HistoricMean()


def _tsb(_: ForecastOptions) -> Model:
    from ml_jobs.models.tsb import Tsb

    return Tsb()


def _imapa(_: ForecastOptions) -> Model:
    from ml_jobs.models.imapa import Imapa

    return Imapa()


def _arima(_: ForecastOptions) -> Model:
    from ml_jobs.models.arima import Arima

    return Arima()


def _prophet(options: ForecastOptions) -> Model:
    from ml_jobs.models.prophet import ProphetModel

    return ProphetModel(country=options.country, seed=options.seed)


def _gbm(options: ForecastOptions) -> Model:
    from ml_jobs.models.gbm import PLAN, Gbm

    return Gbm(PLAN.with_seed(options.seed))


def _lstm(options: ForecastOptions) -> Model:
    from ml_jobs.models.lstm import Lstm

    return Lstm(seed=options.seed)


# Each imports its library when it is asked for: nobody pays for a model that does not run.
MODELS: Mapping[str, MakeModel] = {
    "naive": _naive,
    "mean": _mean,
    "tsb": _tsb,
    "imapa": _imapa,
    "arima": _arima,
    "prophet": _prophet,
    "gbm": _gbm,
    "lstm": _lstm,
}


def models_of(sources: Iterable[str], options: ForecastOptions) -> dict[str, Model]:
    """Return the model of each of *sources*, in that order.

    Raises:
        OptionError: There is no model for one of the names.
    """
    wanted = tuple(sources)
    refuse_unknown(wanted)
    return {source: MODELS[source](options) for source in wanted if source != ENSEMBLE}


def refuse_unknown(sources: Iterable[str]) -> None:
    """Refuse names that are no source.

    Raises:
        OptionError: Names them, and those there are.
    """
    unknown = [source for source in sources if source not in SOURCES]
    if unknown:
        raise OptionError("sources", ", ".join(unknown), f"out of {', '.join(SOURCES)}")
