"""Repairs keep their rules, or validation finds which one they break."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tests.unit.kernel.validation.conftest import Tables, Validate, found


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("no_more_returns_than_repairable", {"in_repair": 6.0}),
        ("condemned_of_failures", {"condemned": 2.5}),
        ("returns_are_on_order", {"in_repair": 9.0, "coming_back": 7.0}),
        ("planned_by_what_is_missing", {"missing": 7.0}),
    ],
)
def test_a_repair_that_breaks_a_rule_is_found(
    filled: Tables, validated: Validate, rule: str, values: dict[str, Any]
) -> None:
    rows = filled["fact_repair"].to_pylist()
    rows[1] |= values
    repairs = pa.Table.from_pylist(rows, schema=filled["fact_repair"].schema)

    report = validated({**filled, "fact_repair": repairs})

    assert found(report) == {("fact_repair", None, f"rule:{rule}")}
