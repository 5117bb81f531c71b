"""The record of a backtest: tables of measures, bars, and the plot of an item."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from datalayer.kernel.errors import UnknownItem
from ml_jobs.cli.records import ItemSeries, NothingJudgedError, record_of, series_of
from ml_jobs.cli.records_png import draw_record
from ml_jobs.cli.records_view import PLOT_ROWS, plot_lines, show_record, show_series
from ml_jobs.publishing.gold_files import GoldFiles
from tests.unit.ml_jobs import gold_samples as samples

pytestmark = pytest.mark.ml

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def gold(tmp_path: Path) -> GoldFiles:
    return samples.gold_of(tmp_path / "gold")


def rows_of(source: str, **changed: object) -> dict[str, object]:
    return {"group_by": "all", "group_value": "all", **samples.score(source, **changed)}


def shown(gold: GoldFiles, width: int = 160) -> str:
    told = io.StringIO()
    show_record(Console(file=told, width=width), record_of(gold, "demand_class"))
    return told.getvalue()


def test_the_best_source_stands_first_in_every_group(gold: GoldFiles) -> None:
    record = record_of(gold, "demand_class")

    assert [group.group_value for group in record.groups] == ["all", "intermittent"]
    for group in record.groups:
        assert [row["source"] for row in group.rows] == ["ensemble", "gbm", "tsb", "naive"]


def test_a_source_judged_on_a_part_stands_last_however_low_its_loss(tmp_path: Path) -> None:
    part = rows_of("tsb", wql=0.01, n_obs=7)
    gold = samples.gold_of(tmp_path / "part", agg_metrics=[part, rows_of("naive")])

    rows = record_of(gold, "demand_class").everything.rows

    assert [row["source"] for row in rows] == ["naive", "tsb"]
    assert not any(line.split()[:2] == ["°", "naive"] for line in shown(gold).splitlines())
    assert any(line.split()[:2] == ["°", "tsb"] for line in shown(gold).splitlines())


def test_scores_are_those_over_the_longest_horizon(tmp_path: Path) -> None:
    shorter = rows_of("naive", horizon=7, wql=0.1)
    gold = samples.gold_of(tmp_path / "two", agg_metrics=[shorter, rows_of("naive")])

    record = record_of(gold, "demand_class")

    assert record.horizon == samples.AHEAD
    assert record.everything.rows[0]["wql"] == pytest.approx(0.9)


def test_the_table_has_every_measure_and_the_interval_of_the_value_added(gold: GoldFiles) -> None:
    told = shown(gold)

    heading = next(line for line in told.splitlines() if "source" in line)
    for name in ("WQL", "MASE", "RMSSE", "WAPE", "bias %", "total", "80 %", "95 %"):
        assert name in heading
    ensemble = next(
        line.split() for line in told.splitlines() if {"*", "ensemble"} <= {*line.split()}
    )
    assert ensemble[2] == "0.400"
    assert " ".join(ensemble[-4:]) == "62 (56 to 69)"


def test_the_tables_fit_a_terminal_of_80_columns(gold: GoldFiles) -> None:
    lines = shown(gold, width=80).splitlines()

    assert max(map(len, lines[1:])) <= 84
    assert not any("…" in line for line in lines)


def test_a_measure_that_is_null_is_a_dash(tmp_path: Path) -> None:
    gold = samples.gold_of(
        tmp_path / "null", agg_metrics=[rows_of("naive", mase=None), rows_of("tsb")]
    )

    naive = next(line for line in shown(gold).splitlines() if " naive " in line)

    assert naive.split()[2] == "-"


def test_bars_are_as_long_as_losses(gold: GoldFiles) -> None:
    lines = shown(gold).splitlines()

    bars = {line.split()[-3]: line.count("█") for line in lines if "█" in line}

    assert bars["naive"] == 40
    assert bars["ensemble"] == round(40 * 0.4 / 0.9)


def test_a_run_without_a_backtest_says_so(tmp_path: Path) -> None:
    other = {"group_by": "abc_class", "group_value": "A", **samples.score("naive")}
    gold = samples.gold_of(tmp_path / "none", agg_metrics=[other])

    with pytest.raises(NothingJudgedError, match="has no backtest"):
        record_of(gold, "demand_class")


class TestSeries:
    def test_it_is_demand_with_its_zeros_and_the_future_of_the_champion(
        self, gold: GoldFiles
    ) -> None:
        series = series_of(gold, "P1")

        assert series.source == "ensemble"
        assert (len(series.demand), series.demand.sum()) == (samples.DAYS, 60.0)
        assert len(series.future) == samples.AHEAD
        assert set(series.mean) == {0.66}

    def test_an_unknown_item_is_refused(self, gold: GoldFiles) -> None:
        with pytest.raises(UnknownItem):
            series_of(gold, "P9")

    def test_the_plot_names_what_it_shows(self, gold: GoldFiles) -> None:
        told = io.StringIO()
        show_series(Console(file=told, width=100), series_of(gold, "P1"))

        assert "P1, network: demand as bars, then the forecast of ensemble" in told.getvalue()
        assert str(samples.THROUGH) < told.getvalue().split()[-1]


def plotted(demand: list[float], mean: list[float], high: list[float]) -> ItemSeries:
    days = np.arange("2026-01-01", "2026-03-01", dtype="datetime64[D]")
    return ItemSeries(
        item_id="P1",
        location_id="network",
        source="naive",
        dates=days[: len(demand)],
        demand=np.array(demand),
        future=days[len(demand) : len(demand) + len(mean)],
        mean=np.array(mean),
        low=np.zeros(len(mean)),
        high=np.array(high),
    )


class TestPlot:
    def test_bars_reach_as_high_as_the_demand(self) -> None:
        lines = plot_lines(plotted([0.0, 12.0, 6.0], [3.0], [9.0]), width=40)

        columns = [line.split("│")[1] for line in lines[:PLOT_ROWS]]
        filled = ["".join(column[place] for column in columns) for place in range(3)]
        assert [column.count("█") for column in filled] == [0, PLOT_ROWS, PLOT_ROWS // 2]

    def test_the_forecast_is_a_dot_in_its_band(self) -> None:
        lines = plot_lines(plotted([12.0], [3.0], [9.0]), width=40)

        column = [line.split("│")[1][1] for line in lines[:PLOT_ROWS]]
        assert "".join(column) == "   ░░░░░●░░░"

    def test_a_long_history_is_cut_to_its_end(self) -> None:
        series = plotted([9.0] + [1.0] * 30, [1.0] * 4, [2.0] * 4)

        lines = plot_lines(series, width=20)

        assert {len(line.split("│")[1]) for line in lines[:PLOT_ROWS]} == {20}
        assert lines[0].startswith(f"{2:>9} │")
        assert lines[-1].split() == ["2026-01-16", "2026-02-04"]

    @pytest.mark.parametrize(("demand", "mean"), [([], [1.0]), ([1.0], []), ([0.0], [0.0])])
    def test_nothing_to_draw_draws_no_bar(self, demand: list[float], mean: list[float]) -> None:
        lines = plot_lines(plotted(demand, mean, mean), width=20)

        assert len(lines) == PLOT_ROWS + 2


class TestPicture:
    def test_it_is_a_png_that_grows_with_the_plot_of_an_item(
        self, gold: GoldFiles, tmp_path: Path
    ) -> None:
        record = record_of(gold, "demand_class")
        one, two = tmp_path / "new" / "one.png", tmp_path / "two.png"

        draw_record(record, None, one)
        draw_record(record, series_of(gold, "P1"), two)

        heights = []
        for path in (one, two):
            content = path.read_bytes()
            assert content.startswith(PNG)
            heights.append(struct.unpack(">I", content[20:24])[0])
        assert heights[1] == 2 * heights[0]

    def test_a_place_that_can_not_be_written_is_an_error(
        self, gold: GoldFiles, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")

        with pytest.raises(OSError, match="file"):
            draw_record(record_of(gold, "demand_class"), None, tmp_path / "file" / "x.png")


def test_an_older_measure_stands_in_where_the_headline_one_is_not_published(
    tmp_path: Path,
) -> None:
    rows = [{k: v for k, v in rows_of(s).items() if k != "wql"} for s in ("naive", "tsb")]

    record = record_of(samples.gold_of(tmp_path / "older", agg_metrics=rows), "demand_class")

    assert record.loss == "scaled_pinball"
    assert replace(record, loss="wql").everything.rows[0]["source"] == "tsb"
