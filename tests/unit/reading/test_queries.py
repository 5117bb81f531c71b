"""What the questions of the pages answer, on data known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection, UnknownDataSet, UnknownItem
from datalayer.reading import questions
from datalayer.reading.publication import Publication
from datalayer.reading.questions.forecasts import SeriesSelection
from tests.fake_data import FUTURE_DAYS, HISTORY_DAYS, SOURCES
from tests.publisher import Publisher, replace_column
from tests.reading import LOADED_AT, published_rows, series_of, sources_of

OpenPublication = Callable[[Manifest], Publication]


def history_of(publication: Publication, item_id: str = "P00001", **span: date) -> pa.Table:
    table = series_of(publication, SeriesSelection(item_id, **span)).table  # type: ignore[arg-type]
    return table.filter(pc.is_null(table.column("source")))


class TestItem:
    def test_a_part_is_one_row_with_every_column(
        self, publication: Publication, registry: Registry
    ) -> None:
        table = publication.require_item("P00002").table

        assert table.num_rows == 1
        assert table.column_names == [c.name for c in registry.data_sets["dim_item"].columns]

    def test_an_unknown_part_is_refused_with_the_nearest_codes(
        self, publication: Publication
    ) -> None:
        with pytest.raises(UnknownItem) as refusal:
            publication.require_item("p00004x")

        assert refusal.value.suggestions[0] == "P00004"
        assert len(refusal.value.suggestions) == 5

    def test_a_result_says_where_it_comes_from(self, publication: Publication) -> None:
        provenance = publication.require_item("P00002").provenance

        assert provenance.publication_id == publication.manifest.publication_id
        assert provenance.dataset_id == publication.manifest.dataset_id
        assert provenance.model_version == publication.manifest.model_version
        assert provenance.generated_at == publication.manifest.generated_at
        assert provenance.data_through == publication.manifest.data_through
        assert provenance.loaded_at == LOADED_AT
        assert provenance.data_sets == ("dim_item",)


class TestSources:
    def test_the_champion_comes_first(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        tables = publisher.tables()
        champions = [s == "naive" for s in tables["fact_metrics"].column("source").to_pylist()]
        tables["fact_metrics"] = replace_column(tables["fact_metrics"], "is_champion", champions)

        publication = open_publication(publisher.publish(tables=tables))

        assert sources_of(publication, "P00001") == ("naive", "arima")

    def test_a_part_without_forecasts_has_no_sources(self, publication: Publication) -> None:
        assert sources_of(publication, "P00001", "elsewhere") == ()


class TestForecastSeries:
    def test_the_columns_are_date_source_values_cutoff_and_the_registrys_quantiles(
        self, publication: Publication, registry: Registry
    ) -> None:
        table = series_of(publication, SeriesSelection("P00001")).table

        quantiles = [column.name for column in registry.data_sets["fact_forecast"].quantiles]
        expected = ["date", "source", "forecast", "actual", "cutoff", *quantiles]
        assert table.column_names == expected

    def test_history_has_a_row_for_every_day_and_zero_where_none_was_written(
        self, publication: Publication
    ) -> None:
        history = history_of(publication)

        through = publication.manifest.data_through
        days = [through - timedelta(days=n) for n in reversed(range(HISTORY_DAYS))]
        assert history.column("date").to_pylist() == days
        demand = published_rows(publication, "fact_demand", 10_000).table
        written = demand.column("item_id").to_pylist().count("P00001")
        zeros = history.column("actual").to_pylist().count(0.0)
        assert zeros == HISTORY_DAYS - written

    def test_history_comes_first_then_each_source_by_date(self, publication: Publication) -> None:
        table = series_of(publication, SeriesSelection("P00001")).table

        rows = list(zip(table["source"].to_pylist(), table["date"].to_pylist(), strict=True))
        assert rows == sorted(rows, key=lambda row: (row[0] is not None, row[0] or "", row[1]))
        assert len(set(rows)) == len(rows)

    def test_only_the_sources_asked_for(self, publication: Publication) -> None:
        result = series_of(publication, SeriesSelection("P00001", sources=("naive",)))

        assert set(result.table["source"].to_pylist()) == {None, "naive"}
        assert result.provenance.sources == ("naive",)

    def test_a_span_includes_both_its_ends(self, publication: Publication) -> None:
        through = publication.manifest.data_through
        start, end = through - timedelta(days=2), through + timedelta(days=3)

        table = series_of(publication, SeriesSelection("P00001", start=start, end=end)).table

        dates = table["date"].to_pylist()
        assert (min(dates), max(dates)) == (start, end)
        assert table.num_rows == 3 + len(SOURCES) * 6

    def test_the_future_has_no_actuals(self, publication: Publication) -> None:
        start = publication.manifest.data_through + timedelta(days=1)

        table = series_of(publication, SeriesSelection("P00001", start=start)).table

        assert table.num_rows == FUTURE_DAYS * len(SOURCES)
        assert table["actual"].null_count == table.num_rows

    def test_a_part_that_has_never_been_asked_for_is_an_empty_history(
        self, publication: Publication
    ) -> None:
        table = series_of(publication, SeriesSelection("P00001", location_id="elsewhere")).table

        assert table.num_rows == 0

    @pytest.mark.parametrize(
        ("frequency", "step", "days"), [("W", 7, 5), ("MS", 1, 60), ("unheard of", 1, 60)]
    )
    def test_periods_without_a_row_are_filled_at_the_publications_frequency(
        self,
        publisher: Publisher,
        open_publication: OpenPublication,
        frequency: str,
        step: int,
        days: int,
    ) -> None:
        tables = publisher.tables()
        demand = tables["fact_demand"]
        first, last = date(2026, 9, 1), date(2026, 9, 29)
        if frequency == "MS":
            last = date(2026, 11, 1)
        kept = demand.filter(pc.equal(demand["item_id"], "P00001")).slice(0, 2)
        tables["fact_demand"] = replace_column(kept, "date", [first, last])

        publication = open_publication(
            publisher.publish(tables=tables, lineage={"frequency": frequency})
        )

        dates = history_of(publication)["date"].to_pylist()
        gaps = {
            "W": {timedelta(days=7)},
            "MS": {timedelta(days=30), timedelta(days=31)},
        }.get(frequency, {timedelta(days=1)})
        assert {later - earlier for earlier, later in pairwise(dates)} == gaps
        assert {first, last} <= set(dates)

    def test_a_row_off_the_calendar_is_kept(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        tables = publisher.tables()
        demand = tables["fact_demand"]
        kept = demand.filter(pc.equal(demand["item_id"], "P00001")).slice(0, 2)
        off = [date(2026, 9, 1), date(2026, 9, 10)]
        tables["fact_demand"] = replace_column(kept, "date", off)

        publication = open_publication(publisher.publish(tables=tables, lineage={"frequency": "W"}))

        history = history_of(publication)
        assert date(2026, 9, 10) in history["date"].to_pylist()
        assert pc.sum(history["actual"]).as_py() == pc.sum(kept["quantity"]).as_py()

    def test_an_unknown_part_is_refused(self, publication: Publication) -> None:
        with pytest.raises(UnknownItem):
            series_of(publication, SeriesSelection("nothing"))

    def test_an_unknown_source_is_refused_with_the_known_ones(
        self, publication: Publication
    ) -> None:
        with pytest.raises(InvalidSelection, match="source is 'oracle'; it must be one of prophet"):
            series_of(publication, SeriesSelection("P00001", sources=("oracle",)))

    def test_a_span_that_ends_before_it_starts_is_refused(self, publication: Publication) -> None:
        span = SeriesSelection("P00001", start=date(2026, 2, 1), end=date(2026, 1, 1))

        with pytest.raises(InvalidSelection, match="on or before the end"):
            series_of(publication, span)


class TestPartDetails:
    def test_metrics_have_a_row_per_source_champion_first(self, publication: Publication) -> None:
        table = publication.table(questions.accuracy.of_item("P00001")).table

        assert table["source"].to_pylist() == ["arima", "naive"]
        assert table["is_champion"].to_pylist() == [True, False]

    def test_inventory_is_one_row_or_none(self, publication: Publication) -> None:
        assert publication.table(questions.inventory.of_item("P00001")).table.num_rows == 1
        assert (
            publication.table(questions.inventory.of_item("P00001", "elsewhere")).table.num_rows
            == 0
        )

    def test_exceptions_come_by_rank_with_the_parts_name(self, publication: Publication) -> None:
        table = publication.table(questions.exceptions.first(3)).table

        assert table["rank"].to_pylist() == [1, 2, 3]
        assert table["name"].to_pylist()[0] == "Bateria estacionária 12 V 100 Ah"

    def test_exceptions_are_those_of_one_location(self, publication: Publication) -> None:
        of_network = publication.table(questions.exceptions.first(100)).table

        assert set(of_network["location_id"].to_pylist()) == {"network"}
        assert publication.table(questions.exceptions.first(100, "elsewhere")).table.num_rows == 0


class TestRowsOfDataSets:
    def test_pages_of_rows_join_to_the_whole_in_key_order(
        self, publication: Publication, registry: Registry
    ) -> None:
        data_set = registry.data_sets["fact_forecast"]
        pages, after = [], None
        while not pages or pages[-1].more:
            question = questions.data_sets.rows(data_set, limit=100, after=after)
            pages.append(publication.table_page(question))
            after = pages[-1].last

        whole = pa.concat_tables([page.rows for page in pages])
        keys = [whole[name] for name in registry.data_sets["fact_forecast"].key]
        rows = list(zip(*(key.to_pylist() for key in keys), strict=True))
        assert whole.num_rows == publication.manifest.file("fact_forecast").rows
        assert rows == sorted(rows)

    def test_an_unknown_data_set_is_refused_with_the_known_ones(
        self, publication: Publication
    ) -> None:
        with pytest.raises(UnknownDataSet, match="dim_item"):
            published_rows(publication, "duckdb_settings()")

    @pytest.mark.parametrize("after", [(), (-1,), (True,), ("1",), (1, 2)])
    def test_a_number_of_rows_below_zero_or_of_another_kind_is_refused(
        self, after: tuple[object, ...]
    ) -> None:
        with pytest.raises(InvalidSelection, match="cursor"):
            questions.items.row_offset(after)  # type: ignore[arg-type]


def test_what_nobody_can_see_is_no_value(
    publisher: Publisher, open_publication: OpenPublication, registry: Registry
) -> None:
    tables = publisher.tables()
    names = ["Peça", " ", "\t", "\u00a0", "\u200b", "0"]
    tables["dim_item"] = replace_column(tables["dim_item"], "name", names)
    question = questions.data_sets.columns_filled(registry.data_sets["dim_item"], ("name",))

    publication = open_publication(publisher.publish(tables=tables))

    (batch,) = publication.stream(question)
    assert batch.to_pylist() == [{"rows": 6, "name": 2}]
