"""The explanation of an item: recomputed from what is published, with the numbers put in."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.errors import IntegrityError, InvalidSelection, ObjectMissing, UnknownItem
from datalayer.kernel.storage.object_store import FolderStore
from ml_jobs.cli.explain import DATA_SETS, explain
from ml_jobs.cli.explain_view import show_explanation
from ml_jobs.cli.explanation import order_quantity
from ml_jobs.publishing.gold_files import GoldFiles, fetch_gold
from tests.publisher import Publisher
from tests.unit.ml_jobs import gold_samples as samples

pytestmark = pytest.mark.ml

ROOT = Path(__file__).parents[4]


@pytest.fixture
def gold(tmp_path: Path) -> GoldFiles:
    return samples.gold_of(tmp_path / "gold")


def shown(gold: GoldFiles, item: str = "P1") -> str:
    told = io.StringIO()
    registry = load_registry(ROOT / "schema_registry.json")
    show_explanation(Console(file=told, width=200), explain(gold, item), registry)
    return told.getvalue()


class TestDemand:
    def test_class_and_its_measures_follow_from_the_demand_on_record(self, gold: GoldFiles) -> None:
        history = explain(gold, "P1").history

        assert history is not None
        assert (history.periods, history.demands, history.total) == (100, 20, 60.0)
        assert history.adi == 5.0
        # Ten twos and ten fours: variance 20 / 19 over 3 squared.
        assert history.cv2 == pytest.approx(20 / 19 / 9)
        assert history.demand_class == "intermittent"

    def test_cut_offs_and_another_class_of_the_whole_item_are_told(self, gold: GoldFiles) -> None:
        told = shown(gold)

        assert "ADI = 100 / 20 = 5, not below 1.32" in told
        assert "below 0.49: in steady sizes" in told
        assert "intermittent here; the item as a whole is lumpy" in told

    def test_months_are_counted_as_months(self, tmp_path: Path) -> None:
        rows = [
            {"item_id": "P1", "location_id": "network", "date": day, "quantity": 1.0}
            for day in (samples.FIRST, samples.FIRST.replace(month=3))
        ]
        gold = samples.gold_of(tmp_path / "monthly", fact_demand=rows)
        monthly = replace(gold, lineage={**gold.lineage, "frequency": "MS"})

        history = explain(monthly, "P1").history

        assert history is not None
        assert (history.periods, history.demands) == (4, 2)


class TestSourcesExplained:
    def test_the_weights_are_those_of_the_class_and_of_the_members_that_ran(
        self, gold: GoldFiles
    ) -> None:
        explained = explain(gold, "P1")

        weights = {s: r.weight for s, r in explained.sources.items() if r.weight is not None}
        assert weights == {"gbm": 0.6, "tsb": 0.4}

    def test_an_unseen_set_of_members_shares_what_is_left(self, tmp_path: Path) -> None:
        only_gbm = [
            {"item_id": "P1", "location_id": "network", "source": "gbm", "forecast": 1.0}
            | {"date": samples.THROUGH.replace(year=2027)}
        ]
        gold = samples.gold_of(tmp_path / "few", fact_forecast=only_gbm)

        explained = explain(gold, "P1")

        assert {s: r.weight for s, r in explained.sources.items() if r.weight} == {"gbm": 1.0}

    def test_the_ensemble_is_put_together_again_from_its_members(self, gold: GoldFiles) -> None:
        told = shown(gold)

        # 28 days of 0.7 and of 0.6.
        assert "0.4 x 16.8 (tsb) = 18.48" in told
        assert "made to add up" not in told

    def test_a_source_that_did_not_run_says_by_which_rule(self, gold: GoldFiles) -> None:
        record = explain(gold, "P1").sources["arima"]

        assert (record.future_total, record.rule) == (None, "at most 12 series")

    def test_only_the_future_counts_as_ahead(self, gold: GoldFiles) -> None:
        record = explain(gold, "P1").sources["naive"]

        assert record.future_total == pytest.approx(samples.AHEAD * 0.5)


class TestReorderPoint:
    def test_it_is_recomputed_from_mean_excess_lot_and_the_level_planned_for(
        self, gold: GoldFiles
    ) -> None:
        lead_time = explain(gold, "P1").lead_time

        assert lead_time is not None
        assert lead_time.quantile == samples.reorder_point()
        assert lead_time.source == "gbm"
        told = shown(gold)
        assert "= 9 x 1 x (1 + 2) = 27\n" in told
        assert "r = mean / (lot x excess) = 4.5, p = 1 / (1 + excess) = 0.3333\n" in told

    def test_both_formulas_agree_with_what_is_published(self, gold: GoldFiles) -> None:
        told = shown(gold)

        assert f"its 97 % quantile = {samples.reorder_point():g} units; published" in told
        assert "Planned for 97 %" in told
        assert told.count(", equal") == 4
        assert "NOT EQUAL" not in told

    def test_a_published_figure_that_does_not_follow_is_called_out(self, tmp_path: Path) -> None:
        wrong = samples.inventory(reorder_point=samples.reorder_point() + 5)

        told = shown(samples.gold_of(tmp_path / "wrong", fact_inventory=[wrong]))

        assert "NOT EQUAL" in told

    def test_a_forecast_of_next_to_nothing_is_drawn_wider(self, tmp_path: Path) -> None:
        none = samples.inventory(lead_time_demand=0.0)

        lead_time = explain(samples.gold_of(tmp_path / "n", fact_inventory=[none]), "P1").lead_time

        assert lead_time is not None
        # 5 % of the historic 0.6 a day over 14 days.
        assert lead_time.drawn == pytest.approx(0.42)

    def test_the_least_that_is_drawn_is_the_published_one(self, tmp_path: Path) -> None:
        none = samples.inventory(lead_time_demand=0.0, least_daily_demand=0.02)

        lead_time = explain(samples.gold_of(tmp_path / "n", fact_inventory=[none]), "P1").lead_time

        assert lead_time is not None
        assert lead_time.drawn == pytest.approx(14 * 0.02)

    def test_what_is_not_published_is_not_made_up(self, tmp_path: Path) -> None:
        bare = samples.inventory(lead_time_excess=None, textbook_reorder_point=None)

        told = shown(samples.gold_of(tmp_path / "bare", fact_inventory=[bare]))

        assert "what it was made from is not published" in told


class TestOrderExplained:
    @pytest.mark.parametrize(
        ("changed", "wanted"),
        [
            ({}, 36.0),
            ({"minimum_order": None}, 36.0),
            ({"minimum_order": 37.0}, 48.0),
            ({"order_multiple": None}, 35.0),
            ({"order_multiple": None, "minimum_order": 50.0}, 50.0),
            ({"current_stock": 38.0}, 0.0),
        ],
    )
    def test_it_fills_up_by_minimum_and_multiple(
        self, changed: dict[str, float | None], wanted: float
    ) -> None:
        assert order_quantity(samples.inventory(**changed), lot=1.0) == wanted

    def test_the_order_is_told_with_its_bounds(self, gold: GoldFiles) -> None:
        told = shown(gold)

        assert "Stock 3 (assumed) + on order 2 = 5, not above the reorder point" in told
        assert "Order 40 - 5, at least 30 and in multiples of 12 = 36 units" in told
        assert "Order by 2026-04-01" in told

    def test_without_stock_nothing_is_said_of_orders(self, tmp_path: Path) -> None:
        unknown = samples.inventory(current_stock=None)

        told = shown(samples.gold_of(tmp_path / "unknown", fact_inventory=[unknown]))

        assert "nothing can be said of orders" in told


@pytest.mark.parametrize(
    ("tier", "why"),
    [
        ("late", "what comes before it is expected to be used up before 2026-04-24"),
        ("this_week", "it is needed no later than 7 days after 2026-04-24"),
        ("will_run_out", "it is needed more than 7 days after 2026-04-24"),
    ],
)
def test_an_expedited_order_says_why_its_tier(tmp_path: Path, tier: str, why: str) -> None:
    order = {"action": "expedite", "ref": "45/10", "tier": tier, "rank": 1, "is_leading": True}
    days = {"promised": date(2026, 5, 30), "arrives": date(2026, 5, 1)}
    row = {"item_id": "P1", "location_id": "network", "quantity": 4.0, "reasons": 0, "checks": 0}
    gold = samples.gold_of(tmp_path / "actions", fact_action=[row | order | days])

    told = shown(gold)

    assert f"Tier {tier}, as {why}, the day on which an order placed now would arrive" in told


def test_moves_are_counted_in_what_is_said_of_the_position(tmp_path: Path) -> None:
    order = {
        "item_id": "P1",
        "location_id": "network",
        "action": "order",
        "ref": "-",
        "tier": "this_week",
        "rank": 1,
        "is_leading": True,
        "quantity": 36.0,
        "due": date(2026, 4, 1),
    }
    stock = samples.inventory(current_stock=10.0, on_order=0.0, moved=-4.0)

    told = shown(samples.gold_of(tmp_path / "moved", fact_action=[order], fact_inventory=[stock]))

    assert "Stock, moves and open orders 6 are not above the reorder point" in told


def test_a_move_says_nothing_of_when_an_order_would_come(tmp_path: Path) -> None:
    move = {
        "item_id": "P1",
        "location_id": "network",
        "action": "move",
        "ref": "D1",
        "tier": "this_week",
        "rank": 1,
        "is_leading": True,
        "quantity": 4.0,
    }

    told = shown(samples.gold_of(tmp_path / "move", fact_action=[move]))

    assert "It is worth more here than where it lies" in told
    assert "order placed today" not in told


def test_what_is_assumed_is_told_in_english(gold: GoldFiles) -> None:
    told = shown(gold)

    assert "Of this item: current_stock, service_level" in told
    assert "Stock is assumed." in told
    assert "As told." in told
    assert "presumido" not in told


@pytest.mark.parametrize(("asked", "near"), [("p1", "P1"), ("P3", "P1"), ("coaxial", "P2")])
def test_an_unknown_item_gets_suggestions(gold: GoldFiles, asked: str, near: str) -> None:
    with pytest.raises(UnknownItem) as unknown:
        explain(gold, asked)

    assert near in unknown.value.suggestions


def test_an_unknown_location_is_refused_with_those_there_are(gold: GoldFiles) -> None:
    with pytest.raises(InvalidSelection, match="where P1 is: network"):
        explain(gold, "P1", "netwrk")


class TestFetching:
    def test_the_latest_publication_is_fetched_and_proven(
        self, publisher: Publisher, registry: Registry, tmp_path: Path
    ) -> None:
        publisher.publish()
        latest = publisher.publish()

        gold = fetch_gold(publisher.store, registry, DATA_SETS, tmp_path)

        assert gold.title == latest.publication_id
        assert set(gold.files) == set(DATA_SETS)
        assert shown(gold, "P00001").startswith("P00001 ")

    @pytest.mark.parametrize("spoil", ["corrupt", "truncate"])
    def test_a_file_that_is_not_what_was_announced_is_never_read(
        self, publisher: Publisher, registry: Registry, tmp_path: Path, spoil: str
    ) -> None:
        publisher.publish()
        getattr(publisher, spoil)("fact_inventory")

        with pytest.raises(IntegrityError, match="fact_inventory"):
            fetch_gold(publisher.store, registry, DATA_SETS, tmp_path)

    def test_a_store_without_a_publication_is_refused(
        self, folder_store: FolderStore, registry: Registry, tmp_path: Path
    ) -> None:
        with pytest.raises(ObjectMissing):
            fetch_gold(folder_store, registry, DATA_SETS, tmp_path)
