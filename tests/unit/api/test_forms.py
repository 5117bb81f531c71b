"""The Accept and Accept-Encoding headers choose among JSON and Arrow, zstd, gzip and plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.api.forms import Coding, Form, content_coding, requested_form
from datalayer.kernel.errors import NotAcceptable

ARROW = Form.ARROW.value.encode()


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (b"", Form.JSON),
        (b"*/*", Form.JSON),
        (b"application/*", Form.JSON),
        (b"application/json", Form.JSON),
        (b"text/html, application/json;q=0.9", Form.JSON),
        (b"text/html,*/*;q=0.1", Form.JSON),
        (ARROW, Form.ARROW),
        (ARROW + b", application/json", Form.ARROW),
        (ARROW + b";q=0.5, application/json", Form.JSON),
        (ARROW + b";q=0.9, text/csv;q=0.8", Form.ARROW),
        (b"text/csv", Form.CSV),
        (b"text/csv, application/json;q=0.9", Form.CSV),
        (b"text/csv;q=0.5, application/json", Form.JSON),
        (b"text/*", Form.CSV),
        (b"application/json;q=0, */*", Form.CSV),
        (ARROW.upper(), Form.ARROW),
    ],
)
def test_the_form_with_the_greatest_weight_is_given(accept: bytes, form: Form) -> None:
    assert requested_form(accept) is form


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (b"*/*", Form.CSV),
        (b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form.CSV),
        (b"application/json", Form.JSON),
        (ARROW, Form.ARROW),
    ],
)
def test_a_dialect_asks_for_csv_where_the_choice_is_left(accept: bytes, form: Form) -> None:
    assert requested_form(accept, b"limit=5&dialect=excel-br") is form
    assert requested_form(b"*/*", b"q=dialect") is Form.JSON


@pytest.mark.parametrize("accept", [b"text/html", b"application/json;q=0", b"image/*;q=x"])
def test_what_can_not_be_given_is_refused_with_what_can(accept: bytes) -> None:
    with pytest.raises(NotAcceptable, match="application/json or application/vnd"):
        requested_form(accept)


@given(st.binary(max_size=100))
def test_any_header_is_understood_or_refused(accept: bytes) -> None:
    for choose, known in ((requested_form, "application/json"), (content_coding, "gzip")):
        try:
            choose(accept)
        except NotAcceptable as refusal:
            assert known in str(refusal)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (b"", Coding.PLAIN),
        (b"identity", Coding.PLAIN),
        (b"br", Coding.PLAIN),
        (b"*", Coding.PLAIN),
        (b"gzip", Coding.GZIP),
        (b"GZIP", Coding.GZIP),
        (b"gzip, deflate, br", Coding.GZIP),
        (b"gzip, deflate, br, zstd", Coding.ZSTD),
        (b"zstd;q=0.5, gzip", Coding.GZIP),
        (b"gzip;q=0.2, zstd;q=0.2, *;q=0.1", Coding.ZSTD),
        (b"zstd;q=0, gzip;q=0", Coding.PLAIN),
        (b"gzip;q=0.5, identity", Coding.PLAIN),
        (b"gzip;q=0.5, *", Coding.PLAIN),
        (b"gzip;q=0.5, identity;q=0.5", Coding.GZIP),
        (b"identity;q=0, *", Coding.GZIP),
        (b"identity;q=0, gzip;q=0, *;q=0.1", Coding.ZSTD),
        (b"*;q=0, gzip;q=0.001", Coding.GZIP),
        (b"gzip;q=x", Coding.PLAIN),
    ],
)
def test_the_coding_with_the_greatest_weight_is_sent(header: bytes, coding: Coding) -> None:
    assert content_coding(header) is coding


@pytest.mark.parametrize("header", [b"identity;q=0", b"*;q=0", b"br, identity;q=0"])
def test_who_takes_no_coding_of_these_is_told_which_there_are(header: bytes) -> None:
    with pytest.raises(NotAcceptable, match="comes as identity, zstd, gzip"):
        content_coding(header)
