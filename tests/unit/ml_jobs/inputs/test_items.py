"""Items are described once each, whatever number of series and partitions they stand in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.inputs.demand.demand_rows import Catalogue
from ml_jobs.inputs.items import describe_items, items_for, join_summaries, summary_of
from ml_jobs.panel import NETWORK, Panel
from ml_jobs.publishing import facts
from tests.unit.ml_jobs.panels import panel_of, retail_panel

pytestmark = pytest.mark.ml


def with_depot(panel: Panel) -> Panel:
    """The panel with a depot "D" beside the network, which has half of all demand."""
    count = len(panel.item_ids)
    return replace(
        panel,
        item_ids=tuple(item for item in panel.item_ids for _ in range(2)),
        location_ids=("D", NETWORK) * count,
        demand=np.stack([panel.demand / 2, panel.demand], axis=1).reshape(2 * count, -1),
        starts=np.repeat(panel.starts, 2),
    )


def test_an_item_is_summed_up_from_the_network_alone() -> None:
    panel = retail_panel()

    one, other = summary_of(panel), summary_of(with_depot(panel))

    assert one.item_ids == other.item_ids == panel.item_ids
    assert one.demand_class.tolist() == other.demand_class.tolist()
    assert one.year_demand.tolist() == other.year_demand.tolist()


def test_the_demand_of_a_year_is_that_of_the_last_one() -> None:
    panel = panel_of([[7.0] * 30 + [1.0] * 365])

    assert summary_of(panel).year_demand.tolist() == [365.0]


def test_partitions_give_the_items_of_the_whole() -> None:
    panel = retail_panel()
    parts = [panel.rows(np.arange(5)), panel.rows(np.arange(5, 12))]

    apart = describe_items(join_summaries([summary_of(p) for p in parts]), Catalogue(), None)
    whole = describe_items(summary_of(panel), Catalogue(), None)

    assert apart.items.table.equals(whole.items.table)
    assert set(whole.items.table["abc_class"].to_pylist()) == {"A", "B", "C"}


def test_partitions_out_of_order_are_refused() -> None:
    panel = retail_panel()
    parts = [panel.rows(np.arange(5, 12)), panel.rows(np.arange(5))]

    with pytest.raises(ValueError, match="later panel stand before"):
        join_summaries([summary_of(part) for part in parts])


def test_every_series_has_the_row_of_its_item() -> None:
    panel = with_depot(retail_panel())
    described = describe_items(summary_of(panel), Catalogue(), None)

    items = items_for(panel, described.items)

    assert tuple(items.table["item_id"].to_pylist()) == panel.item_ids
    assert items.table.take(np.arange(0, 24, 2)).equals(described.items.table)


def test_a_partition_has_the_rows_of_its_own_items() -> None:
    panel = retail_panel()
    described = describe_items(summary_of(panel), Catalogue(), None)

    items = items_for(panel.rows(np.array([2, 7])), described.items)

    assert items.table["item_id"].to_pylist() == ["P002", "P007"]


def test_gold_has_one_row_per_item_and_demand_at_every_level() -> None:
    panel = with_depot(retail_panel(series=3))
    described = describe_items(summary_of(panel), Catalogue(), None)

    demand = facts.fact_demand(panel)

    assert described.items.table["item_id"].to_pylist() == ["P000", "P001", "P002"]
    totals = demand.group_by("location_id").aggregate([("quantity", "sum")]).to_pylist()
    of = {row["location_id"]: row["quantity_sum"] for row in totals}
    assert of[NETWORK] == 2 * of["D"] == np.nansum(panel.demand[1::2])
