"""The forecasting benchmark measures what it says: splits without leaks, one scorer for all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.forecast_scores import (
    Predictions,
    achieved_service,
    past_sums,
    quantile_loss,
    scores,
    textbook_reorder_point,
)
from benchmarks.forecast_splits import LEVELS, SCORED, BenchmarkDemand, Split, split
from benchmarks.published_forecasts import read_predictions, read_published
from ml_jobs.panel import NETWORK, Frequency, Panel

HORIZON = 6
DATA = BenchmarkDemand("made-up", "none.parquet", Frequency.MONTHLY, HORIZON, 5, 2)


@pytest.fixture
def whole() -> Panel:
    demand = np.random.default_rng(4).poisson(1.5, (8, 40)).astype(float)
    demand[0, :30] = np.nan
    return Panel(
        item_ids=tuple(f"I{number}" for number in range(8)),
        location_ids=(NETWORK,) * 8,
        dates=Frequency.MONTHLY.calendar(np.datetime64("2020-01-01", "D"), 40),
        demand=demand,
        starts=np.isfinite(demand).argmax(axis=1).astype(np.int64),
        frequency=Frequency.MONTHLY,
    )


@pytest.fixture
def latest(whole: Panel) -> Split:
    return split(whole, DATA, 0)


def told(latest: Split, value: float) -> Predictions:
    shape = latest.actual.shape
    return Predictions(np.full(shape, value), np.full((*shape, len(LEVELS)), value))


def test_a_forecaster_is_given_nothing_after_the_cutoff(latest: Split, tmp_path: Path) -> None:
    latest.write_history(tmp_path / "history.parquet")

    dates = pq.read_table(tmp_path / "history.parquet").column("date").to_pylist()

    assert max(dates) < latest.future[0].astype(object)
    assert latest.cutoff < latest.future[0].astype(object)


def test_the_periods_judged_follow_the_cutoff_without_a_gap(whole: Panel) -> None:
    earlier = split(whole, DATA, 1)

    together = np.concatenate([earlier.history.dates, earlier.future])

    assert np.array_equal(together, whole.dates[: len(whole.dates) - HORIZON])


def test_items_are_drawn_alike_every_time_and_only_with_enough_history(whole: Panel) -> None:
    first, second = split(whole, DATA, 0), split(whole, DATA, 0)

    assert first.history.item_ids == second.history.item_ids
    assert len(first.history.item_ids) == 5
    assert "I0" not in first.history.item_ids


def test_a_quantile_loss_is_the_mean_over_the_levels_of_twice_the_pinball_loss() -> None:
    actual = np.array([2.0, 0.0])
    quantiles = np.tile([1.0, 1.0, 1.0, 1.0, 1.0], (2, 1))

    loss = quantile_loss(quantiles, actual)

    by_hand = [2 * (level * 1.0 + (1 - level) * 1.0) / 2.0 for level in SCORED]
    assert loss == pytest.approx(np.mean(by_hand))


def test_a_perfect_forecast_has_no_loss_error_or_bias(latest: Split) -> None:
    actual = latest.actual
    perfect = Predictions(actual, np.repeat(actual[:, :, None], len(LEVELS), axis=2))

    figures = scores(latest, perfect)

    assert [figures[name] for name in ("wql", "total_error", "bias", "rmsse")] == [0, 0, 0, 0]
    assert figures["coverage_95"] == 1


def test_a_series_without_a_forecast_counts_as_forecast_at_0(latest: Split) -> None:
    figures = scores(latest, told(latest, float("nan")))

    assert figures["series_without_forecast"] == len(latest.actual)
    assert figures["bias"] == -1
    assert figures["wql"] == scores(latest, told(latest, 0.0))["wql"]


def test_a_series_past_sums_are_of_its_own_history(latest: Split) -> None:
    sums = past_sums(latest, 3)

    history = latest.history.demand[0]
    windows = np.lib.stride_tricks.sliding_window_view(history, 3).sum(axis=1)
    assert sums[0] == pytest.approx(np.quantile(windows, SCORED))


def test_service_is_the_share_of_series_whose_demand_stayed_within_the_limit(
    latest: Split,
) -> None:
    limit = latest.actual[:, :3].sum(axis=1)
    limit[0] -= 1

    assert achieved_service(latest, limit, 3) == pytest.approx(1 - 1 / len(limit))


def test_the_textbook_reorder_point_is_the_mean_and_a_safety_margin(latest: Split) -> None:
    history = latest.history.demand[2]

    point = textbook_reorder_point(latest, 4, 0.95)[2]

    assert point == pytest.approx(history.mean() * 4 + 1.644854 * history.std(ddof=1) * 2)


def test_a_peers_rows_are_laid_out_by_series_and_period_whatever_their_order(
    latest: Split, tmp_path: Path
) -> None:
    items = np.repeat(latest.history.item_ids, HORIZON)
    table = pa.table(
        {
            "item_id": pa.array(items[::-1]),
            "date": pa.array(np.tile(latest.future, len(latest.actual))[::-1], pa.date32()),
            "mean": pa.array(latest.actual.ravel()[::-1]),
        }
        | {f"q{round(1000 * level):03d}": latest.actual.ravel()[::-1] for level in LEVELS}
    )
    pq.write_table(table, tmp_path / "p.parquet")

    predictions = read_predictions(latest, tmp_path / "p.parquet")

    assert np.array_equal(predictions.mean, latest.actual)
    assert np.array_equal(predictions.quantiles[:, :, 3], latest.actual)


@pytest.fixture
def store(latest: Split, tmp_path: Path) -> Path:
    """A publication of the first item alone, with q750 at 3 and q900 at 6, and no totals."""
    at = latest.history.data_through.astype(object)
    item, future = latest.history.item_ids[0], pa.array(latest.future, pa.date32())
    rows = {
        "item_id": [item] * HORIZON,
        "location_id": [NETWORK] * HORIZON,
        "source": ["tsb"] * HORIZON,
        "date": future,
        "forecast": [2.0] * HORIZON,
        "cutoff": pa.array([at] * HORIZON, pa.date32()),
    }
    levels = dict.fromkeys(("q025", "q100", "q500"), [0.0] * HORIZON) | {"q750": [3.0] * HORIZON}
    levels |= dict.fromkeys(("q900", "q950", "q975", "q990"), [6.0] * HORIZON)
    pq.write_table(pa.table(rows | levels), tmp_path / "f.parquet")
    inventory = {"item_id": [item], "location_id": [NETWORK], "source": ["tsb"]}
    pq.write_table(pa.table(inventory | {"reorder_point": [7.0]}), tmp_path / "i.parquet")
    (tmp_path / "metadata.json").write_text(
        '{"files": [{"data_set": "fact_forecast", "path": "f.parquet"},'
        ' {"data_set": "fact_inventory", "path": "i.parquet"}]}'
    )
    return tmp_path


def test_the_80_percent_quantile_lies_a_third_of_the_way_from_75_to_90(
    latest: Split, store: Path
) -> None:
    published = read_published(latest, store)

    assert published.champion.quantiles[0, :, LEVELS.index(0.8)] == pytest.approx(4.0)


def test_an_item_that_is_not_published_has_no_forecast_and_no_stock(
    latest: Split, store: Path
) -> None:
    published = read_published(latest, store)

    assert published.champion.covered.tolist() == [True, False, False, False, False]
    assert published.reorder_point.tolist() == [7.0, 0.0, 0.0, 0.0, 0.0]


def test_a_publication_made_at_another_cutoff_is_not_judged(whole: Panel, store: Path) -> None:
    later = split(whole, DATA, 0)
    other = Split(DATA, 0, later.history.until(20), later.actual, later.future)

    with pytest.raises(ValueError, match="forecasts were made at"):
        read_published(other, store)
