"""What is to come of a part: its stock day by day, and its demand by week or month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection, UnknownDataSet
from datalayer.reading.publication import Publication
from datalayer.reading.questions import plans
from datalayer.reading.questions.forecasts import SeriesSelection
from tests.publisher import Publisher
from tests.reading import published_rows

Rows = list[dict[str, Any]]


def projected(publication: Publication, item_id: str) -> Rows:
    question = plans.projection(publication.registry, publication.manifest, item_id)
    rows: Rows = publication.table(question).table.to_pylist()
    return rows


def published(publication: Publication, data_set: str, item_id: str) -> Rows:
    rows = published_rows(publication, data_set, limit=10_000).table.to_pylist()
    return [row for row in rows if row["item_id"] == item_id]


def without(registry: Registry, name: str) -> Registry:
    """Return the contract of a publication from before there was a data set."""
    left = {each: found for each, found in registry.data_sets.items() if each != name}
    return replace(registry, data_sets=left)


def test_the_first_row_is_the_stock_of_the_last_day_known(publication: Publication) -> None:
    first, *rest = projected(publication, "P00001")

    (stock,) = published(publication, "fact_inventory", "P00001")
    assert first["date"] == publication.manifest.data_through
    assert first["position"] == first["stock_q025"] == stock["current_stock"]
    assert rest[0]["date"] == first["date"] + timedelta(days=1)


def test_quantiles_of_the_stock_are_what_demand_leaves(publication: Publication) -> None:
    rows = projected(publication, "P00003")[1:]

    for row, told in zip(rows, published(publication, "fact_projection", "P00003"), strict=True):
        supply = told["position"] + told["demand"]
        assert row["stock_q025"] == pytest.approx(supply - told["q975"], abs=1e-5)
        assert row["stock_q900"] == pytest.approx(supply - told["q100"], abs=1e-5)


def test_the_order_of_the_list_counts_from_the_day_it_arrives(publication: Publication) -> None:
    (action,) = published(publication, "fact_action", "P00001")

    rows = projected(publication, "P00001")

    more = {row["date"]: round(row["position_with_order"] - row["position"], 6) for row in rows}
    assert more[max(more)] == action["quantity"]
    assert set(more.values()) == {0.0, action["quantity"]}


def test_a_part_that_nothing_is_ordered_of_has_the_same_stock_twice(
    publication: Publication,
) -> None:
    rows = projected(publication, "P00004")

    assert [row["position"] for row in rows] == [row["position_with_order"] for row in rows]


def test_an_unknown_part_has_no_rows(publication: Publication) -> None:
    assert projected(publication, "nobody") == []


def test_a_publication_without_a_list_has_a_projection(
    publisher: Publisher, open_publication: Callable[[Manifest], Publication], registry: Registry
) -> None:
    publication = open_publication(publisher.publish())
    before = without(registry, "fact_action")

    question = plans.projection(before, publication.manifest, "P00001")

    assert publication.table(question).table.num_rows == len(projected(publication, "P00001"))


def test_a_publication_from_before_stock_was_projected_is_refused(
    publication: Publication, registry: Registry
) -> None:
    with pytest.raises(UnknownDataSet, match="fact_projection"):
        plans.projection(without(registry, "fact_projection"), publication.manifest, "P00001")


def test_a_publication_from_before_there_were_periods_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownDataSet, match="fact_period"):
        plans.periods(without(registry, "fact_period"), SeriesSelection("P00001"))


def test_periods_are_those_of_the_sources_and_the_span_asked_for(publication: Publication) -> None:
    through = publication.manifest.data_through
    selection = SeriesSelection("P00002", sources=("naive",), start=through - timedelta(days=15))

    rows = publication.table(plans.periods(publication.registry, selection)).table.to_pylist()

    wanted = [
        row
        for row in published(publication, "fact_period", "P00002")
        if row["source"] == "naive" and row["date"] >= through - timedelta(days=15)
    ]
    assert rows == wanted
    assert rows


def test_an_unknown_source_of_periods_is_refused(registry: Registry) -> None:
    with pytest.raises(InvalidSelection, match="oracle"):
        plans.periods(registry, SeriesSelection("P00001", sources=("oracle",)))
