"""A Range names bytes of a file, or is ignored, or has none of them; it never names others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.api.ranges import is_expected, requested_span, still_holds
from datalayer.kernel.errors import RangeNotSatisfiable
from datalayer.portal import ByteSpan

SIZES = st.integers(min_value=1, max_value=10**15)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("bytes=0-0", ByteSpan(0, 1)),
        ("bytes=0-99", ByteSpan(0, 100)),
        ("bytes=0-100", ByteSpan(0, 100)),
        ("bytes=40-", ByteSpan(40, 100)),
        ("bytes=99-", ByteSpan(99, 100)),
        ("bytes=-1", ByteSpan(99, 100)),
        ("bytes=-100", ByteSpan(0, 100)),
        ("bytes=-1000", ByteSpan(0, 100)),
        ("BYTES= 5-9 ", ByteSpan(5, 10)),
        (f"bytes=0-{10**30}", ByteSpan(0, 100)),
    ],
)
def test_a_range_is_what_the_file_has_of_it(text: str, span: ByteSpan) -> None:
    assert requested_span(text, 100) == span


@pytest.mark.parametrize("text", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={10**30}-"])
def test_none_of_the_bytes_is_refused_with_the_size(text: str) -> None:
    with pytest.raises(RangeNotSatisfiable, match="the file has 100 bytes"):
        requested_span(text, 100)


@pytest.mark.parametrize(
    "text",
    [
        *("", "bytes", "bytes=", "bytes=-", "bytes=5-3", "bytes=a-b", "bytes=0x5-9", "rows=0-5"),
        *("bytes=0-1,5-6", "bytes=0-1,", "bytes=1 2-9", "bytes=٣-٩", "0-5"),
        f"bytes=0-{'9' * 5000}",
    ],
)
def test_what_is_no_single_range_of_bytes_is_ignored(text: str) -> None:
    assert requested_span(text, 100) is None


@given(st.text(max_size=40), SIZES)
def test_any_text_names_bytes_of_the_file_or_none(text: str, size_bytes: int) -> None:
    for asked in (text, f"bytes={text}"):
        try:
            span = requested_span(asked, size_bytes)
        except RangeNotSatisfiable:
            continue
        assert span is None or 0 <= span.begin < span.end <= size_bytes


@given(SIZES, st.data())
def test_the_bytes_named_are_the_bytes_given(size_bytes: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, size_bytes - 1))
    last = data.draw(st.integers(begin, size_bytes - 1))

    assert requested_span(f"bytes={begin}-{last}", size_bytes) == ByteSpan(begin, last + 1)
    assert requested_span(f"bytes={begin}-", size_bytes) == ByteSpan(begin, size_bytes)
    assert requested_span(f"bytes=-{size_bytes - begin}", size_bytes) == ByteSpan(begin, size_bytes)


@pytest.mark.parametrize(
    ("if_range", "holds"),
    [
        (None, True),
        ('"a"', True),
        (' "a"', True),
        ('"b"', False),
        ('W/"a"', False),
        ("a", False),
        ("", False),
        ("Thu, 26 Nov 2026 20:00:00 GMT", False),
    ],
)
def test_a_range_holds_for_the_very_file_that_was_begun(if_range: str | None, holds: bool) -> None:
    assert still_holds(if_range, '"a"') is holds


@pytest.mark.parametrize(
    ("if_match", "expected"),
    [
        (None, True),
        ("*", True),
        ('"a"', True),
        ('"b", "a"', True),
        ('W/"a"', False),
        ('"b"', False),
    ],
)
def test_a_file_is_expected_by_its_strong_tag(if_match: str | None, expected: bool) -> None:
    assert is_expected(if_match, '"a"') is expected
