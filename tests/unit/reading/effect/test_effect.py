"""The effect of a candidate: what is told, what is warned of, and what can't be compared."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalayer.kernel.progress import Progress, Step
from datalayer.publications.stages import Snapshot
from datalayer.reading.effect.computing import effect_of
from datalayer.reading.effect.lineage import differences
from datalayer.reading.publication import Publication
from tests.publisher import Publisher, replace_column, set_value
from tests.unit.reading.effect.conftest import Publish, with_values


def told(before: Publication, after: Publication) -> str:
    return "\n".join(effect_of(before, after).warnings)


class TestSame:
    def test_a_publication_has_no_effect_beside_itself(self, publish: Publish) -> None:
        publication = publish()

        effect = effect_of(publication, publication)

        assert effect.warnings == effect.not_compared == effect.largest == effect.statuses == ()
        assert effect.actions is not None
        assert {(each.new, each.vanished) for each in effect.actions.tiers} == {(0, 0)}
        assert (effect.gone_sources, effect.new_sources) == ((), ())

    def test_it_tells_how_far_it_is(self, publish: Publish) -> None:
        publication, reports = publish(), list[Progress]()

        effect_of(publication, publication, reports.append)

        assert [each.done for each in reports] == [0, 1, 2, 3, 4]
        assert {each.step for each in reports} == {Step.COMPARE}


class TestWhatIsTold:
    def test_parts_change_their_status_from_one_to_another(
        self, publish: Publish, publisher: Publisher
    ) -> None:
        stock = with_values(
            publisher.tables()["fact_inventory"], status=["ok", "ok", "ok", "reorder"]
        )

        effect = effect_of(publish(), publish(fact_inventory=stock))

        assert {(each.before, each.after, each.parts) for each in effect.statuses} == {
            ("reorder", "ok", 1),
            ("overdue", "ok", 1),
            ("overstock", "reorder", 1),
        }

    def test_new_and_dropped_parts_are_counted_and_change_no_status(self, publish: Publish) -> None:
        effect = effect_of(publish(items=6), publish(items=8))

        assert (effect.new_parts, effect.dropped_parts) == (2, 0)
        assert effect.statuses == ()
        assert (effect.before.parts, effect.after.parts) == (6, 8)

    def test_accuracy_has_its_interval_before_and_after(self, publish: Publish) -> None:
        found = effect_of(publish(), publish()).after.accuracy

        assert found is not None
        assert (found.source, found.horizon, found.origins) == ("arima", 14, 2)
        assert found.value_added_low is not None
        assert found.value_added_low <= (found.value_added or 0) <= (found.value_added_high or 0)

    def test_the_largest_changes_come_with_demand_and_both_forecasts(
        self, publish: Publish
    ) -> None:
        effect = effect_of(publish([30, 30]), publish([90, 30]))

        (change,) = effect.largest
        assert change.order.item_id == "P00001"
        assert {row["item_id"] for row in change.periods_before} == {"P00001"}
        assert any(row["forecast"] is not None for row in change.periods_after)

    def test_actions_that_come_and_go_are_counted_by_tier_and_named(
        self, publish: Publish, publisher: Publisher
    ) -> None:
        actions = publisher.tables()["fact_action"]
        fewer = actions.filter(pc.equal(actions["item_id"], "P00001"))

        found = effect_of(publish(), publish(fact_action=fewer)).actions

        assert found is not None
        assert {each.tier: (each.new, each.vanished) for each in found.tiers} == {
            "late": (0, 1),
            "this_week": (0, 0),
        }
        assert [each["item_id"] for each in found.vanished] == ["P00002"]
        assert found.new == ()

    def test_an_action_that_stood_behind_another_is_not_new_in_front_of_it(
        self, publish: Publish, publisher: Publisher
    ) -> None:
        actions = publisher.tables()["fact_action"]
        order = actions.to_pylist()[0] | {"tier": "late", "rank": 1}
        expedite = order | {"action": "expedite", "ref": "45/10", "rank": 2}

        def listed(first: str) -> Publication:
            rows = [row | {"is_leading": row["action"] == first} for row in (expedite, order)]
            return publish(fact_action=pa.Table.from_pylist(rows, schema=actions.schema))

        found = effect_of(listed("order"), listed("expedite")).actions

        assert found is not None
        assert found.new == found.vanished == ()
        assert {(each.new, each.vanished) for each in found.tiers} == {(0, 0)}

    def test_implausible_proposals_are_counted(
        self, publish: Publish, publisher: Publisher
    ) -> None:
        actions = set_value(publisher.tables()["fact_action"], "check_first", 0, "outlier")

        found = effect_of(publish(), publish(fact_action=actions)).actions

        assert found is not None
        assert (found.to_check_before, found.to_check_after) == (0, 1)
        assert [each["item_id"] for each in found.to_check] == ["P00001"]


class TestWarnings:
    def test_half_of_the_parts_though_as_many_others_came(
        self, publish: Publish, publisher: Publisher
    ) -> None:
        def called(first: str) -> dict[str, pa.Table]:
            return {
                name: replace_column(
                    table,
                    "item_id",
                    [f"{first}{code[1:]}" for code in table["item_id"].to_pylist()],
                )
                for name, table in publisher.tables().items()
                if "item_id" in table.column_names
            }

        warned = told(publish(), publish(**called("Q")))

        assert "parts that are gone: 6 of 6; parts that are new: 6" in warned
        assert "parts that are gone" not in told(publish(), publish(items=8))

    def test_a_source_that_is_gone(self, publish: Publish, publisher: Publisher) -> None:
        totals = publisher.tables()["agg_daily"]
        left = totals.filter(pc.not_equal(totals["source"], "naive"))

        assert "sources of forecasts that are gone: " in told(publish(), publish(agg_daily=left))
        assert "gone" not in told(publish(agg_daily=left), publish())

    def test_half_of_the_backtest(self, publish: Publish, publisher: Publisher) -> None:
        backtest = publisher.tables()["fact_backtest"]
        left = backtest.filter(pc.equal(backtest["cutoff"], pc.max(backtest["cutoff"])))

        found = told(publish(), publish(fact_backtest=left))

        assert "half of the backtest is gone: it forecast from 1 days instead of 2" in found

    def test_half_of_the_rows(self, publish: Publish, publisher: Publisher) -> None:
        demand = publisher.tables()["fact_demand"]
        left = demand.slice(0, demand.num_rows // 2)

        assert "fact_demand" in told(publish(), publish(fact_demand=left))

    @pytest.mark.parametrize(
        ("orders", "warned"),
        [
            ([36, 36], ""),
            ([37, 36], "rises by 21.7%"),
            ([24, 24], ""),
            ([20, 24], "falls by 26.7%"),
        ],
    )
    def test_the_value_changes_by_more_than_a_fifth(
        self, publish: Publish, orders: list[float], warned: str
    ) -> None:
        found = told(publish([30, 30]), publish(orders))

        assert warned in found
        assert bool(warned) == ("the value of the proposed orders" in found)

    def test_many_orders_move(self, publish: Publish) -> None:
        found = told(publish([30, 30]), publish([10, 50]))

        assert found == "2 of 2 proposed orders change by more than a fifth"


class TestNotCompared:
    @pytest.mark.parametrize(
        ("lineage", "said"),
        [
            ({"currency": "USD"}, "their money is not of one currency (BRL and USD)"),
            ({"frequency": "W"}, "their periods are not equally long (days and weeks)"),
            ({"frequency": None}, "(days and not stated)"),
        ],
    )
    def test_what_the_lineages_say_otherwise(
        self, publish: Publish, lineage: dict[str, object], said: str
    ) -> None:
        effect = effect_of(publish(), publish(lineage=lineage))

        assert said in effect.not_compared[0]
        assert effect.proposals.after.orders == 2

    def test_places_that_come_are_named_and_the_rest_is_compared(
        self, publish: Publish, publisher: Publisher
    ) -> None:
        places = publisher.tables()["dim_location"]
        both = publisher.tables()["dim_location"]
        second = set_value(set_value(places, "location_id", 0, "CD-1"), "level", 0, "place")
        both = type(places).from_pylist([*both.to_pylist(), *second.to_pylist()], places.schema)

        effect = effect_of(publish(), publish(dim_location=both))

        assert effect.not_compared == ("places that are new, whose actions count as new: CD-1",)
        assert not effect.proposals.moved

    def test_an_older_contract_without_lists_has_no_actions_to_compare(
        self, publish: Publish
    ) -> None:
        before, after = publish(), publish()
        old = replace(before.manifest, files=before.manifest.files)
        registry = replace(
            before.registry,
            data_sets={
                name: each
                for name, each in before.registry.data_sets.items()
                if name != "fact_action"
            },
        )
        snapshot = Snapshot(old, before.snapshot.folder, before.loaded_at)
        older = replace(before, registry=registry, snapshot=snapshot)

        effect = effect_of(older, after)

        assert effect.actions is None
        assert "only one of them has fact_action" in effect.not_compared[0]


class TestLineage:
    def test_only_what_differs_is_told(self, publish: Publish) -> None:
        same = {"settings": {"options": {"horizon": 13}}, "notes": ["a"]}
        before = publish(lineage={**same, "seed": 1, "inputs": [{"role": "demand", "rows": 5}]})
        after = publish(
            lineage={**same, "seed": 2, "notes": ["b"], "inputs": [{"role": "demand", "rows": 6}]}
        )

        found = differences(before.manifest, after.manifest)

        assert {(each.path, each.before, each.after) for each in found} == {
            (("seed",), 1, 2),
            (("inputs", "demand", "rows"), 5, 6),
        }

    def test_sources_and_cutoffs_are_told_as_lists(self, publish: Publish) -> None:
        one = {"sources": {"arima": {"series": 6}, "naive": {}}, "cutoffs": ["2026-10-01"]}
        two = {"sources": {"naive": {}}, "cutoffs": []}

        found = differences(
            publish(lineage={"forecast": one}).manifest, publish(lineage={"forecast": two}).manifest
        )

        assert [(each.path[-1], each.before, each.after) for each in found] == [
            ("sources", ("arima", "naive"), ("naive",)),
            ("cutoffs", ("2026-10-01",), ()),
        ]

    def test_what_one_of_them_does_not_state_is_nothing(self, publish: Publish) -> None:
        found = differences(publish().manifest, publish(lineage={"seed": 0}).manifest)

        assert [(each.before, each.after) for each in found] == [(None, 0)]
