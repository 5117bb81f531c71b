"""Nothing behind a point of the curve that isn't supported is, or validation finds it."""

from __future__ import annotations

import pyarrow as pa

from tests.unit.kernel.validation.conftest import Tables, Validate, found


def test_more_stock_than_what_is_not_supported_is_not_supported(
    filled: Tables, validated: Validate
) -> None:
    curve = filled["agg_availability"]
    rows = curve.to_pylist()
    first = next(row for row in rows if (row["policy"], row["point"]) == ("money", 0))
    first |= {"supported": False, "not_supported_because": "not_kept"}

    report = validated(
        {**filled, "agg_availability": pa.Table.from_pylist(rows, schema=curve.schema)}
    )

    assert ("agg_availability", None, "rule:less_not_supported") in found(report)
