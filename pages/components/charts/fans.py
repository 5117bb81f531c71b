"""The fan of a forecast: the band of 95 % behind the one of 80 %, by their columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pages.components.charts.drawing import Drawing
from pages.components.charts.theme import Look
from pages.components.charts.traces import Points
from pages.components.language import _

BANDS: Final = ((95, "q025", "q975", "1C"), (80, "q100", "q900", "33"))
"""Per cent that fall inside, the columns of both ends, how strong the colour is; widest first."""

COLUMNS: Final = ("q100", "q900", "q025", "q975")


def draw_fan(
    drawing: Drawing, look: Look, points_of: Callable[[str], Points], *, is_named: bool = True
) -> None:
    """Draw both bands; *points_of* returns the points of a column."""
    for nominal, low, high, alpha in BANDS:
        drawing.fan(
            points_of(low),
            points_of(high),
            look,
            alpha=alpha,
            name=f"{nominal}%" if is_named else "",
            is_outer=nominal != BANDS[-1][0],
        )


def band_headings(prefix: str = "") -> dict[str, str]:
    """Return what the columns of both bands are headed by in a table."""
    from_, to = _("{nominal}%, from"), _("{nominal}%, to")
    headings = {}
    for nominal, low, high, _alpha in reversed(BANDS):
        headings[prefix + low] = from_.format(nominal=nominal)
        headings[prefix + high] = to.format(nominal=nominal)
    return headings
