"""Small pictures of a part's demand: periods used as bars, the forecast dashed in its band.

Inline SVG in the colour of the text around it, so it works in light and dark and on paper.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from pages.components.language import _, ngettext, number

WIDTH: Final = 120
HEIGHT: Final = 28
MOST_USED: Final = 26
MOST_AHEAD: Final = 13

_EDGE: Final = 1.5
_GREATEST_WRITTEN: Final = 1e12

Row = Mapping[str, Any]


def sparkline(rows: Sequence[Row]) -> str:
    """Return the picture of one part's rows of ``questions.actions.periods``, in their order.

    Args:
        rows: Each with date, grain, actual, forecast, q100 and q900, in units a period. The last
            26 that were used and the first 13 to come are drawn.

    Returns:
        An SVG of less than 1,500 bytes, 120 x 28 pixels, with ``sparkline_text`` as its
        alternative; nothing in it is fetched or run.
    """
    used, ahead = _parts(rows)
    bars = [_finite(row["actual"]) for row in used]
    line, low, high = (
        [_finite(row[name]) for row in ahead] for name in ("forecast", "q100", "q900")
    )
    scale = _Scale(len(bars) + len(line), max([*bars, *line, *low, *high], default=0.0))
    drawn = (
        _band(scale, len(bars), low, high),
        _bars(scale, bars),
        _dashed(scale, len(bars), line),
        _cutoff(scale, len(bars)) if line else "",
    )
    return _picture(sparkline_text(rows), drawn)


def sparkline_of_two(rows: Sequence[Row], before: Sequence[Row]) -> str:
    """Return the picture of one part's rows in two publications: as ``sparkline`` of the later.

    The forecast *before* is dotted, over the periods that the picture has.
    """
    used, ahead = _parts(rows)
    shown = [*used, *ahead]
    places = {row["date"]: place for place, row in enumerate(shown)}
    so_far = [
        (places[row["date"]], _finite(row["forecast"]))
        for row in _parts(before)[1]
        if row["date"] in places
    ]
    values = [row[name] for row in shown for name in ("actual", "forecast", "q100", "q900")]
    greatest = max([*map(_finite, values), *(value for _place, value in so_far)], default=0.0)
    scale = _Scale(len(shown), greatest)
    line, low, high = (
        [_finite(row[name]) for row in ahead] for name in ("forecast", "q100", "q900")
    )
    return _picture(
        sparkline_text_of_two(rows, before),
        (
            _band(scale, len(used), low, high),
            _bars(scale, [_finite(row["actual"]) for row in used]),
            _line(scale, so_far, "1 2"),
            _dashed(scale, len(used), line),
            _cutoff(scale, len(used)) if line else "",
        ),
    )


def sparkline_text_of_two(rows: Sequence[Row], before: Sequence[Row]) -> str:
    """Return what the picture of two says: as ``sparkline_text``, and what was forecast before."""
    ahead = _parts(before)[1]
    if not ahead:
        return sparkline_text(rows)
    monthly = ahead[0]["grain"] == "month"
    return _("{after} Before: {before}.").format(
        after=sparkline_text(rows), before=_ahead_text(ahead, monthly=monthly)
    )


def sparkline_text(rows: Sequence[Row]) -> str:
    """Return what the picture says: what was used a week or month, and what is forecast."""
    used, ahead = _parts(rows)
    if not used and not ahead:
        return _("No demand is known.")
    monthly = (used or ahead)[0]["grain"] == "month"
    said = (_used_text(used, monthly=monthly), _ahead_text(ahead, monthly=monthly))
    return _("{used}; {ahead}.").format(used=said[0], ahead=said[1])


def _picture(text: str, drawn: Iterable[str]) -> str:
    return (
        f'<svg class="farol-sparkline" role="img" aria-label="{escape(text)}" '
        f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" fill="none" '
        f'stroke="currentColor">{"".join(drawn)}</svg>'
    )


def _used_text(used: Sequence[Row], *, monthly: bool) -> str:
    count = len(used)
    if not count:
        return _("Nothing is known of what was used")
    text = (
        ngettext(
            "Used {mean} in the last month",
            "Used {mean} a month over the last {count} months",
            count,
        )
        if monthly
        else ngettext(
            "Used {mean} in the last week", "Used {mean} a week over the last {count} weeks", count
        )
    )
    return text.format(mean=_rate(row["actual"] for row in used), count=count)


def _ahead_text(ahead: Sequence[Row], *, monthly: bool) -> str:
    count = len(ahead)
    if not count:
        return _("nothing is forecast")
    text = (
        ngettext(
            "forecast {mean} in the next month",
            "forecast {mean} a month over the next {count} months",
            count,
        )
        if monthly
        else ngettext(
            "forecast {mean} in the next week",
            "forecast {mean} a week over the next {count} weeks",
            count,
        )
    )
    return text.format(mean=_rate(row["forecast"] for row in ahead), count=count)


def _rate(values: Iterable[float | None]) -> str:
    """Return the mean of *values* with two digits that count."""
    found = [_finite(value) for value in values]
    greatest = max(found)
    # As shares of the greatest, so that no sum is beyond what a number can be.
    shares = (value / greatest / len(found) for value in found) if greatest else ()
    mean = greatest * min(1.0, math.fsum(shares))
    if mean >= _GREATEST_WRITTEN:
        return f"{mean:.2g}"
    decimals = 0 if mean >= 10 else 1 if mean >= 1 else 2
    written = round(mean, decimals)
    return number(written, 0 if written == int(written) else decimals)


class _Scale:
    """Where numbers are in the picture: periods side by side, the greatest as high as it is."""

    def __init__(self, periods: int, greatest: float) -> None:
        self._step = (WIDTH - 2 * _EDGE) / max(1, periods)
        self._greatest = greatest
        self.bar = _written(min(3.0, 0.65 * self._step))

    def x(self, place: float) -> str:
        return _written(_EDGE + (place + 0.5) * self._step)

    def y(self, value: float) -> str:
        share = value / self._greatest if self._greatest else 0.0
        return _written(HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE))


def _bars(scale: _Scale, values: Sequence[float]) -> str:
    foot = scale.y(0)
    # Periods without demand get no bar; those with a little are not lost beside a great one.
    tops = [(place, scale.y(value)) for place, value in enumerate(values) if value > 0]
    path = "".join(
        f"M{scale.x(place)} {foot}V{top if top != foot else _written(float(foot) - 0.5)}"
        for place, top in tops
    )
    return f'<path stroke-width="{scale.bar}" opacity=".7" d="{path}"/>' if path else ""


def _band(scale: _Scale, first: int, low: Sequence[float], high: Sequence[float]) -> str:
    if not high:
        return ""
    places = range(first, first + len(high))
    upper = [
        f"{scale.x(place)} {scale.y(value)}" for place, value in zip(places, high, strict=True)
    ]
    lower = [f"{scale.x(place)} {scale.y(value)}" for place, value in zip(places, low, strict=True)]
    around = " ".join([*upper, *reversed(lower)])
    return f'<polygon fill="currentColor" stroke="none" opacity=".2" points="{around}"/>'


def _dashed(scale: _Scale, first: int, values: Sequence[float]) -> str:
    if not values:
        return ""
    # A period alone is as wide as its bar would be: a line of one point has no length.
    ends = [(place, value) for place, value in enumerate(values, start=first)]
    return _line(scale, ends, "3 2")


def _line(scale: _Scale, ends: Sequence[tuple[float, float]], dashes: str) -> str:
    if not ends:
        return ""
    if len(ends) == 1:
        (place, value), *_rest = ends
        ends = [(place - 0.3, value), (place + 0.3, value)]
    points = " ".join(f"{scale.x(place)} {scale.y(value)}" for place, value in ends)
    return f'<polyline stroke-width="1.5" stroke-dasharray="{dashes}" points="{points}"/>'


def _cutoff(scale: _Scale, first: int) -> str:
    return f'<path stroke-width=".75" opacity=".6" d="M{scale.x(first - 0.5)} 0V{HEIGHT}"/>'


def _parts(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    used = [row for row in rows if row["actual"] is not None]
    ahead = [row for row in rows if row["actual"] is None and row["forecast"] is not None]
    return used[-MOST_USED:], ahead[:MOST_AHEAD]


def _finite(value: float | None) -> float:
    """Return *value* as a height: nothing, and what is no number, is none."""
    return max(0.0, float(value)) if value is not None and math.isfinite(value) else 0.0


def _written(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
