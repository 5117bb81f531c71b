"""The sources of forecasts, one file each; this is where a source becomes known to the job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ml_jobs.errors import OptionError
from ml_jobs.models.arima import Arima
from ml_jobs.models.imapa import Imapa
from ml_jobs.models.mean import HistoricMean
from ml_jobs.models.naive import Naive
from ml_jobs.models.protocol import Model
from ml_jobs.models.tsb import Tsb


def _single(make: Callable[[], Model]) -> MakeModel:
    return lambda _processes: make()


MakeModel = Callable[[int | None], Model]

MODELS: Mapping[str, MakeModel] = {
    "naive": _single(Naive),
    "mean": _single(HistoricMean),
    "tsb": _single(Tsb),
    "imapa": _single(Imapa),
    "arima": Arima,
}


def models_of(sources: Iterable[str], *, processes: int | None = None) -> dict[str, Model]:
    """Return the model of each of *sources*, in that order.

    Args:
        sources: Names out of ``MODELS``.
        processes: Worker processes for the models that use any; None for one per core.

    Raises:
        OptionError: There is no model for one of the names.
    """
    wanted = tuple(sources)
    unknown = [source for source in wanted if source not in MODELS]
    if unknown:
        raise OptionError("sources", ", ".join(unknown), f"out of {', '.join(MODELS)}")
    return {source: MODELS[source](processes) for source in wanted}
