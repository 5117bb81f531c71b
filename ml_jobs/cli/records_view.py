"""The record of a backtest in a terminal: tables of measures, bars, and a plot of one item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ml_jobs.arrays import FloatArray
from ml_jobs.cli.explanation import Row, number, text
from ml_jobs.cli.records import LOSSES, BacktestRecord, GroupScores, ItemSeries
from ml_jobs.cli.terminal import print_line

BAR_WIDTH = 40
PLOT_ROWS = 12
EIGHTHS = " ▁▂▃▄▅▆▇█"


# By measure the heading of its column; those with a % are shares.
MEASURES: Mapping[str, str] = {
    "wql": "WQL",
    "scaled_pinball": "pinball",
    "mase": "MASE",
    "rmsse": "RMSSE",
    "wape": "WAPE",
    "bias": "bias %",
    "total_error": "total",
    "coverage_80": "80 %",
    "coverage_95": "95 %",
}
CHAMPION, PART = "*", "°"
_NOTES = (
    f"{CHAMPION} champion; {PART} judged on a part of the series only, so not comparable",
    "WQL, MASE, RMSSE, WAPE, total (error of the sum over the horizon): lower is better",
    "bias: above 0 is too high; 80 % and 95 %: share of the demand inside that band",
    "added %: how much lower the loss is than naive's, with its 95 % interval",
)


def show_record(console: Console, record: BacktestRecord) -> None:
    """Show the scores of all series, then those by group, then the losses as bars."""
    gold, loss = record.gold, record.loss
    print_line(
        console,
        f"{gold.title}, model {gold.model_version}: {record.horizon} periods ahead, "
        f"{record.origins} cutoffs, demand to {gold.data_through}",
    )
    known = {name for row in record.everything.rows for name in row}
    known -= {*LOSSES} - {loss}
    for group in record.groups:
        console.print(_table(group, [name for name in MEASURES if name in known]))
    for line in (*_NOTES, f"\n{MEASURES[loss]} by source, all series", *_bars(record)):
        print_line(console, line)


def show_series(console: Console, series: ItemSeries) -> None:
    """Plot the end of one item's history, and its forecast."""
    width = max(min(console.width, 120) - 12, 20)
    print_line(
        console,
        f"\n{series.item_id}, {series.location_id}: demand as bars, then the forecast of "
        f"{series.source} (● mean, ░ its 80 % band), units a period",
    )
    for line in plot_lines(series, width):
        print_line(console, line)


def plot_lines(series: ItemSeries, width: int) -> list[str]:
    """Return the plot, line by line; one column a period, the forecast's at the right.

    The history is cut to what fits into *width* columns.
    """
    ahead = min(len(series.mean), max(width // 2, 1))
    past = series.demand[-(width - ahead) :] if len(series.demand) else series.demand
    mean, low, high = (values[:ahead] for values in (series.mean, series.low, series.high))
    top = max([1e-9, *past, *mean, *high])
    rows = [
        f"{_axis(level, top):>9} │"
        + "".join(_bar_cell(value / top, level) for value in past)
        + "".join(_band_cells(mean / top, low / top, high / top, level))
        for level in reversed(range(PLOT_ROWS))
    ]
    first = series.dates[-len(past)] if len(past) else (series.future[0] if ahead else "")
    last = series.future[ahead - 1] if ahead else (series.dates[-1] if len(past) else "")
    columns = len(past) + ahead
    span = max(columns - len(str(first)), len(str(last)) + 1)
    dates = f"{first!s}{last!s:>{span}}"
    return [*rows, f"{'':>9} └{'─' * columns}", f"{'':>11}{dates}"]


def _axis(level: int, top: float) -> str:
    return f"{top * (level + 1) / PLOT_ROWS:.4g}" if level in (PLOT_ROWS - 1, 0) else ""


def _bar_cell(share: float, level: int) -> str:
    filled = np.clip(share * PLOT_ROWS - level, 0.0, 1.0)
    # The least demand still shows as the thinnest bar.
    eighths = max(round(float(filled) * 8), 1 if filled > 0 else 0)
    return EIGHTHS[eighths]


def _band_cells(mean: FloatArray, low: FloatArray, high: FloatArray, level: int) -> Iterator[str]:
    for expected, least, most in zip(mean, low, high, strict=True):
        if min(int(expected * PLOT_ROWS), PLOT_ROWS - 1) == level:
            yield "●"
        else:
            within = most * PLOT_ROWS > level and least * PLOT_ROWS < level + 1
            yield "░" if within else " "


def _table(group: GroupScores, names: list[str]) -> Table:
    title = "all series" if group.group_by == "all" else f"{group.group_by} {group.group_value}"
    table = Table(
        title=title, title_justify="left", box=None, header_style="dim", padding=(0, 1, 0, 0)
    )
    for heading in ("", "source"):
        table.add_column(heading, no_wrap=True)
    for heading in (*(MEASURES[name] for name in names), "added %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in group.rows:
        cells = (_cell(row, name) for name in names)
        table.add_row(_mark(row, group), escape(text(row, "source")), *cells, _value_added(row))
    return table


def _mark(row: Row, group: GroupScores) -> str:
    if row.get("is_champion"):
        return CHAMPION
    return "" if number(row, "n_obs") == group.observations else PART


def _cell(row: Row, name: str) -> str:
    value = number(row, name)
    if np.isnan(value):
        return "-"
    return f"{100 * value:.1f}" if "%" in MEASURES[name] else f"{value:.3f}"


def _value_added(row: Row) -> str:
    value, low, high = (100 * number(row, name) for name in ("fva_vs_naive", "fva_low", "fva_high"))
    return "-" if np.isnan(value) else f"{value:.0f} ({low:.0f} to {high:.0f})"


def _bars(record: BacktestRecord) -> Iterator[str]:
    losses = [
        (f"{_mark(row, record.everything):1} {text(row, 'source')}", number(row, record.loss))
        for row in record.everything.rows
    ]
    longest = max(len(source) for source, _ in losses)
    top = max((loss for _, loss in losses if np.isfinite(loss)), default=1.0) or 1.0
    for source, loss in losses:
        if np.isfinite(loss):
            yield f"  {source:<{longest}} {'█' * max(round(BAR_WIDTH * loss / top), 1)} {loss:.3f}"
