"""Columns of text as the bytes that Arrow holds them in."""

from __future__ import annotations

import pyarrow as pa


def text_bytes(texts: pa.Array) -> memoryview:
    """Return the values of *texts*, UTF-8, one behind the other: Arrow holds them so.

    Nothing is copied; the view keeps what it shows alive.

    Args:
        texts: Of Arrow's type ``string``, which DuckDB makes; nulls are empty.
    """
    _, offsets, text = texts.buffers()
    if text is None:
        return memoryview(b"")
    ends = memoryview(offsets).cast("i")
    return memoryview(text)[ends[texts.offset] : ends[texts.offset + len(texts)]]
