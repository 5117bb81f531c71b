"""One model of statsforecast on every series of a history file.

    python statsforecast_peer.py AutoETS --history H.parquet --horizon 6 --frequency MS --to FOLDER

Quantiles are drawn in two ways. ``own``: the model's prediction intervals, where it has them
without being told how to make them (a normal distribution, whose median is the mean). ``counts``:
a negative binomial around the model's mean whose variance over mean is that of the series' own
history, at least 1.05; this is all there is for the models of intermittent demand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from prediction_file import LEVELS, parse, write
from scipy import stats
from statsforecast import StatsForecast
from statsforecast.models import (
    ADIDA,
    IMAPA,
    TSB,
    AutoETS,
    AutoTheta,
    CrostonSBA,
    HistoricAverage,
    SeasonalNaive,
)

SEASON = {"D": 7, "MS": 12}
MODELS = {
    "AutoETS": lambda season: AutoETS(season_length=season),
    "AutoTheta": lambda season: AutoTheta(season_length=season),
    "SeasonalNaive": lambda season: SeasonalNaive(season_length=season),
    "HistoricAverage": lambda _season: HistoricAverage(),
    "CrostonSBA": lambda _season: CrostonSBA(),
    "ADIDA": lambda _season: ADIDA(),
    "IMAPA": lambda _season: IMAPA(),
    "TSB": lambda _season: TSB(alpha_d=0.1, alpha_p=0.1),
}
WITH_INTERVALS = ("AutoETS", "AutoTheta", "SeasonalNaive", "HistoricAverage")
LEAST_DISPERSION = 1.05


def forecast(history: pd.DataFrame, method: str, horizon: int, frequency: str) -> pd.DataFrame:
    """Return item_id, date, mean and the interval bounds of every series."""
    season = SEASON[frequency]
    model = MODELS[method](season)
    model.alias = "mean"
    library = StatsForecast(
        models=[model], freq=frequency, n_jobs=1, fallback_model=HistoricAverage(alias="mean")
    )
    bounds = [60, 80, 90, 95, 98] if method in WITH_INTERVALS else None
    long = history.rename(columns={"item_id": "unique_id", "date": "ds", "demand": "y"})
    answer = library.forecast(df=long, h=horizon, level=bounds)
    return answer.rename(columns={"unique_id": "item_id", "ds": "date"})


def own_quantiles(answer: pd.DataFrame) -> np.ndarray:
    """Return the quantiles that the interval bounds are, shape (R, 8)."""
    columns = []
    for level in LEVELS:
        width = round(abs(2 * level - 1) * 100)
        side = "hi" if level > 0.5 else "lo"
        columns.append(answer["mean" if width == 0 else f"mean-{side}-{width}"].to_numpy())
    return np.column_stack(columns)


def count_quantiles(answer: pd.DataFrame, history: pd.DataFrame) -> np.ndarray:
    """Return negative binomial quantiles around the mean, shape (R, 8)."""
    moments = history.groupby("item_id")["demand"].agg(["mean", "var"])
    ratio = (moments["var"] / moments["mean"]).clip(lower=LEAST_DISPERSION)
    dispersion = answer["item_id"].map(ratio).fillna(LEAST_DISPERSION).to_numpy()[:, None]
    mean = answer["mean"].clip(lower=0.0).to_numpy()[:, None]
    size = np.maximum(mean / (dispersion - 1), 1e-12)
    return np.where(mean > 0, stats.nbinom.ppf(np.array(LEVELS), size, 1 / dispersion), 0.0)


def main() -> None:
    """Forecast and write ``predictions-own`` and ``predictions-counts``."""
    told = parse(__doc__.split("\n", maxsplit=1)[0], tuple(MODELS))
    history = pd.read_parquet(told.history)
    history["date"] = pd.to_datetime(history["date"])
    answer = forecast(history, told.method, told.horizon, told.frequency)
    write(answer, count_quantiles(answer, history), told.to / "predictions-counts.parquet")
    if told.method in WITH_INTERVALS:
        write(answer, own_quantiles(answer), told.to / "predictions-own.parquet")


if __name__ == "__main__":
    main()
