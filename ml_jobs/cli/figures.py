"""Figures of an explanation as text, and a computed one beside the published one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

CLOSE = 1e-6
_LEAST_SHARE = 1e-5


def beside(found: float, published: float, told: Callable[[float], str] | None = None) -> str:
    """Return the published figure, told as it is or by *told*, and whether *found* is equal."""
    agreement = "equal" if is_equal(found, published) else "NOT EQUAL"
    return f"published: {(told or short)(published)}, {agreement}"


def is_equal(found: float, published: float, tolerance: float = CLOSE) -> bool:
    """Return whether two figures are the same but for how they were rounded."""
    return abs(found - published) <= tolerance * max(1.0, abs(published))


def short(value: float) -> str:
    """Return a number as short as it is still clear; a dash for none."""
    if not np.isfinite(value):
        return "∞" if value == np.inf else "-"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def percent(share: float) -> str:
    """Return a share as per cent; a dash for none."""
    if 0 < share < _LEAST_SHARE:
        return f"below {100 * _LEAST_SHARE:g} %"
    return f"{100 * share:.3g} %" if np.isfinite(share) else "-"
