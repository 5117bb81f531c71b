"""Proposed orders in money: every sum, step and part adds up, and nothing unknown is a 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.reading.changed_orders import (
    OTHER_UNIT,
    UNIT_COST,
    ChangedOrders,
    LeftOut,
    SumOf,
    changed_orders,
    whole,
)
from datalayer.reading.changes import CAUSES, Changes, compare
from datalayer.reading.database import Database
from datalayer.reading.order_change_rows import order_rows, step_rows, steps_object
from datalayer.reading.publication import Publication
from tests.publisher import Publisher, replace_column, set_value
from tests.reading import publication_of, publications_folder, snapshot_of

AMOUNT = pa.decimal128(30, 6)
UNITS = st.decimals(0, 5_000, places=6)
COSTS = st.decimals(0, 30_000, places=6)
BRL = {"currency": "BRL"}


def publication(lineage: Mapping[str, object]) -> Publication:
    return cast("Publication", SimpleNamespace(manifest=SimpleNamespace(lineage=lineage)))


def row(
    order: tuple[Any, Any] = (10, 20),
    cost: tuple[Any, Any] = (3, 3),
    unit: tuple[str | None, str | None] = ("un", "un"),
    reason: str = "changed",
    causes: Mapping[str, Any] | None = None,
    **more: object,
) -> dict[str, object]:
    """A row of ``Changes.parts``; by default all of the change is expected demand."""
    change = Decimal(order[1] or 0) - Decimal(order[0] or 0)
    amounts = dict.fromkeys(CAUSES, Decimal(0))
    told = {"expected_demand": change} if causes is None else causes
    amounts |= {f"cause_{name}": Decimal(value) for name, value in told.items()}
    return {
        "item_id": "P00001",
        "name": "Bateria",
        "category": "Energia",
        "demand_class": "lumpy",
        "reason": reason,
        "unit_before": unit[0],
        "unit_after": unit[1],
        "unit_cost_before": cost[0],
        "unit_cost_after": cost[1],
        "order_quantity_before": order[0],
        "order_quantity_after": order[1],
        **amounts,
        **more,
    }


def orders_of(
    *rows: Mapping[str, object],
    lineages: tuple[Mapping[str, object], Mapping[str, object]] = (BRL, BRL),
    kept: Mapping[str, Sequence[str]] | None = None,
) -> ChangedOrders:
    decimals = {f"{name}_{end}" for name in ("unit_cost", "order_quantity") for end in ENDS}
    fields = [
        pa.field(name, AMOUNT if name in {*decimals, *CAUSES} else pa.string()) for name in rows[0]
    ]
    told = [
        {k: Decimal(v) if k in decimals and v is not None else v for k, v in each.items()}  # type: ignore[arg-type]
        for each in rows
    ]
    parts = pa.Table.from_pylist(told, schema=pa.schema(fields))
    ends = [publication(lineage) for lineage in lineages]
    return changed_orders(ends[0], ends[1], Changes(None, parts), kept)


ENDS = ("before", "after")


@st.composite
def random_rows(draw: st.DrawFn) -> list[dict[str, object]]:
    """Rows of any orders, costs and units, with causes that add up to the change."""
    rows = []
    for place in range(draw(st.integers(1, 6))):
        order = draw(st.tuples(st.none() | UNITS, st.none() | UNITS))
        cost = draw(st.tuples(st.none() | COSTS, st.none() | COSTS))
        unit = draw(st.sampled_from([("un", "un"), (None, "un"), ("un", "m"), ("m", "m")]))
        change = (order[1] or Decimal(0)) - (order[0] or Decimal(0))
        if None in order:
            causes = {"known": change}
        else:
            share = draw(st.decimals(-5_000, 5_000, places=6))
            causes = {"expected_demand": share, "uncertainty": change - share}
        rows.append(row(order, cost, unit, causes=causes, item_id=f"P{place:05}"))
    return rows


@given(random_rows())
def test_steps_and_parts_add_up_to_the_difference_to_the_last_cent(
    rows: list[dict[str, object]],
) -> None:
    found = orders_of(*rows)

    for measure in SumOf:
        steps = found.steps(measure)
        assert steps.before + sum(step.amount for step in steps.steps) == steps.after
        assert [step.level for step in steps.steps][-1:] in ([], [steps.after])
    valued = [each for each in found.rows if each.left_out is None]
    money = found.steps(SumOf.VALUE)
    assert sum((each.cents[1] or 0) - (each.cents[0] or 0) for each in valued) == money.change
    for each in valued:
        assert sum(each.shares.values()) == (each.cents[1] or 0) - (each.cents[0] or 0)


@given(random_rows())
def test_the_way_back_has_the_same_steps_with_the_other_sign(rows: list[dict[str, object]]) -> None:
    swap = {"before": "after", "after": "before"}
    back = [
        {
            f"{name.rpartition('_')[0]}_{swap[name.rpartition('_')[2]]}"
            if name.rpartition("_")[2] in swap
            else name: -value if name.startswith("cause_") else value
            for name, value in each.items()
        }
        for each in rows
    ]

    for measure in SumOf:
        forth, other = (orders_of(*each).steps(measure) for each in (rows, back))
        assert {s.cause: s.amount for s in forth.steps} == {
            s.cause: -s.amount for s in other.steps
        } or measure is SumOf.ORDERS
        assert (forth.before, forth.after) == (other.after, other.before)


@given(
    st.lists(st.fractions(-100, 100), min_size=1, max_size=6),
    st.integers(-2, 2),
)
def test_rounded_shares_add_up_to_what_they_must(shares: list[Fraction], off: int) -> None:
    exact = {str(place): share for place, share in enumerate(shares)}
    total = round(sum(shares, Fraction(0))) + off

    found = whole(exact, total)

    assert sum(found.values()) == total
    assert all(abs(found[name] - exact[name]) <= 4 for name in exact)


def test_another_cost_of_a_unit_is_a_step_of_its_own() -> None:
    found = orders_of(row((10, 10), (3, 4), causes={}))

    (step,) = found.steps(SumOf.VALUE).steps
    assert (step.cause, step.amount) == (UNIT_COST, 1_000)
    assert found.steps(SumOf.ORDERS).steps == ()


def test_an_order_that_one_publication_does_not_say_is_a_step_and_no_order_of_0() -> None:
    found = orders_of(row((10, None), causes={"known": -10}))

    (step,) = found.steps(SumOf.VALUE).steps
    assert (step.cause, step.amount) == ("known", -3_000)
    (order,) = found.rows
    assert order.cents == (3_000, None)
    assert (order.units_change, order.cents_change) == (None, None)
    assert found.unknown == (0, 1)
    told = order_rows(found.changed()).to_pylist()[0]
    assert (told["order_after"], told["value_after"], told["value_change"]) == (None, None, None)


def test_a_new_part_is_no_unknown_order() -> None:
    found = orders_of(row((None, 4), (None, 3), (None, "un"), reason="new", causes={"new": 4}))

    assert found.unknown == (0, 0)
    assert found.rows[0].cents == (0, 1_200)
    assert found.rows[0].units_change == 4


def test_an_order_without_a_known_cost_is_in_no_sum_of_money_and_is_counted() -> None:
    found = orders_of(row(), row(cost=(3, None), item_id="P00002"))

    assert found.left_out(LeftOut.COST) == 1
    assert found.steps(SumOf.VALUE).after == 6_000
    assert found.steps(SumOf.ORDERS).after == 2


def test_no_order_takes_no_cost() -> None:
    found = orders_of(row((0, 5), (None, 3)))

    assert found.left_out(LeftOut.COST) == 0
    assert found.steps(SumOf.VALUE).change == 1_500


def test_a_part_that_is_counted_in_another_unit_is_in_no_sum_of_units_or_money() -> None:
    found = orders_of(row(unit=("un", "m")), row(item_id="P00002"))

    assert found.left_out(LeftOut.UNIT) == 1
    assert found.steps(SumOf.VALUE).before == 3_000
    other = next(each for each in found.rows if each.is_other_unit)
    assert (other.units_change, other.cents, other.cause) == (None, (None, None), OTHER_UNIT)


def test_pieces_are_counted_where_nobody_says_the_unit() -> None:
    assert orders_of(row(unit=(None, "UN"))).left_out(LeftOut.UNIT) == 0


@pytest.mark.parametrize("other", [{"currency": "USD"}, {}])
def test_two_currencies_have_no_sum(other: Mapping[str, object]) -> None:
    found = orders_of(row(), lineages=(BRL, other))

    assert found.currency is None
    assert not found.is_valued
    assert step_rows(found, SumOf.VALUE).num_rows == 0
    told = steps_object(found, SumOf.VALUE)
    assert (told["sum_before"], told["change"], told["steps"]) == (None, None, [])
    assert found.steps(SumOf.ORDERS).after == 1


def test_an_order_that_came_counts_under_what_moved_it_up() -> None:
    found = orders_of(row((0, 5), causes={"uncertainty": -20, "expected_demand": 25}))

    (step,) = found.steps(SumOf.ORDERS).steps
    assert (step.cause, step.amount, step.level) == ("expected_demand", 1, 1)


def test_what_moved_a_part_most_goes_the_way_that_it_went() -> None:
    found = orders_of(row((10, 12), causes={"uncertainty": -20, "expected_demand": 22}))

    assert found.rows[0].cause == "expected_demand"


def test_only_the_parts_that_are_asked_for_are_in_the_sum() -> None:
    rows = row(), row(item_id="P00002", category="Antenas")

    assert orders_of(*rows, kept={"category": ["Antenas"]}).steps(SumOf.ORDERS).after == 1
    assert orders_of(*rows, kept={"category": []}).steps(SumOf.ORDERS).after == 2


def test_the_greatest_change_in_money_comes_first_and_the_unknown_last() -> None:
    found = orders_of(
        row((10, 11), item_id="little"),
        row((10, 90), (None, None), item_id="unknown"),
        row((10, 0), item_id="much"),
    )

    assert [each.item_id for each in found.changed()] == ["much", "little", "unknown"]


def test_an_order_that_is_the_same_did_not_change() -> None:
    assert orders_of(row((10, 10), causes={})).changed() == []


@pytest.fixture
def ends(
    publisher: Publisher, folder_store: FolderStore, registry: Registry
) -> Iterator[tuple[Publication, Publication]]:
    """Two publications whose orders, costs and units differ."""
    database = Database(publications_folder(folder_store), registry, memory_limit="256MiB")
    manifests = []
    for salt, items in (("", 6), ("later", 8)):
        tables = publisher.tables(items=items, salt=salt)
        proposed = [float(10 + place if salt else 20) for place in range(items)]
        tables["fact_inventory"] = replace_column(
            tables["fact_inventory"], "order_quantity", proposed
        )
        tables["dim_item"] = replace_column(tables["dim_item"], "unit_cost", [2.5] * items)
        if salt:
            tables["dim_item"] = set_value(tables["dim_item"], "unit", 0, "m")
            tables["dim_item"] = set_value(tables["dim_item"], "unit_cost", 1, None)
        manifests.append(publisher.publish(tables=tables, salt=salt, lineage=BRL))
    found = [publication_of(snapshot_of(m, folder_store), registry, database) for m in manifests]
    yield found[0], found[1]
    database.close()


def test_two_publications_are_told_from_their_files(
    ends: tuple[Publication, Publication],
) -> None:
    found = changed_orders(*ends, compare(*ends))

    assert found.currency == "BRL"
    assert (found.left_out(LeftOut.UNIT), found.left_out(LeftOut.COST)) == (1, 1)
    steps = found.steps(SumOf.VALUE)
    # Parts 3 to 6 of both, 7 and 8 of the later alone.
    assert steps.before == 4 * 20 * 250
    assert steps.after == sum((10 + place) * 250 for place in range(2, 8))
    assert {step.cause: step.amount for step in steps.steps}["new"] == (16 + 17) * 250
