"""Columns of figures: to the digits that they carry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.columns import six_digits

pytestmark = pytest.mark.ml

figures = st.floats(min_value=-1e12, max_value=1e12, allow_subnormal=False)


@given(value=figures)
def test_six_digits_are_within_half_a_millionth(value: float) -> None:
    (rounded,) = six_digits(np.array([value]))

    assert abs(rounded - value) <= 0.5e-6 * abs(value)


@given(less=figures, more=figures)
def test_six_digits_keep_the_order(less: float, more: float) -> None:
    low, high = six_digits(np.array(sorted([less, more])))

    assert low <= high


def test_six_digits_leave_their_last_four_bytes_empty() -> None:
    rounded = six_digits(np.random.default_rng(1).lognormal(0, 5, 1000))

    assert not (rounded.view(np.uint64) & np.uint64(2**32 - 1)).any()


def test_what_is_no_figure_stays() -> None:
    values = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0])

    np.testing.assert_array_equal(six_digits(values), values)
