"""Rows that a caller brings along: questions of them answer with what was brought."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalayer.kernel.contract.registry import Column, Registry
from datalayer.kernel.errors import InvalidCursor
from datalayer.reading import questions
from datalayer.reading.filters import conditions, filters_of
from datalayer.reading.publication import Publication

TEXT = st.text(st.characters(codec="utf-8", min_codepoint=1), max_size=20)
ROWS = st.lists(
    st.fixed_dictionaries({"sku": st.none() | TEXT, "lead_time_days": st.none() | st.floats(0, 9)}),
    max_size=5,
)


def columns(registry: Registry) -> list[Column]:
    catalogue = registry.data_sets["dim_item"]
    return [catalogue.column(name) for name in ("item_id", "sku", "lead_time_days")]


def table(rows: list[dict[str, object]]) -> pa.Table:
    schema = pa.schema(
        [
            pa.field("item_id", pa.string()),
            pa.field("sku", pa.string()),
            pa.field("lead_time_days", pa.float64()),
        ]
    )
    keyed = [{"item_id": f"P{place}", **row} for place, row in enumerate(rows)]
    return pa.Table.from_pylist(keyed, schema=schema)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS)
def test_they_come_back_as_they_are(
    publication: Publication, rows: list[dict[str, object]]
) -> None:
    brought = table(rows)
    shape = columns(publication.registry)

    question = questions.marks.given("given", brought, shape, ("item_id",))

    assert publication.table_page(question).rows.to_pylist() == brought.to_pylist()


def test_they_are_filtered_counted_and_paged(publication: Publication) -> None:
    shape = columns(publication.registry)
    brought = table([{"sku": "a"}, {"sku": "b"}, {"sku": "a"}, {"sku": "a"}])
    met = conditions(filters_of(shape), [("sku", "a")])

    first, second = (
        publication.table_page(
            questions.marks.given("given", brought, shape, ("item_id",), met, limit=2, after=after)
        )
        for after in (None, ("P2",))
    )

    assert first.rows.column("item_id").to_pylist() == ["P0", "P2"]
    assert (first.total, first.more, first.last) == (3, True, ("P2",))
    assert (second.rows.column("item_id").to_pylist(), second.more) == (["P3"], False)


def test_a_page_that_begins_behind_no_row_of_them_is_refused(publication: Publication) -> None:
    with pytest.raises(InvalidCursor):
        questions.marks.given(
            "given", table([]), columns(publication.registry), ("item_id",), after=(1, 2)
        )
