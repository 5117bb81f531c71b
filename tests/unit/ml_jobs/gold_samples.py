"""A tiny run's gold files, whose figures follow from each other, for what reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

from ml_jobs.publishing.gold_files import GoldFiles

FIRST = date(2026, 1, 1)
DAYS = 100
THROUGH = FIRST + timedelta(days=DAYS - 1)
AHEAD = 28
EVERY = 5  # days from one demand to the next
SIZES = (2.0, 4.0)
MEAN, EXCESS, LEVEL, PLANNED = 9.0, 2.0, 0.95, 0.97
SIGMA = float(np.std([SIZES[d // EVERY % 2] if d % EVERY == 0 else 0.0 for d in range(DAYS)]))
FORECASTS = {"naive": 0.5, "tsb": 0.6, "gbm": 0.7, "ensemble": 0.66}
WEIGHTS = {
    "intermittent: tsb+gbm": {"gbm": 0.6, "tsb": 0.4},
    "all: tsb+gbm": {"gbm": 1.0},
    "otherwise": {"arima": 0.5, "gbm": 0.5},
}

Row = dict[str, Any]


def reorder_point() -> float:
    """The quantile planned for, from scipy and not from the code that is tested."""
    chance = 1 / (1 + EXCESS)
    return float(stats.nbinom.ppf(PLANNED, MEAN / EXCESS, chance))


def textbook() -> float:
    """d L + z sqrt(L sigma² + (d sigma_L)²) for 14 days give or take 2."""
    of_time = MEAN / 14 * 2
    return float(MEAN + stats.norm.ppf(LEVEL) * np.sqrt(14 * SIGMA**2 + of_time**2))


def inventory(**changed: object) -> Row:
    point = reorder_point()
    return {
        "item_id": "P1",
        "location_id": "network",
        "as_of": THROUGH,
        "current_stock": 3.0,
        "on_order": 2.0,
        "lead_time_days": 14.0,
        "lead_time_sd_days": 2.0,
        "service_level": LEVEL,
        "planned_service_level": PLANNED,
        "lead_time_demand": MEAN,
        "lead_time_excess": EXCESS,
        "lot": 1.0,
        "safety_stock": point - MEAN,
        "reorder_point": point,
        "order_up_to": 40.0,
        "textbook_safety_stock": textbook() - MEAN,
        "textbook_reorder_point": textbook(),
        "minimum_order": 30.0,
        "order_multiple": 12.0,
        "order_quantity": 36.0,
        "order_by": date(2026, 4, 1),
        "status": "reorder",
        "source": "ensemble",
        "lead_time_source": "gbm",
        "assumed": "current_stock,service_level",
    } | changed


def score(source: str, **changed: object) -> Row:
    loss = {"naive": 0.8, "tsb": 0.5, "gbm": 0.4, "ensemble": 0.3}[source]
    return {
        "source": source,
        "horizon": AHEAD,
        "wql": loss + 0.1,
        "total_error": loss,
        "mase": loss + 0.2,
        "rmsse": loss + 0.3,
        "wape": loss + 0.4,
        "bias": -0.05,
        "scaled_pinball": loss,
        "coverage_80": 0.81,
        "coverage_95": 0.96,
        "fva_vs_naive": 1 - loss / 0.8,
        "fva_low": 0.9 * (1 - loss / 0.8),
        "fva_high": 1.1 * (1 - loss / 0.8),
        "n_origins": 4,
        "n_obs": 4 * AHEAD,
        "is_champion": source == "ensemble",
    } | changed


def gold_of(folder: Path, **changed: Sequence[Mapping[str, object]]) -> GoldFiles:
    """Write the files into *folder*; any data set can be given."""
    place = {"item_id": "P1", "location_id": "network"}
    demand = [
        {**place, "date": FIRST + timedelta(days=d), "quantity": SIZES[d // EVERY % 2]}
        for d in range(0, DAYS, EVERY)
    ]
    future = [
        {**place, "source": source, "date": THROUGH + timedelta(days=d), "forecast": mean}
        | {"q100": 0.0, "q900": 2.0}
        for source, mean in FORECASTS.items()
        for d in range(AHEAD + 1)
    ]
    groups = (("all", "all"), ("demand_class", "intermittent"))
    sets: dict[str, Sequence[Mapping[str, object]]] = {
        "dim_item": [
            {"item_id": "P1", "name": "Bateria 12 V", "demand_class": "lumpy", "assumed": ""},
            {"item_id": "P2", "name": "Cabo coaxial", "demand_class": None, "assumed": ""},
        ],
        "fact_demand": demand,
        "fact_forecast": future,
        "fact_metrics": [{**place, **score(source)} for source in FORECASTS],
        "agg_metrics": [
            {"group_by": by, "group_value": value, **score(source)}
            for by, value in groups
            for source in FORECASTS
        ],
        "fact_inventory": [inventory()],
        **changed,
    }
    folder.mkdir(exist_ok=True)
    for name, rows in sets.items():
        pq.write_table(pa.Table.from_pylist(list(map(dict, rows))), folder / f"{name}.parquet")
    return GoldFiles(
        title="20260411T060000Z-00000000",
        files={name: folder / f"{name}.parquet" for name in sets},
        model_version="1",
        data_through=THROUGH,
        lineage={
            "frequency": "D",
            "forecast": {
                "sources": {
                    "arima": {"rule": "at most 12 series"},
                    **{source: {"rule": "all series"} for source in FORECASTS},
                },
                "ensemble": {"members": ["tsb", "arima", "gbm"], "weights": WEIGHTS},
            },
            "assumptions": [{"en": "Stock is assumed.", "pt_BR": "Estoque presumido."}, "As told."],
        },
    )
