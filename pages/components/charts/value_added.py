"""How much better than repeating the past forecasts were: by source, by class, by horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from datalayer.portal import Result
from pages.components.charts.chart import ApiCall, Chart, Row
from pages.components.charts.dots import Dot, draw_dots
from pages.components.charts.groups import of_grouping, told_rows
from pages.components.language import NOTHING, _, number, percent

_SHOWN: Final = (
    "value",
    "low",
    "high",
    "compared",
    "items",
    "n_origins",
    "n_obs",
    "is_published",
)
_FARTHEST: Final = 1.0
_HARDLY: Final = 0.005


def value_added(
    added: Result, grouping: str, names: Mapping[str, str], *, title: str, call: ApiCall
) -> Chart:
    """Return how much better than repeating the past each group was, with its 95% interval.

    Args:
        added: The answer to ``questions.accuracy.value_added``.
        grouping: Which of its groupings is drawn.
        names: What the groups are called, in the order in which they are drawn.
        title: What the chart is headed by.
        call: Returns what is drawn, or what that is made of.
    """
    rows = of_grouping(added.table, grouping, names)
    compared = [row for row in rows if row["value"] is not None]
    return Chart(
        title=title,
        figure=_draw(rows, names) if compared else None,
        alt=_finding(compared, names, title),
        provenance=added.provenance,
        rows=told_rows(rows, added.table, names, _SHOWN),
        headings=_headings(),
        call=call,
        shares=("value", "low", "high"),
    )


def _draw(rows: Sequence[Row], names: Mapping[str, str]) -> go.Figure:
    ends = [
        abs(row[name]) for row in rows for name in ("value", "low", "high") if row[name] is not None
    ]
    reach = min(_FARTHEST, max(0.1, *ends))
    dots = [_dot(row, names[row["group_value"]]) for row in rows]
    return draw_dots(dots, (-reach, reach), zero=(_("← worse"), _("better →")))


def _dot(row: Row, name: str) -> Dot:
    return Dot(
        name=name,
        value=row["value"],
        low=row["low"],
        high=row["high"],
        text=_short(row),
        said=f"{name}: {_amount(row)}",
        symbol=_symbol(row),
    )


def _symbol(row: Row) -> str:
    """Return a sign: filled where the interval leaves no doubt, open where chance explains it."""
    if row["low"] is None or row["low"] <= 0 <= row["high"]:
        return "circle-open"
    return "circle" if row["value"] > 0 else "x"


def _short(row: Row) -> str:
    if row["value"] is None:
        return _("not comparable")
    size = _size(row["value"])
    if row["low"] is None:
        return size
    return f"{size} [{_signed(row['low'])}; {_signed(row['high'])}]"


def _size(value: float) -> str:
    if abs(value) < _HARDLY:
        return _("as good")
    text = _("{share} better") if value > 0 else _("{share} worse")
    return text.format(share=percent(abs(value), 0))


def _signed(value: float) -> str:
    sign = "+" if value >= _HARDLY else "\u2212" if value <= -_HARDLY else ""
    return f"{sign}{percent(abs(value), 0)}"


def _amount(row: Row) -> str:
    if row["value"] is None:
        return _("not comparable")
    if row["low"] is None:
        return _("{size} than repeating the past, too few parts for an interval").format(
            size=_size(row["value"])
        )
    return _("{size} than repeating the past (95%: {low} to {high}), {count} parts").format(
        size=_size(row["value"]),
        low=_signed(row["low"]),
        high=_signed(row["high"]),
        count=number(row["compared"], 0),
    )


def _finding(rows: Sequence[Row], names: Mapping[str, str], title: str) -> str:
    if not rows:
        return _("{title}: nothing could be compared with repeating the past.").format(title=title)
    said = (f"{names[row['group_value']] or NOTHING}: {_amount(row)}" for row in rows)
    return _("{title}. {findings}.").format(title=title, findings="; ".join(said))


def _headings() -> dict[str, str]:
    return {
        "group_value": _("Group"),
        "value": _("Better than repeating the past by"),
        "low": _("{nominal}%, from").format(nominal=95),
        "high": _("{nominal}%, to").format(nominal=95),
        "compared": _("Parts compared"),
        "items": _("Parts tested"),
        "n_origins": _("Tests"),
        "n_obs": _("Observations"),
        "is_published": _("Interval as published"),
    }
