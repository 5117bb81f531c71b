"""A preset of AutoGluon-TimeSeries on all series of a history file, without a network.

    python autogluon_peer.py medium_quality --history H.parquet --horizon 6 --frequency MS --to DIR

The presets hold models whose weights are downloaded (Chronos2, Toto2); they are left out. The
preset ``every_local_model`` is AutoGluon's ``high_quality`` with its models of intermittent and
non-parametric demand added, which no preset of its own has. No time limit is set.
"""

from __future__ import annotations

import tempfile

import numpy as np
import pandas as pd
from autogluon.timeseries import TimeSeriesDataFrame, TimeSeriesPredictor
from autogluon.timeseries.configs.hyperparameter_presets import get_hyperparameter_presets
from prediction_file import LEVELS, parse, write

DOWNLOADED = ("Chronos", "Chronos2", "Toto", "Toto2")
INTERMITTENT = ("NPTS", "ADIDA", "Croston", "IMAPA")
PRESETS = {
    "medium_quality": "light",
    "high_quality": "default",
    "every_local_model": "default",
}
SEED = 1


def models_of(preset: str) -> dict[str, object]:
    """Return the models of *preset* that need no download."""
    chosen = get_hyperparameter_presets()[PRESETS[preset]]
    local = {name: how for name, how in chosen.items() if name not in DOWNLOADED}
    if preset == "every_local_model":
        local |= {name: {} for name in INTERMITTENT}
    return local


def main() -> None:
    """Fit, predict and write ``predictions``."""
    told = parse(__doc__.split("\n", maxsplit=1)[0], tuple(PRESETS))
    history = pd.read_parquet(told.history)
    history["date"] = pd.to_datetime(history["date"])
    series = TimeSeriesDataFrame.from_data_frame(
        history, id_column="item_id", timestamp_column="date"
    )
    with tempfile.TemporaryDirectory() as folder:
        predictor = TimeSeriesPredictor(
            prediction_length=told.horizon,
            target="demand",
            freq=told.frequency,
            eval_metric="WQL",
            quantile_levels=list(LEVELS),
            path=folder,
            verbosity=2,
        )
        predictor.fit(series, hyperparameters=models_of(told.method), random_seed=SEED)
        answer = predictor.predict(series, random_seed=SEED).reset_index()
        print(predictor.leaderboard().to_string())
    frame = answer.rename(columns={"timestamp": "date"})
    quantiles = np.column_stack([frame[str(level)].to_numpy() for level in LEVELS])
    write(frame, quantiles, told.to / "predictions.parquet")


if __name__ == "__main__":
    main()
