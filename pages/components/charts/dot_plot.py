"""How much is used until a delivery comes: twenty equally likely cases, one dot for each.

The cases are published quantiles, looked up; nothing is computed from a model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from datalayer.portal import Result, order_rule
from pages.components.charts import dot_drawing
from pages.components.charts.chart import ApiCall, Chart, ChartedPart
from pages.components.charts.dot_drawing import CrossLine
from pages.components.language import _, ngettext, percent, quantity
from pages.components.units import amount

CASES: Final = 20
_SPAN: Final = "lead_time"
_TEXTS: Final = ("item_id", "location_id", "span", "source")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Cases:
    """What is used in each of the cases, from the least on, and what is there to use."""

    used: Sequence[float]
    days: float
    stock: Row
    unit: str
    is_repaired: bool

    @property
    def is_moved(self) -> bool:
        """Whether moves are counted in what is there."""
        return bool(self.stock.get("moved"))

    @property
    def position(self) -> float | None:
        """Stock, moves and open orders; None where the stock is unknown."""
        return order_rule.position_of(self.stock)

    @property
    def reorder_point(self) -> float | None:
        point = self.stock.get("reorder_point")
        return None if point is None else float(point)

    def beyond(self, value: float) -> int:
        """Return in how many cases more than *value* is used."""
        return sum(used > value for used in self.used)

    def text(self, value: float) -> str:
        return quantity(value, self.unit)


def dot_plot(result: Result, part: ChartedPart, stock: Row, *, is_repaired: bool = False) -> Chart:
    """Return the twenty cases of a part at a place beside its stock and its reorder point.

    Args:
        result: The rows of fact_lead_time of part and place.
        part: What is drawn; its unit is left out where parts are counted.
        stock: The row of fact_inventory; empty where there is none.
        is_repaired: Whether most of what fails comes back: the cases are of what is missing then.
    """
    cases = _cases(result, part, stock, is_repaired=is_repaired)
    selection = part.selection
    call = ApiCall(
        "extracts/fact_lead_time.csv",
        (
            ("item_id", selection.item_id),
            ("location", selection.location_id),
            ("span", _SPAN),
        ),
        _TEXTS,
    )
    alt = _refusal() if cases is None else f"{part.subject}: {finding(cases)}"
    return Chart(
        title=_title(is_repaired=is_repaired).format(item_id=selection.item_id),
        figure=None,
        alt=alt,
        provenance=result.provenance,
        rows=pa.table({}) if cases is None else _rows(cases),
        headings={
            "case": _("Case"),
            "used": _("Missing") if is_repaired else _("Used"),
            "beyond": _("More than is there"),
        },
        call=call,
        svg="" if cases is None else _drawn(cases, alt),
    )


def _title(*, is_repaired: bool) -> str:
    if is_repaired:
        return _("Missing when a delivery comes, {item_id}")
    return _("Use until a delivery comes, {item_id}")


def finding(cases: _Cases) -> str:
    """Return how likely it is that stock and open orders don't last, in twenty cases."""
    days = amount(cases.days, "d")
    if cases.position is None:
        said = _("the stock isn't known, so nobody can say whether it lasts the {days}.").format(
            days=days
        )
    else:
        said = _of_stock(cases, cases.beyond(cases.position), cases.text(cases.position), days)
    return " ".join(filter(None, (said, _of_reorder_point(cases), _published(cases))))


def _of_stock(cases: _Cases, beyond: int, position: str, days: str) -> str:
    text = _of_missing(beyond) if cases.is_repaired else _of_use(beyond)
    return text.format(
        count=beyond,
        cases=len(cases.used),
        days=days,
        there=_("with moves, in stock and on order")
        if cases.is_moved
        else _("in stock and on order"),
        position=position,
    )


def _of_use(beyond: int) -> str:
    if not beyond:
        return _(
            "in none of {cases} equally likely cases is more used in the {days} until a delivery "
            "comes than is {there}, {position}."
        )
    return ngettext(
        "in {count} of {cases} equally likely cases more is used in the {days} until a "
        "delivery comes than is {there}, {position}.",
        "in {count} of {cases} equally likely cases more is used in the {days} until a "
        "delivery comes than is {there}, {position}.",
        beyond,
    )


def _of_missing(beyond: int) -> str:
    if not beyond:
        return _(
            "in none of {cases} equally likely cases is more missing when a delivery comes, in "
            "{days}, in repair or beyond it, than is {there}, {position}."
        )
    return ngettext(
        "in {count} of {cases} equally likely cases more is missing when a delivery comes, in "
        "{days}, in repair or beyond it, than is {there}, {position}.",
        "in {count} of {cases} equally likely cases more is missing when a delivery comes, in "
        "{days}, in repair or beyond it, than is {there}, {position}.",
        beyond,
    )


def _of_reorder_point(cases: _Cases) -> str:
    point = cases.reorder_point
    if point is None:
        return ""
    text = _("The reorder point, {point}, is enough in {count} of {cases}.")
    covered = len(cases.used) - cases.beyond(point)
    return text.format(point=cases.text(point), count=covered, cases=len(cases.used))


def _published(cases: _Cases) -> str:
    chance = cases.stock.get("stockout_probability")
    if chance is None:
        return ""
    return _("The published chance of a shortage is {chance}.").format(chance=percent(chance, 0))


def _cases(result: Result, part: ChartedPart, stock: Row, *, is_repaired: bool) -> _Cases | None:
    names = [each.name for each in part.registry.data_sets["fact_lead_time"].quantiles]
    for row in result.table.to_pylist():
        used = [row[name] for name in names]
        if row["span"] == _SPAN and len(used) == CASES and None not in used:
            amounts, days = [float(value) for value in used], float(row["days"])
            return _Cases(amounts, days, stock, part.unit, is_repaired)
    return None


def _refusal() -> str:
    return _(
        "No quantiles of the use until a delivery comes are published for this part and place: "
        "its history is too thin, or nothing is planned of it here."
    )


def _rows(cases: _Cases) -> pa.Table:
    position = cases.position
    return pa.table(
        {
            "case": pa.array(range(1, len(cases.used) + 1), pa.int64()),
            "used": pa.array(cases.used, pa.float64()),
            "beyond": pa.array(
                [None if position is None else used > position for used in cases.used], pa.bool_()
            ),
        }
    )


def _drawn(cases: _Cases, alt: str) -> str:
    there = (
        _("stock, moves and orders {value}") if cases.is_moved else _("stock and orders {value}")
    )
    lines = (
        (cases.position, there, ""),
        (cases.reorder_point, _("reorder point {value}"), "5 4"),
    )
    marks = [
        CrossLine(value, text.format(value=cases.text(value)), dash)
        for value, text, dash in lines
        if value is not None
    ]
    edge = math.inf if cases.position is None else cases.position
    axis = _("missing in {days}") if cases.is_repaired else _("used in {days}")
    told = axis.format(days=amount(cases.days, "d"))
    return dot_drawing.dots(cases.used, marks, edge=edge, axis=told, alt=alt)
