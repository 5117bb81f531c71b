"""What an address asks for becomes a request; what can't be used is named and left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import UnknownDataSet
from datalayer.reading.extracts.asking import Asked, address_pairs, read_asked

NAMES = ("item_id", "status", "order_by_min", "current_stock_null", "columns", "order", "colour")
HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "x" * 10_000, "a\0b", "-", ",,", "item_id,item_id", "-item_id", "0", "csv"]
    ),
)
PAIRS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from([*NAMES, "format", "dialect"]), st.text(max_size=9)), HOSTILE
    ),
    max_size=6,
)


def asked(registry: Registry, *pairs: tuple[str, str], data_set: str = "fact_inventory") -> Asked:
    return read_asked(registry, data_set, pairs, dialect="rfc")


def told(found: Asked) -> list[str]:
    return [str(each) for each in found.refused]


def test_nothing_asked_for_is_the_whole_data_set(registry: Registry) -> None:
    found = asked(registry)

    assert found.request.is_whole
    assert (found.request.format, found.request.dialect) == ("csv", "rfc")
    assert found.refused == ()


def test_filters_columns_and_order_are_those_of_the_api(registry: Registry) -> None:
    pairs = (("status", "reorder"), ("columns", "order_by,item_id"), ("order", "-order_by"))

    found = asked(registry, *pairs, ("format", "parquet"))

    assert found.refused == ()
    assert found.filters == (("status", "reorder"),)
    assert found.request.filters == (("status", "reorder"),)
    assert found.request.arrangement.columns == ("order_by", "item_id")
    assert [str(each) for each in found.request.arrangement.order] == ["-order_by"]
    assert (found.request.format, found.request.dialect) == ("parquet", None)


def test_one_part_names_the_file_as_the_api_does(registry: Registry) -> None:
    one = asked(registry, ("item_id", "P00001"))
    two = asked(registry, ("item_id", "P00001"), ("item_id", "P00002"))

    assert one.request.part.item_id == "P00001"
    assert one.request.filters == ()
    assert two.request.part.item_id is None
    assert two.request.filters == (("item_id", "P00001"), ("item_id", "P00002"))


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("order_by_min", "soon"), "a date such as 2026-11-21"),
        (("current_stock_min", "1.234,5"), "a number such as 12.5"),
        (("current_stock_null", "maybe"), "true or false"),
        (("status", "broken"), "one of"),
        (("colour", "red"), "fact_inventory has no such column"),
        (("item_id_contains", "x" * 10_000), "at most 200 characters long"),
        (("item_id_contains", "a\0b"), "without NUL"),
        (("columns", "item_id,colour"), "a column such as"),
        (("columns", "item_id,item_id"), "each column once"),
        (("order", "-colour"), "a column such as"),
        (("format", "xlsx"), "csv"),
        (("dialect", "excel-fr"), "rfc"),
    ],
)
def test_a_value_that_cant_be_used_is_named_with_what_would_be_right(
    registry: Registry, pair: tuple[str, str], expected: str
) -> None:
    found = asked(registry, ("status", "ok") if pair[0] != "status" else pair, pair)

    (refusal,) = set(told(found))
    assert pair[0] in refusal
    assert expected in refusal
    assert found.filters == ((("status", "ok"),) if pair[0] != "status" else ())


def test_usable_columns_stay_beside_unknown_ones(registry: Registry) -> None:
    found = asked(
        registry, ("columns", "status,colour,item_id,status"), ("order", "colour,-item_id")
    )

    assert found.request.arrangement.columns == ("status", "item_id")
    assert [str(each) for each in found.request.arrangement.order] == ["-item_id"]


def test_only_csv_has_a_dialect(registry: Registry) -> None:
    found = asked(registry, ("format", "parquet"), ("dialect", "rfc"))

    assert "only CSV has one" in told(found)[0]
    assert (found.request.format, found.request.dialect) == ("parquet", None)


def test_an_unknown_data_set_is_no_request(registry: Registry) -> None:
    with pytest.raises(UnknownDataSet):
        asked(registry, data_set="fact_0")


@given(pairs=PAIRS)
def test_whatever_is_asked_for_a_request_can_be_met(
    registry: Registry, pairs: list[tuple[str, str]]
) -> None:
    found = asked(registry, *pairs)

    assert found.request.resolve(registry) == found.request


@given(pairs=PAIRS)
def test_the_address_of_the_api_asks_for_the_same(
    registry: Registry, pairs: list[tuple[str, str]]
) -> None:
    found = asked(registry, *pairs)

    again = asked(registry, *address_pairs(found), ("format", found.request.format))

    assert again == Asked(found.request, found.filters, ())
