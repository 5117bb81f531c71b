"""What changed between two publications: every part once, and sums that add up exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.reading.changes import AMOUNTS, CAUSES, Changes, compare
from datalayer.reading.database import Database
from datalayer.reading.publication import Publication
from tests.fake_data import FUTURE_DAYS
from tests.publisher import FIRST_GENERATED_AT, Publisher, replace_column, set_value
from tests.reading import publication_of, publications_folder, published_rows, snapshot_of
from tests.repaired_parts import with_repairs
from tests.unit.reading.order_situations import PLAIN, OrderSituation, with_situations

OpenPublication = Callable[[Manifest], Publication]
PublishSituations = Callable[..., Publication]
DAY = timedelta(days=1)


@pytest.fixture
def open_publication(
    publisher: Publisher, folder_store: FolderStore, registry: Registry
) -> Iterator[OpenPublication]:
    """Opens a publication of a manifest's publication."""
    database = Database(publications_folder(folder_store), registry, memory_limit="256MiB")
    yield lambda manifest: publication_of(snapshot_of(manifest, folder_store), registry, database)
    database.close()


def rows_of(found: Changes) -> dict[str, dict[str, Any]]:
    return {row["item_id"]: row for row in found.parts.to_pylist()}


def reasons_of(found: Changes) -> dict[str, str]:
    return {item_id: row["reason"] for item_id, row in rows_of(found).items()}


def future_forecast(publication: Publication, item_id: str, first: date, last: date) -> Decimal:
    """Add up the champion's forecasts of a part from the rows themselves."""
    rows = published_rows(publication, "fact_forecast", 10_000).table.to_pylist()
    return sum(
        (
            Decimal(str(row["forecast"]))
            for row in rows
            if (row["item_id"], row["source"]) == (item_id, "arima")
            and first <= row["date"] <= last
        ),
        Decimal(0),
    )


class TestReasons:
    def test_a_publication_has_not_changed_from_itself(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        publication = open_publication(publisher.publish())

        found = compare(publication, publication)

        assert set(reasons_of(found).values()) == {"same"}
        assert {found.totals()[f"{name}_change"] for name in AMOUNTS} == {0}

    def test_parts_of_one_publication_only_are_new_or_dropped(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        few, many = (open_publication(publisher.publish(items=items)) for items in (5, 7))

        forth, back = reasons_of(compare(few, many)), reasons_of(compare(many, few))

        assert [item_id for item_id in sorted(forth) if forth[item_id] == "new"] == [
            "P00006",
            "P00007",
        ]
        assert {item_id for item_id in back if back[item_id] == "dropped"} == {"P00006", "P00007"}
        assert set(forth) == set(back)

    @pytest.mark.parametrize(
        ("column", "value"),
        [("status", "unknown"), ("reorder_point", 21.5), ("order_quantity", None)],
    )
    def test_a_part_planned_otherwise_is_changed(
        self, publisher: Publisher, open_publication: OpenPublication, column: str, value: object
    ) -> None:
        before = open_publication(publisher.publish())
        tables = publisher.tables()
        tables["fact_inventory"] = set_value(tables["fact_inventory"], column, 1, value)

        found = compare(before, open_publication(publisher.publish(tables=tables)))

        assert [each for each, reason in reasons_of(found).items() if reason == "changed"] == [
            "P00002"
        ]

    def test_another_champion_is_a_change(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        before = open_publication(publisher.publish())
        tables = publisher.tables()
        champions = [not each for each in tables["fact_metrics"]["is_champion"].to_pylist()]
        tables["fact_metrics"] = replace_column(tables["fact_metrics"], "is_champion", champions)

        rows = rows_of(compare(before, open_publication(publisher.publish(tables=tables))))

        assert {row["source_before"] for row in rows.values()} == {"arima"}
        assert {row["source_after"] for row in rows.values()} == {"naive"}
        assert {row["reason"] for row in rows.values()} == {"changed"}

    def test_a_part_that_was_never_judged_takes_the_source_of_its_stock(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        tables = publisher.tables()
        tables["fact_metrics"] = tables["fact_metrics"].slice(0, 0)
        publication = open_publication(publisher.publish(tables=tables))

        rows = rows_of(compare(publication, publication))

        assert {row["source_after"] for row in rows.values()} == {"arima"}
        assert all(row["forecast_total_after"] > 0 for row in rows.values())

    def test_a_part_without_stock_has_no_figures_of_it(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        before = open_publication(publisher.publish())
        tables = publisher.tables()
        tables["fact_inventory"] = tables["fact_inventory"].slice(1)

        row = rows_of(compare(before, open_publication(publisher.publish(tables=tables))))["P00001"]

        assert (row["reorder_point_before"], row["reorder_point_after"]) == (20, None)
        assert row["reorder_point_change"] == -20
        assert row["reason"] == "changed"


class TestSpan:
    def test_forecasts_are_summed_over_the_future_dates_of_both(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        later = FIRST_GENERATED_AT + 3 * DAY
        before = open_publication(publisher.publish())
        after = open_publication(publisher.publish(generated_at=later, salt="later"))

        found = compare(before, after)

        first, last = later.date(), FIRST_GENERATED_AT.date() + (FUTURE_DAYS - 1) * DAY
        row = rows_of(found)["P00003"]
        assert found.span == (first, last)
        assert row["forecast_total_before"] == future_forecast(before, "P00003", first, last)
        assert row["forecast_total_after"] == future_forecast(after, "P00003", first, last)
        assert row["forecast_total_before"] != row["forecast_total_after"]

    def test_publications_without_a_common_future_have_no_span(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        later = FIRST_GENERATED_AT + (FUTURE_DAYS + 1) * DAY
        before = open_publication(publisher.publish())
        after = open_publication(publisher.publish(generated_at=later))

        found = compare(before, after)

        assert found.span is None
        assert found.totals()["forecast_total_after"] == 0


class TestSumsOfChanges:
    @pytest.fixture
    def ends(
        self, publisher: Publisher, open_publication: OpenPublication
    ) -> tuple[Publication, ...]:
        """Two publications that differ in parts and figures."""
        manifests = (publisher.publish(items=9), publisher.publish(items=7, salt="other"))
        return tuple(open_publication(manifest) for manifest in manifests)

    @pytest.mark.parametrize("amount", AMOUNTS)
    def test_the_changes_of_the_parts_are_the_change_of_the_totals(
        self, ends: tuple[Publication, ...], amount: str
    ) -> None:
        found = compare(*ends)

        totals: dict[str, Any] = found.totals()
        change = sum(row[f"{amount}_change"] for row in found.parts.to_pylist())
        assert change == totals[f"{amount}_change"]
        assert change == totals[f"{amount}_after"] - totals[f"{amount}_before"]

    @pytest.mark.parametrize("column", ["reason", "demand_class", "category"])
    def test_groups_add_up_to_the_totals(self, ends: tuple[Publication, ...], column: str) -> None:
        found = compare(*ends)

        groups: list[dict[str, Any]] = found.by(column)
        totals: dict[str, Any] = found.totals()
        assert {name: sum(g[name] for g in groups) for name in totals} == totals
        assert len(groups) > 1

    def test_the_way_back_is_the_same_with_the_other_sign(
        self, ends: tuple[Publication, ...]
    ) -> None:
        forth, back = rows_of(compare(*ends)), rows_of(compare(*reversed(ends)))

        for name in AMOUNTS:
            assert {k: row[f"{name}_change"] for k, row in forth.items()} == {
                k: -row[f"{name}_change"] for k, row in back.items()
            }

    def test_the_greatest_change_comes_first(self, ends: tuple[Publication, ...]) -> None:
        parts = compare(*ends).parts.to_pylist()

        changes = [
            (abs(row["order_quantity_change"]), abs(row["forecast_total_change"])) for row in parts
        ]
        assert changes == sorted(changes, reverse=True)
        assert [row["rank"] for row in parts] == list(range(1, 10))

    def test_no_part_of_either_is_left_out(
        self, publisher: Publisher, ends: tuple[Publication, ...]
    ) -> None:
        assert compare(*ends).parts.num_rows == 9

    @pytest.mark.parametrize("item_id", ["P00001", "P00009"])
    def test_the_changes_of_one_part_are_its_row_of_all(
        self, ends: tuple[Publication, ...], item_id: str
    ) -> None:
        alone = rows_of(compare(*ends, item_id=item_id))

        whole = rows_of(compare(*ends))[item_id]
        assert alone == {item_id: {**whole, "rank": 1}}

    def test_a_part_that_neither_has_has_no_changes(self, ends: tuple[Publication, ...]) -> None:
        assert compare(*ends, item_id="P99999").parts.num_rows == 0


class TestCausesOfChanges:
    @pytest.fixture
    def publish(self, publisher: Publisher, open_publication: OpenPublication) -> PublishSituations:
        """Publishes parts whose orders follow the rule, so many days after the first ones."""

        def publish(
            *situations: OrderSituation,
            days: int = 0,
            lineage: dict[str, object] | None = None,
            **columns: list[Any],
        ) -> Publication:
            generated_at = FIRST_GENERATED_AT + days * DAY
            tables = publisher.tables(generated_at=generated_at, items=len(situations))
            tables["fact_inventory"] = with_situations(tables["fact_inventory"], situations)
            for name, values in columns.items():
                tables["fact_inventory"] = replace_column(tables["fact_inventory"], name, values)
            found = publisher.publish(
                generated_at=generated_at,
                tables=tables,
                lineage=lineage if lineage is not None else {"frequency": "D"},
            )
            return open_publication(found)

        return publish

    def test_the_demand_of_the_days_between_is_stock_used(
        self, publish: PublishSituations, publisher: Publisher
    ) -> None:
        before = publish(PLAIN, PLAIN)
        after = publish(PLAIN, PLAIN, days=4)
        demand = published_rows(after, "fact_demand", 10_000).table.to_pylist()
        days = [FIRST_GENERATED_AT.date() + n * DAY for n in range(4)]

        found = rows_of(compare(before, after))

        for item_id, row in found.items():
            sold = sum(
                r["quantity"] for r in demand if r["item_id"] == item_id and r["date"] in days
            )
            assert (row["used"], row["added"]) == (sold, sold)
        assert any(row["used"] for row in found.values())

    def test_the_way_back_uses_as_much_less(self, publish: PublishSituations) -> None:
        ends = publish(PLAIN), publish(PLAIN, days=4)

        forth, back = (rows_of(compare(*pair))["P00001"]["used"] for pair in (ends, ends[::-1]))

        assert forth == -back

    @pytest.mark.parametrize(
        ("lineage", "as_of"),
        [
            ({"frequency": "?"}, None),  # nothing says how long a period is
            ({"frequency": "W"}, None),  # 20 November 2026 is a Friday
            ({"frequency": "MS"}, None),
            ({"frequency": "D"}, date(2026, 11, 25)),  # after the last day of demand
            ({"frequency": "D"}, date(2025, 11, 20)),  # before its first
        ],
    )
    def test_demand_that_is_not_known_of_these_days_leaves_stock_one_cause(
        self, publish: PublishSituations, lineage: dict[str, object], as_of: date | None
    ) -> None:
        columns = {"as_of": [as_of]} if as_of else {}
        before = publish(PLAIN)
        after = publish(replace(PLAIN, position=7.0), days=4, lineage=lineage, **columns)

        row = rows_of(compare(before, after))["P00001"]

        assert (row["used"], row["added"]) == (None, None)
        assert row["cause_stock"] == row["order_quantity_change"] == 5

    def test_whole_weeks_between_are_known(self, publish: PublishSituations) -> None:
        sunday = date(2026, 11, 22)
        before = publish(PLAIN, as_of=[sunday - 7 * DAY])
        after = publish(PLAIN, days=4, lineage={"frequency": "W"}, as_of=[sunday])

        assert rows_of(compare(before, after))["P00001"]["used"] is not None

    def test_parts_of_one_publication_only_are_new_or_gone(
        self, publish: PublishSituations
    ) -> None:
        few, many = publish(PLAIN), publish(PLAIN, PLAIN)

        forth, back = (compare(*pair).totals() for pair in ((few, many), (many, few)))

        assert forth["cause_new"] == forth["order_quantity_change"] == PLAIN.order
        assert back["cause_gone"] == back["order_quantity_change"] == -PLAIN.order

    def test_repairs_and_what_is_held_are_read_beside_the_stock(
        self, publisher: Publisher, open_publication: OpenPublication, publish: PublishSituations
    ) -> None:
        repaired = replace(PLAIN, condemned=0.25, repair=20.0, back=2.0)
        row = repaired.published()
        tables = with_repairs(publisher.tables(items=3), count=1)
        tables["fact_inventory"] = with_situations(
            tables["fact_inventory"], [repaired, replace(PLAIN, stocked=False), PLAIN]
        )
        told = {name: row[name] for name in ("repair_days", "condemnation", "failures")}
        told |= {"in_repair": 3.0, "coming_back": row["coming_back"]}
        told |= {"condemned": 0.25 * row["failures"], "missing": row["cycle_demand"]}
        for name, value in told.items():
            tables["fact_repair"] = set_value(tables["fact_repair"], name, 0, value)
        tables["dim_item"] = set_value(tables["dim_item"], "stocked", 1, value=False)

        found = compare(
            publish(PLAIN, PLAIN, PLAIN), open_publication(publisher.publish(tables=tables))
        )

        causes = {
            item_id: {name for name in CAUSES if row[name]}
            for item_id, row in rows_of(found).items()
        }
        assert causes == {"P00001": {"cause_repair"}, "P00002": {"cause_stocked"}, "P00003": set()}

    def test_an_order_that_is_known_at_one_end_only_says_so(
        self, publish: PublishSituations
    ) -> None:
        before = publish(PLAIN, current_stock=[None], order_quantity=[None])

        row = rows_of(compare(before, publish(PLAIN)))["P00001"]

        assert row["cause_known"] == row["order_quantity_change"] == PLAIN.order

    def test_publications_from_before_the_decisions_are_compared(
        self, publish: PublishSituations, publisher: Publisher, open_publication: OpenPublication
    ) -> None:
        tables = publisher.tables(items=1)
        tables["fact_inventory"] = with_situations(tables["fact_inventory"], [PLAIN])
        for name in ("review_days", "cycle_demand", "cycle_excess", "least_daily_demand"):
            # As a view has a column that the publication's own contract did not have yet.
            tables["fact_inventory"] = replace_column(tables["fact_inventory"], name, [None])
        without = ("fact_action", "fact_lead_time", "fact_projection", "fact_period")
        for name in (*without, "fact_open_order"):
            del tables[name]
        before = open_publication(publisher.publish(tables=tables))
        after = publish(replace(PLAIN, rate=1.2, position=9.0), days=4)

        row = rows_of(compare(before, after))["P00001"]

        assert row["tier_before"] is None
        causes = {name for name in CAUSES if row[name]}
        assert (
            "cause_levels"
            in causes
            <= {
                "cause_levels",
                "cause_stock_used",
                "cause_stock_added",
            }
        )
        assert sum(row[name] for name in CAUSES) == row["order_quantity_change"] > 0

    def test_an_order_beside_the_rule_is_not_taken_apart(self, publish: PublishSituations) -> None:
        before = publish(PLAIN, order_quantity=[PLAIN.order + 1])

        row = rows_of(compare(before, publish(PLAIN)))["P00001"]

        assert row["cause_together"] == row["order_quantity_change"] == -1
