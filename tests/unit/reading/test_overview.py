"""The figures of the overview, on data known beforehand and on data that lack them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.reading.publication import Publication
from datalayer.reading.questions.overview import Kpi
from tests.fake_data import FUTURE_DAYS
from tests.publisher import Publisher, replace_column
from tests.reading import overview_of, published_rows

OpenPublication = Callable[[Manifest], Publication]
NAMES = ("forecast_30d", "parts_at_risk", "value_at_risk", "service_level", "accuracy")


def kpi(publication: Publication, name: str) -> Kpi:
    return next(each for each in overview_of(publication).kpis if each.name == name)


def changed(publisher: Publisher, data_set: str, column: str, values: object) -> Manifest:
    tables = publisher.tables()
    tables[data_set] = replace_column(tables[data_set], column, values)
    return publisher.publish(tables=tables)


def test_the_figures_come_in_their_order(publication: Publication) -> None:
    assert tuple(each.name for each in overview_of(publication).kpis) == NAMES


def test_every_figure_has_a_date_for_every_point_and_a_provenance(publication: Publication) -> None:
    for each in overview_of(publication).kpis:
        assert len(each.trend) == len(each.trend_dates)
        assert each.provenance.publication_id == publication.manifest.publication_id


def test_the_30_day_forecast_is_the_sum_of_the_headline_sources_future(
    publication: Publication,
) -> None:
    forecast = kpi(publication, "forecast_30d")

    total = overview_of(publication).forecast_total.table
    future = total.filter(pc.greater(total["date"], pa.scalar(publication.manifest.data_through)))
    assert forecast.value == pytest.approx(pc.sum(future["forecast"]).as_py())
    assert len(forecast.trend) == FUTURE_DAYS
    assert forecast.trend_dates[0] == publication.manifest.data_through + timedelta(days=1)
    assert forecast.provenance.sources == ("arima",)
    assert forecast.unit == "un"


@pytest.mark.parametrize(("frequency", "periods"), [("D", FUTURE_DAYS), ("W", 4), ("MS", 1)])
def test_30_days_are_whole_periods_of_the_publication(
    publisher: Publisher, open_publication: OpenPublication, frequency: str, periods: int
) -> None:
    publication = open_publication(publisher.publish(lineage={"frequency": frequency}))

    assert len(kpi(publication, "forecast_30d").trend) == periods


def test_parts_at_risk_run_out_before_a_delivery_ordered_now_arrives(
    publisher: Publisher, open_publication: OpenPublication
) -> None:
    inventory = publisher.tables()["fact_inventory"]
    as_of = inventory["as_of"][0].as_py()
    lead_days = int(inventory["lead_time_days"][0].as_py())
    last = as_of + timedelta(days=lead_days - 1)
    dates = [as_of, last, last + timedelta(days=1), None, None, None]

    at_risk = kpi(
        open_publication(changed(publisher, "fact_inventory", "stockout_date", dates)), NAMES[1]
    )

    assert at_risk.value == 2
    assert at_risk.trend_dates[0] == as_of
    assert at_risk.trend == (1.0,) * (lead_days - 1) + (2.0, 2.0)


def test_value_at_risk_grows_to_its_whole_with_the_stock_outs(publication: Publication) -> None:
    at_risk = kpi(publication, "value_at_risk")

    assert at_risk.value == pytest.approx(1000 + 500 + 1000 / 3 + 250)
    assert at_risk.trend == pytest.approx((1000, 1500, 1500 + 1000 / 3, at_risk.value))


def test_a_part_with_two_reasons_counts_once_with_its_greatest_value(
    publisher: Publisher, open_publication: OpenPublication
) -> None:
    items = ["P00001", "P00001", "P00002", "P00003"]

    publication = open_publication(changed(publisher, "fact_exception", "item_id", items))

    assert kpi(publication, "value_at_risk").value == pytest.approx(1000 + 1000 / 3 + 250)


def test_service_level_is_the_mean_chance_of_not_running_out(publication: Publication) -> None:
    chances = [1 - 0.9 / (number + 1) for number in range(6)]

    assert kpi(publication, "service_level").value == pytest.approx(sum(chances) / 6)


def test_accuracy_is_that_of_weekly_totals_by_category(publication: Publication) -> None:
    accuracy = kpi(publication, "accuracy")

    totals: dict[tuple[date, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in published_rows(publication, "agg_daily", 10_000).table.to_pylist():
        if row["source"] == "arima" and row["actual"] is not None:
            monday = row["date"] - timedelta(days=row["date"].weekday())
            total = totals[monday, row["category"]]
            total[0] += row["forecast"]
            total[1] += row["actual"]
    error = sum(abs(forecast - actual) for forecast, actual in totals.values())
    demand = sum(actual for _, actual in totals.values())
    assert accuracy.value == pytest.approx(1 - error / demand)
    assert accuracy.trend_dates == tuple(sorted({monday for monday, _ in totals}))
    assert accuracy.provenance.sources == ("arima",)


def test_the_longest_horizon_decides_the_headline(
    publisher: Publisher, open_publication: OpenPublication
) -> None:
    tables = publisher.tables()
    table = tables["agg_metrics"]
    rows = [
        {**row, "horizon": 28, "is_champion": row["source"] == "naive"} for row in table.to_pylist()
    ]
    longer = pa.Table.from_pylist(rows, schema=table.schema)
    keys = [(name, "ascending") for name in ("group_by", "group_value", "source", "horizon")]
    tables["agg_metrics"] = pa.concat_tables([table, longer]).sort_by(keys)

    publication = open_publication(publisher.publish(tables=tables))

    assert overview_of(publication).forecast_total.provenance.sources == ("naive",)


def test_a_publication_of_empty_tables_has_no_figures_and_no_error(
    publisher: Publisher, open_publication: OpenPublication
) -> None:
    empty = {name: table.slice(0, 0) for name, table in publisher.tables().items()}

    overview = overview_of(open_publication(publisher.publish(tables=empty)))

    assert [each.value for each in overview.kpis] == [None] * 5
    assert [each.trend for each in overview.kpis] == [()] * 5
    assert overview.exceptions.table.num_rows == 0
    assert overview.forecast_total.table.num_rows == 0


def test_what_is_not_known_is_no_figure(
    publisher: Publisher, open_publication: OpenPublication
) -> None:
    tables = publisher.tables()
    for data_set, column in (
        ("fact_inventory", "current_stock"),
        ("fact_inventory", "stockout_date"),
        ("fact_inventory", "stockout_probability"),
        ("fact_exception", "value_at_risk"),
        ("agg_daily", "actual"),
    ):
        table = tables[data_set]
        tables[data_set] = replace_column(table, column, [None] * table.num_rows)

    publication = open_publication(publisher.publish(tables=tables))

    values = {each.name: each.value for each in overview_of(publication).kpis}
    assert values["parts_at_risk"] is None
    assert values["value_at_risk"] is None
    assert values["service_level"] is None
    assert values["accuracy"] is None


def test_forecast_total_has_one_row_per_date(publication: Publication) -> None:
    table = overview_of(publication).forecast_total.table

    dates = table["date"].to_pylist()
    assert table.column_names == ["date", "source", "forecast", "actual"]
    assert dates == sorted(set(dates))
