"""The Accept and Accept-Encoding headers choose among JSON, Arrow and zstd."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.api.forms import Form, requested_form, takes_zstd
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
        (ARROW + b";q=0.9, text/csv", Form.ARROW),
        (ARROW.upper(), Form.ARROW),
    ],
)
def test_the_form_with_the_greatest_weight_is_given(accept: bytes, form: Form) -> None:
    assert requested_form(accept) is form


@pytest.mark.parametrize("accept", [b"text/csv", b"application/json;q=0", b"image/*;q=x"])
def test_what_can_not_be_given_is_refused_with_what_can(accept: bytes) -> None:
    with pytest.raises(NotAcceptable, match="application/json or application/vnd"):
        requested_form(accept)


@given(st.binary(max_size=100))
def test_any_header_is_understood_or_refused(accept: bytes) -> None:
    takes_zstd(accept)
    try:
        requested_form(accept)
    except NotAcceptable as refusal:
        assert "application/json" in str(refusal)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (b"zstd", True),
        (b"gzip, deflate, zstd;q=0.5", True),
        (b"zstd;q=0", False),
        (b"gzip, br", False),
        (b"", False),
        (b"identity", False),
    ],
)
def test_zstd_is_sent_to_those_who_take_it(header: bytes, taken: bool) -> None:
    assert takes_zstd(header) is taken
