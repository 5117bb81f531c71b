"""Items are described once each, whatever number of series and partitions they stand in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_rows import Catalogue
from ml_jobs.inputs.items import describe_items, items_for, join_summaries, read_items, summary_of
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


def items_file(folder: Path, *rows: str) -> Path:
    path = folder / "items.csv"
    path.write_text("\n".join(["item_id,repair_days,condemnation", *rows]) + "\n", encoding="utf-8")
    return path


def test_of_what_is_repaired_a_fifth_is_assumed_condemned_where_nobody_says(tmp_path: Path) -> None:
    file = read_items(items_file(tmp_path, "P000,30,", "P001,30,0.1", "P002,,1", "P003,,"))

    described = describe_items(summary_of(retail_panel(series=4)), Catalogue(), file)

    table = described.items.table
    assert table["condemnation"].to_pylist() == [0.2, 0.1, 1.0, None]
    assert ["condemnation" in each.split(",") for each in table["assumed"].to_pylist()] == [
        True,
        False,
        False,
        False,
    ]
    assert any("20 % are assumed to be beyond repair" in rule.en for rule in described.assumptions)


def test_nothing_is_assumed_of_repairs_where_nothing_is_repaired() -> None:
    described = describe_items(summary_of(retail_panel(series=4)), Catalogue(), None)

    assert not any("repair" in rule.en for rule in described.assumptions)
    assert described.items.table["condemnation"].null_count == 4


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("P000,-1,0.1", "repair_days has '-1'; it must be a number from 0 to 1825"),
        ("P000,soon,0.1", "repair_days has 'soon'; it must be a number from 0 to 1825"),
        ("P000,30,20", "condemnation has '20'; it must be a number from 0 to 1"),
        ("P000,,0.1", "give the days from failure to shelf, or a condemnation of 1: 'P000 (0.1)'"),
    ],
)
def test_repairs_that_can_t_be_are_refused(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_items(items_file(tmp_path, row))

    assert said in str(refused.value)
