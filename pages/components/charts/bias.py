"""In which direction forecasts were off, all tests together, and how steadily."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from datalayer.portal import Result
from pages.components.charts.chart import ApiCall, Chart, Row
from pages.components.charts.dots import Dot, draw_dots
from pages.components.charts.groups import of_grouping, told_rows
from pages.components.language import _, number, percent

_SHOWN: Final = (
    "bias",
    "tracking_signal",
    "wape",
    "mase",
    "used",
    "items",
    "n_obs",
)
_FARTHEST: Final = 1.0
_HARDLY: Final = 0.005
_OFTEN: Final = 0.5
"""Tracking signal from which on the errors count as mostly one way; as the exceptions have it."""


def bias(
    errors: Result, grouping: str, names: Mapping[str, str], *, title: str, call: ApiCall
) -> Chart:
    """Return how much too high or too low the forecasts of each group were.

    Args:
        errors: The answer to ``questions.accuracy.errors``.
        grouping: Which of its groupings is drawn.
        names: What the groups are called, in the order in which they are drawn.
        title: What the chart is headed by.
        call: Returns the pairs of forecast and actual that are added up.
    """
    rows = of_grouping(errors.table, grouping, names)
    known = [abs(row["bias"]) for row in rows if row["bias"] is not None]
    reach = min(_FARTHEST, max(0.1, *known, 0.1))
    dots = [_dot(row, names[row["group_value"]]) for row in rows]
    zero = (_("← too low"), _("too high →"))
    return Chart(
        title=title,
        figure=draw_dots(dots, (-reach, reach), zero=zero) if known else None,
        alt=_finding(rows, names, title),
        provenance=errors.provenance,
        rows=told_rows(rows, errors.table, names, _SHOWN),
        headings=_headings(),
        call=call,
        shares=("bias", "wape"),
    )


def direction(row: Row) -> str:
    """Return in which direction forecasts were off, and whether they mostly were, in words."""
    value, signal = row["bias"], row["tracking_signal"]
    if value is None:
        return _("nothing was used")
    if abs(value) < _HARDLY:
        return _("neither too high nor too low")
    text = _("{share} too high") if value > 0 else _("{share} too low")
    said = text.format(share=percent(abs(value), 0))
    if signal is not None and abs(signal) >= _OFTEN:
        return _("{said}, and mostly so").format(said=said)
    return said


def _dot(row: Row, name: str) -> Dot:
    told = direction(row)
    said = _("{name}: {told}; tracking signal {signal}").format(
        name=name, told=told, signal=number(row["tracking_signal"], 2)
    )
    value = row["bias"]
    is_steady = row["tracking_signal"] is not None and abs(row["tracking_signal"]) >= _OFTEN
    symbol = "x" if is_steady else "circle"
    return Dot(name, value, None, None, told, said, symbol=symbol)


def _finding(rows: Sequence[Row], names: Mapping[str, str], title: str) -> str:
    if not rows:
        return _("{title}: nothing was tested that is counted like this.").format(title=title)
    said = (f"{names[row['group_value']]}: {direction(row)}" for row in rows)
    return _("{title}. {findings}.").format(title=title, findings="; ".join(said))


def _headings() -> dict[str, str]:
    return {
        "group_value": _("Group"),
        "bias": _("Bias"),
        "tracking_signal": _("Tracking signal"),
        "wape": "WAPE",
        "mase": "MASE",
        "used": _("Used in the tests"),
        "items": _("Parts"),
        "n_obs": _("Observations"),
    }
