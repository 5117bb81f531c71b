"""Filters that the registry's columns allow: what they keep, and what they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.contract.registry import ColumnType, DataSet, Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.reading.filters import (
    Conditions,
    Filter,
    after_position,
    conditions,
    filters_of,
    plain_text,
    row_filters_of,
)
from datalayer.reading.publication import Publication
from datalayer.reading.question import Question
from datalayer.reading.views import whole_query


@pytest.fixture
def demand(registry: Registry) -> DataSet:
    """A data set of text, dates, numbers and times."""
    return registry.data_sets["fact_demand"]


def filters(data_set: DataSet) -> dict[str, Filter]:
    return filters_of(data_set.columns)


def kept(publication: Publication, data_set: DataSet, met: Conditions) -> list[dict[str, object]]:
    sql = whole_query(data_set, met.predicates)
    question = Question("kept", sql, met.parameters, (data_set.name,))
    rows: list[dict[str, object]] = publication.table(question).table.to_pylist()
    return rows


def everything(publication: Publication, data_set: DataSet) -> list[dict[str, object]]:
    return kept(publication, data_set, Conditions())


class TestNamesOfFilters:
    def test_every_column_has_a_filter(self, registry: Registry) -> None:
        for data_set in registry.data_sets.values():
            assert {column.name for column in data_set.columns} <= set(filters(data_set))

    def test_columns_with_an_order_have_bounds(self, registry: Registry) -> None:
        found = filters(registry.data_sets["fact_exception"])

        assert {"rank_min", "rank_max", "since_min", "value_at_risk_max"} <= set(found)

    def test_text_and_booleans_have_none(self, registry: Registry) -> None:
        found = filters(registry.data_sets["agg_metrics"])

        assert not {"source_min", "group_value_max", "is_champion_min"} & set(found)


class TestFilteredRows:
    def test_one_value_keeps_its_rows(self, publication: Publication, demand: DataSet) -> None:
        rows = kept(publication, demand, conditions(filters(demand), [("item_id", "P00002")]))

        whole = everything(publication, demand)
        assert rows == [row for row in whole if row["item_id"] == "P00002"]
        assert rows

    def test_values_of_one_column_are_alternatives(
        self, publication: Publication, demand: DataSet
    ) -> None:
        asked = [("quantity", "2"), ("quantity", "5.0")]

        rows = kept(publication, demand, conditions(filters(demand), asked))

        assert {row["quantity"] for row in rows} == {2.0, 5.0}
        assert rows == [r for r in everything(publication, demand) if r["quantity"] in (2.0, 5.0)]

    def test_different_filters_must_all_be_met(
        self, publication: Publication, demand: DataSet
    ) -> None:
        asked = [("item_id", "P00001"), ("quantity_min", "2"), ("quantity_max", "2")]

        rows = kept(publication, demand, conditions(filters(demand), asked))

        whole = everything(publication, demand)
        assert rows == [r for r in whole if (r["item_id"], r["quantity"]) == ("P00001", 2.0)]
        assert rows

    def test_bounds_are_inclusive(self, publication: Publication, demand: DataSet) -> None:
        asked = [("date_min", "2026-11-01"), ("date_max", "2026-11-10")]

        rows = kept(publication, demand, conditions(filters(demand), asked))

        first, last = date(2026, 11, 1), date(2026, 11, 10)
        whole = everything(publication, demand)
        assert rows == [r for r in whole if first <= r["date"] <= last]  # type: ignore[operator]
        assert {first, last} <= {row["date"] for row in rows}

    def test_several_dates_are_alternatives(
        self, publication: Publication, demand: DataSet
    ) -> None:
        asked = [("date", "2026-11-01"), ("date", "2026-11-03")]

        rows = kept(publication, demand, conditions(filters(demand), asked))

        assert {row["date"] for row in rows} == {date(2026, 11, 1), date(2026, 11, 3)}

    def test_times_are_compared_in_utc(self, publication: Publication, demand: DataSet) -> None:
        asked = [("generated_at", "2026-11-21T03:00:00-03:00")]

        rows = kept(publication, demand, conditions(filters(demand), asked))

        assert rows == everything(publication, demand)

    def test_booleans_are_true_or_false(self, publication: Publication, registry: Registry) -> None:
        metrics = registry.data_sets["agg_metrics"]

        rows = kept(publication, metrics, conditions(filters(metrics), [("is_champion", "true")]))

        assert rows == [row for row in everything(publication, metrics) if row["is_champion"]]

    @pytest.mark.parametrize(
        "text", ["' or 1=1 --", "$1", '"', "%", "\\", "é\u0301", "\u202e", "\n"]
    )
    def test_text_is_only_ever_compared(
        self, publication: Publication, demand: DataSet, text: str
    ) -> None:
        assert kept(publication, demand, conditions(filters(demand), [("item_id", text)])) == []

    @given(text=st.text(max_size=200).filter(lambda text: "\0" not in text))
    def test_no_text_breaks_out_of_its_place(self, registry: Registry, text: str) -> None:
        data_set = registry.data_sets["fact_demand"]

        met = conditions(filters(data_set), [("item_id", text)])

        assert met.predicates == ('"item_id" = $filter_item_id',)
        assert met.parameters == {"filter_item_id": text}


class TestSearchedRows:
    def test_text_is_found_whatever_its_case_and_accents(
        self, publication: Publication, registry: Registry
    ) -> None:
        items = registry.data_sets["dim_item"]
        whole = everything(publication, items)
        name = str(whole[0]["name"])

        rows = kept(
            publication,
            items,
            conditions(row_filters_of(items.columns), [("name_contains", name[1:].upper())]),
        )

        assert rows == [row for row in whole if name[1:].lower() in str(row["name"]).lower()]
        assert rows

    def test_signs_that_patterns_know_are_text(
        self, publication: Publication, registry: Registry
    ) -> None:
        items = registry.data_sets["dim_item"]
        for text in ("%", "_", ".*", "'", '"', "\\"):
            met = conditions(row_filters_of(items.columns), [("name_contains", text)])

            rows = kept(publication, items, met)

            assert rows == [r for r in everything(publication, items) if text in str(r["name"])]

    @pytest.mark.parametrize("is_null", [True, False])
    def test_rows_are_asked_for_by_whether_they_have_a_value(
        self, publication: Publication, registry: Registry, is_null: bool
    ) -> None:
        forecasts = registry.data_sets["fact_forecast"]
        asked = [("actual_null", str(is_null).lower())]

        rows = kept(publication, forecasts, conditions(row_filters_of(forecasts.columns), asked))

        whole = everything(publication, forecasts)
        assert rows == [row for row in whole if (row["actual"] is None) == is_null]

    def test_columns_that_always_have_a_value_and_listed_values_are_not_searched(
        self, registry: Registry
    ) -> None:
        found = row_filters_of(registry.data_sets["fact_forecast"].columns)

        assert "actual_null" in found
        assert not {"forecast_null", "source_contains", "forecast_contains"} & set(found)


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "text", "expected"),
        [
            ("date", "0", "a date"),
            ("date", "2026-02-30", "a date"),
            ("date", "20261101", "a date"),
            ("date", "2026-11-01T00:00:00", "a date"),
            ("date_min", "٢٠٢٦-١١-٠١", "a date"),
            ("quantity", "many", "a number"),
            ("quantity", "nan", "a number"),
            ("quantity", "inf", "a number"),
            ("quantity", "1e400", "a number"),
            ("quantity", "1_000", "a number"),
            ("quantity", " 1", "a number"),
            ("quantity_max", "", "a number"),
            ("generated_at", "2026-11-21T06:00:00", "zone"),
            ("generated_at", "yesterday", "zone"),
            ("item_id", "P\0", "NUL"),
            ("item_id", "P\ud800", "surrogates"),
            ("item_id", "P" * 201, "200 characters"),
        ],
    )
    def test_a_value_of_another_type_is_refused_with_what_would_be_right(
        self, demand: DataSet, name: str, text: str, expected: str
    ) -> None:
        with pytest.raises(InvalidSelection, match=expected) as raised:
            conditions(filters(demand), [(name, text)])

        assert raised.value.fields["parameter"] == name
        assert str(raised.value).isprintable()

    @pytest.mark.parametrize("text", ["9" * 19, "-" + "9" * 19, "9" * 5000, "1.0", "0x10", "+1"])
    def test_integers_beyond_64_bits_and_other_spellings_are_refused(
        self, registry: Registry, text: str
    ) -> None:
        ranks = filters(registry.data_sets["fact_exception"])

        with pytest.raises(InvalidSelection, match="a whole number"):
            conditions(ranks, [("rank", text)])

    @pytest.mark.parametrize("text", ["1", "True", "yes", ""])
    def test_other_words_for_booleans_are_refused(self, registry: Registry, text: str) -> None:
        metrics = filters(registry.data_sets["agg_metrics"])

        with pytest.raises(InvalidSelection, match="true or false"):
            conditions(metrics, [("is_champion", text)])

    def test_a_value_that_the_contract_does_not_allow_is_refused(self, registry: Registry) -> None:
        stock = filters(registry.data_sets["fact_inventory"])

        with pytest.raises(InvalidSelection, match="one of ok, reorder, overdue"):
            conditions(stock, [("status", "gone")])

    def test_a_bound_is_given_once(self, demand: DataSet) -> None:
        with pytest.raises(InvalidSelection, match="given once"):
            conditions(filters(demand), [("quantity_min", "1"), ("quantity_min", "2")])

    def test_more_than_200_values_are_refused(self, demand: DataSet) -> None:
        asked = [("item_id", f"P{number}") for number in range(201)]

        with pytest.raises(InvalidSelection, match="at most 200 times"):
            conditions(filters(demand), asked)

    def test_text_of_200_characters_can_be_looked_for(self) -> None:
        assert plain_text("q", "é" * 200) == "é" * 200


class TestFilteredPages:
    @pytest.mark.parametrize("name", ["fact_demand", "fact_forecast", "fact_exception", "dim_item"])
    def test_pages_behind_each_other_are_the_whole(
        self, publication: Publication, registry: Registry, name: str
    ) -> None:
        data_set = registry.data_sets[name]
        key = [data_set.column(each) for each in data_set.key]
        whole = everything(publication, data_set)

        for row, following in list(pairwise(whole))[::50]:
            position = [written(row[column.name]) for column in key]
            rest = kept(publication, data_set, after_position(key, position))

            assert rest[0] == following
            assert len(rest) == len(whole) - whole.index(following)

    def test_row_groups_before_the_position_are_skipped(self, registry: Registry) -> None:
        data_set = registry.data_sets["fact_demand"]
        key = [data_set.column(each) for each in data_set.key]

        (predicate,) = after_position(key, ["P1", "network", "2026-11-01"]).predicates

        assert predicate.startswith('"item_id" >= $after_item_id and (')

    @pytest.mark.parametrize(
        "position",
        [
            (),
            ("P1",),
            ("P1", "network", 3),
            ("P1", "network", "soon"),
            ("P1", 1.5, "2026-11-01"),
            ("P1", None, "2026-11-01"),
            (True, "network", "2026-11-01"),
        ],
    )
    def test_a_cursor_of_other_rows_is_refused(
        self, demand: DataSet, position: tuple[object, ...]
    ) -> None:
        key = [demand.column(each) for each in demand.key]

        with pytest.raises(InvalidSelection, match="cursor is"):
            after_position(key, position)

    def test_a_position_has_the_types_of_its_columns(self, demand: DataSet) -> None:
        columns = [demand.column("date"), demand.column("generated_at")]

        met = after_position(columns, ["2026-11-01", "2026-11-21T06:00:00Z"])

        assert met.parameters == {
            "after_date": date(2026, 11, 1),
            "after_generated_at": datetime(2026, 11, 21, 6, tzinfo=UTC),
        }
        assert columns[0].type is ColumnType.DATE


def written(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
