"""Figures of an explanation as text, and a computed one beside the published one."""

from __future__ import annotations

import numpy as np

CLOSE = 1e-6


def beside(found: float, published: float) -> str:
    """Return the published figure, and whether the one found is equal to it."""
    agreement = "equal" if is_equal(found, published) else "NOT EQUAL"
    return f"published: {short(published)}, {agreement}"


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
    return f"{100 * share:.3g} %" if np.isfinite(share) else "-"
