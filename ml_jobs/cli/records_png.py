"""The record of a backtest as a picture; drawn without a screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml_jobs.cli.explanation import number, text
from ml_jobs.cli.records import BacktestRecord, ItemSeries
from ml_jobs.cli.records_view import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES_A_PLOT = 4.0
WIDTH_INCHES = 10.0
PERIODS_SHOWN = 200


def draw_record(record: BacktestRecord, series: ItemSeries | None, path: Path) -> None:
    """Write the losses by source, and one item's plot if given, to the PNG file *path*.

    Raises:
        OSError: The file can't be written.
    """
    # Loaded where it is used: it takes longer than the rest of the command together.
    from matplotlib.figure import Figure

    plots = 1 if series is None else 2
    figure = Figure(figsize=(WIDTH_INCHES, INCHES_A_PLOT * plots), layout="constrained")
    axes = figure.subplots(plots, 1, squeeze=False)[:, 0]
    _draw_losses(axes[0], record)
    if series is not None:
        _draw_series(axes[1], series)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png")


def _draw_losses(axes: Axes, record: BacktestRecord) -> None:
    known = [row for row in record.everything.rows if record.loss in row]
    sources = [f"{text(row, 'source')}{' *' if row.get('is_champion') else ''}" for row in known]
    bars = axes.barh(sources, [number(row, record.loss) for row in known])
    axes.bar_label(bars, fmt="%.3f", padding=3)
    axes.invert_yaxis()
    axes.set_title(
        f"{MEASURES[record.loss]} by source, lower is better: {record.horizon} periods ahead, "
        f"{record.origins} cutoffs ({record.gold.title})"
    )


def _draw_series(axes: Axes, series: ItemSeries) -> None:
    dates, future = series.dates[-PERIODS_SHOWN:], series.future
    width = float(np.diff(dates[:2]).astype(float)[0]) if len(dates) > 1 else 1.0
    axes.bar(dates, series.demand[-PERIODS_SHOWN:], width=width, label="demand", color="0.6")
    axes.fill_between(future, series.low, series.high, alpha=0.3, label="80 % band", step="mid")
    axes.plot(future, series.mean, label=f"{series.source}, mean", drawstyle="steps-mid")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("units a period")
    axes.set_title(f"{series.item_id}, {series.location_id}")
    axes.legend(loc="upper left")
