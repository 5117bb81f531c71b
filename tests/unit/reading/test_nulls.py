"""The same rows come as the same bytes, whatever the memory held under their nulls."""

from __future__ import annotations

import pyarrow as pa
import pytest

from datalayer.reading.nulls import zero_nulls

HALF = pa.py_buffer(bytes([0b0101]))


@pytest.mark.parametrize(
    ("kind", "width"),
    [(pa.float64(), 8), (pa.int64(), 8), (pa.date32(), 4), (pa.timestamp("us", tz="UTC"), 8)],
    ids=str,
)
def test_what_lies_under_a_null_does_not_leave(kind: pa.DataType, width: int) -> None:
    def written(beneath: int) -> bytes:
        values = [1, beneath, 2, beneath]
        data = pa.py_buffer(b"".join(each.to_bytes(width, "little") for each in values))
        column = pa.Array.from_buffers(kind, 4, [HALF, data])
        batch = pa.RecordBatch.from_arrays([column], names=["value"])
        return bytes(zero_nulls(batch).serialize())

    assert written(7) == written(99)


def test_nulls_stay_nulls() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1.5, None]), pa.array(["a", None])], ["a", "b"])

    assert zero_nulls(batch).equals(batch)
