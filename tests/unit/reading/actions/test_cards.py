"""What is told of a row of the list: its card, and the demand that is drawn beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pyarrow as pa

from datalayer.reading import questions
from datalayer.reading.publication import Publication
from tests.publisher import Publisher
from tests.unit.reading.actions.conftest import NOBODY, OpenPublication, Row, action, asking, marked


class TestRowsOfCards:
    def cards(self, publication: Publication, standing: pa.Table = NOBODY) -> list[Row]:
        wanted = asking(publication, standing=standing, new=(1,))
        page = questions.actions.listed(publication.registry, wanted, limit=10)
        rows = publication.table(page).table
        table: list[Row] = publication.table(
            questions.actions.cards(rows, standing)
        ).table.to_pylist()
        return table

    def test_a_card_has_the_part_its_stock_its_verdict_and_the_numbers_of_its_reason(
        self, publication: Publication
    ) -> None:
        first, *_ = self.cards(publication)

        tables = {
            name: publication.table(
                questions.data_sets.rows(publication.registry.data_sets[name], limit=1000)
            ).table.to_pylist()
            for name in (
                "dim_item",
                "fact_inventory",
                "fact_metrics",
                "fact_exception",
                "fact_action",
            )
        }
        mine = {
            name: [row for row in rows if row["item_id"] == first["item_id"]]
            for name, rows in tables.items()
        }
        champions = [row for row in mine["fact_metrics"] if row["is_champion"]]
        reason = next(r for r in mine["fact_exception"] if r["reason_code"] == first["reason_code"])
        assert first["rank"] == 1
        assert first["name"] == mine["dim_item"][0]["name"]
        assert first["minimum_order"] == mine["fact_inventory"][0]["minimum_order"]
        assert first["verdict"] == max(champions, key=lambda row: row["horizon"])["verdict"]
        assert (first["reason_observed"], first["reason_expected"]) == (
            reason["observed"],
            reason["expected"],
        )
        assert (first["is_new"], first["others"], first["kind"]) == (True, 0, None)

    def test_a_card_has_what_planners_said(self, open_list: Callable[..., Publication]) -> None:
        publication = open_list(action(1), action(2))

        one, other = self.cards(publication, marked(action(1), state="came_back"))

        said = ("state", "kind", "marked_by", "comment", "comments", "number")
        assert [one[name] for name in said] == ["came_back", "ordered", "Ana", "by phone", 2, 7]
        assert other["state"] is None

    def test_an_order_has_the_open_order_that_is_deferred_at_its_place_and_the_other_way_round(
        self, open_list: Callable[..., Publication]
    ) -> None:
        order = action(1, due=date(2027, 1, 29), quantity=9.0)
        deferred = action(1, "defer", "surplus", arrives=date(2027, 1, 12), quantity=20.0)
        publication = open_list(order, deferred, action(2))

        first, alone = self.cards(publication)
        (second,) = self.cards(publication, marked(action(1)))[1:]
        rows = questions.actions.of_ranks([2, 3])
        told = publication.table(
            questions.actions.cards(publication.table(rows).table, NOBODY)
        ).table.to_pylist()

        beside = ("beside_ref", "beside_quantity", "beside_day")
        assert [first[name] for name in beside] == ["4500000001/10", 20.0, date(2027, 1, 12)]
        assert [alone[name] for name in beside] == [None, None, None]
        assert second["beside_day"] is None  # what is ordered already isn't to be ordered
        assert [told[-1][name] for name in beside] == ["-", 9.0, date(2027, 1, 29)]

    def test_no_rows_make_no_cards(self, open_list: Callable[..., Publication]) -> None:
        publication = open_list()

        assert self.cards(publication) == []


class TestPeriods:
    def test_each_part_has_what_was_used_and_what_its_source_forecasts(
        self, publication: Publication
    ) -> None:
        wanted = asking(publication)
        question = questions.actions.listed(publication.registry, wanted, limit=10)
        cards = publication.table(
            questions.actions.cards(publication.table(question).table, NOBODY)
        ).table
        period = publication.registry.data_sets["fact_period"]
        published = publication.table(
            questions.data_sets.rows(period, limit=1000)
        ).table.to_pylist()

        found = publication.table(
            questions.actions.periods(cards, used=2, ahead=3)
        ).table.to_pylist()

        assert found
        for item_id, source in zip(
            cards["item_id"].to_pylist(), cards["source"].to_pylist(), strict=True
        ):
            mine = [
                row for row in published if (row["item_id"], row["source"]) == (item_id, source)
            ]
            used = [row for row in mine if row["actual"] is not None][-2:]
            ahead = [row for row in mine if row["actual"] is None][:3]
            shown = [row for row in found if row["item_id"] == item_id]
            assert [(r["date"], r["actual"]) for r in shown if r["actual"] is not None] == [
                (r["date"], r["actual"]) for r in used
            ]
            assert [
                (r["date"], r["forecast"], r["q100"], r["q900"])
                for r in shown
                if r["actual"] is None
            ] == [(r["date"], r["forecast"], r["q100"], r["q900"]) for r in ahead]

    def test_a_part_without_a_forecast_keeps_its_history(self, publication: Publication) -> None:
        rows = pa.Table.from_pylist(
            [{"item_id": "P00001", "location_id": "network", "source": "prophet"}]
        )

        found = publication.table(questions.actions.periods(rows)).table

        assert found.num_rows == found["actual"].drop_null().length() > 0  # type: ignore[attr-defined]

    def test_a_part_at_two_places_has_each_place_s_periods_once(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        tables = publisher.tables()
        period = tables["fact_period"]
        elsewhere = [row | {"location_id": "D1"} for row in period.to_pylist()]
        both = sorted(
            [*period.to_pylist(), *elsewhere],
            key=lambda row: [row[name] for name in ("item_id", "location_id", "source", "date")],
        )
        tables["fact_period"] = pa.Table.from_pylist(both, schema=period.schema)
        publication = open_publication(publisher.publish(tables=tables))
        source = period["source"][0].as_py()
        rows = [
            {"item_id": "P00001", "location_id": place, "source": source}
            for place in ("D1", "network", "network")
        ]

        question = questions.actions.periods(pa.Table.from_pylist(rows))
        found = publication.table(question).table.to_pylist()

        mine = [row for row in period.to_pylist() if row["item_id"] == "P00001"]
        dates = [row["date"] for row in mine if row["source"] == source]
        assert [(row["location_id"], row["date"]) for row in found] == [
            (place, each) for place in ("D1", "network") for each in dates
        ]
