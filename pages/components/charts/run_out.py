"""When it runs out: stock as it is expected to go on, with its fan, deliveries and the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from datalayer.portal import Result
from pages.components.charts import theme, words
from pages.components.charts.chart import Chart, ChartedPart, Row, item_call
from pages.components.charts.drawing import Drawing
from pages.components.charts.fans import COLUMNS, band_headings, draw_fan
from pages.components.charts.theme import Look
from pages.components.charts.traces import Points
from pages.components.language import _, day, weekday

_STOCK: Final = "stock_"
_SHOWN: Final = (
    *("date", "position", *(_STOCK + name for name in COLUMNS)),
    *("position_with_order", "receipts", "stockout_probability"),
)


@dataclass(frozen=True)
class _Course:
    """The rows of a projection, and what is known of the part beside them."""

    rows: Sequence[Row]
    stock: Row
    action: Row
    orders: Sequence[Row]
    is_repaired: bool = False

    @property
    def dates(self) -> list[date]:
        return [row["date"] for row in self.rows]

    @property
    def lot(self) -> float:
        return float(self.stock.get("lot") or 1.0)

    @property
    def has_order(self) -> bool:
        return any(row["position_with_order"] != row["position"] for row in self.rows)

    @property
    def runs_out(self) -> date | None:
        """The day on which stock and what is counted on are used up; None if it isn't drawn."""
        found = self.action.get("runs_out") or self.stock.get("stockout_date")
        return found if found and self.dates[0] <= found <= self.dates[-1] else None

    @property
    def is_order(self) -> bool:
        """Whether the list says to order."""
        return self.action.get("action") == "order" and self.action.get("arrives") is not None

    @property
    def order_arrives(self) -> date | None:
        """When the order comes that the list asks for, else one placed on the last day known."""
        if self.is_order:
            arrives: date = self.action["arrives"]
            return arrives
        lead_days = self.stock.get("lead_time_days")
        return None if lead_days is None else self.dates[0] + timedelta(days=round(lead_days))

    def amount(self, value: float | None) -> str:
        return words.stock(value, self.lot)

    def band(self, row: Row) -> str:
        low, high = (self.amount(row[_STOCK + name]) for name in COLUMNS[:2])
        return words.between(low, high)


def run_out(
    projection: Result,
    stock: Row | None,
    action: Row | None,
    *,
    orders: Sequence[Row],
    part: ChartedPart,
    is_repaired: bool = False,
) -> Chart:
    """Return how the stock of a part is expected to go on, with and without what is to be ordered.

    Args:
        projection: The answer to ``questions.plans.projection``.
        stock: Its row of fact_inventory; None where there is none.
        action: Its first row of the list that is no move; None where nothing else is to be done.
        orders: Its open orders, as rows of fact_open_order.
        part: What it is of.
        is_repaired: Whether some of what arrives comes back from repair.
    """
    rows = [row for row in projection.table.to_pylist() if row["position"] is not None]
    course = _Course(rows, stock or {}, action or {}, orders, is_repaired)
    is_known = len(rows) > 1
    return Chart(
        title=_("When it runs out: {subject}").format(subject=part.subject),
        figure=_draw(course).figure(part.unit) if is_known else None,
        alt=_finding(course, part.subject) if is_known else _nothing(part.subject),
        provenance=projection.provenance,
        rows=projection.table.select(_SHOWN),
        headings=_headings(),
        call=item_call("projection", part.selection),
        shares=("stockout_probability",),
    )


def _draw(course: _Course) -> Drawing:
    first, last = course.dates[0], course.dates[-1]
    drawing = Drawing(first - (last - first) / 40, last)
    text = _("stock on {day}, moves made") if course.stock.get("moved") else _("stock on {day}")
    drawing.future(first, text.format(day=words.short_day(first, first)))
    _reorder_point(drawing, course)
    draw_fan(drawing, theme.forecast_look(), lambda name: _stepped(course, _STOCK + name))
    name = _("without ordering") if course.has_order else _("expected stock")
    expected = Look(name, theme.INK, "dash", "")
    drawing.line(_stepped(course, "position", _hover(course)), expected)
    if course.has_order:
        ordered = Look(_("with the order"), theme.ORDER, "dashdot", "")
        drawing.line(_stepped(course, "position_with_order"), ordered)
    if course.runs_out:
        text = _("runs out {day}").format(day=weekday(course.runs_out, first))
        drawing.mark(course.runs_out, text, theme.ALARM)
    _deliveries(drawing, course)
    _arrival(drawing, course)
    return drawing


def _reorder_point(drawing: Drawing, course: _Course) -> None:
    level = course.stock.get("reorder_point")
    if level is not None:
        text = _("reorder point {amount}").format(amount=words.counted(level, course.lot))
        drawing.level(level, text)


def _stepped(course: _Course, name: str, hover: Sequence[str] = ()) -> Points:
    """Return a column as a line that goes straight up on the days on which something arrives."""
    line = [(course.dates[0], float(course.rows[0][name]), *hover[:1])]
    for place, pair in enumerate(pairwise(course.rows), start=1):
        text = hover[place : place + 1]
        line += [(*point, *text) for point in _piece(course, pair, name)]
    days, values, *texts = zip(*line, strict=True)
    return Points(days, values, *texts)


def _piece(course: _Course, pair: tuple[Row, Row], name: str) -> list[tuple[date, float]]:
    """Return the line from one row to the next, without its beginning.

    In between demand is drawn as even.
    """
    before, row = pair
    steps = _steps(course, pair, name)
    fall = row[name] - before[name] - sum(more for _day, more in steps)
    points, level = [], before[name]
    for at, more in steps:
        share = (at - before["date"]) / (row["date"] - before["date"])
        points += [(at, level + share * fall), (at, level + share * fall + more)]
        level += more
    if steps and steps[-1][0] == row["date"]:
        return [*points[:-1], (row["date"], float(row[name]))]
    return [*points, (row["date"], float(row[name]))]


def _steps(course: _Course, pair: tuple[Row, Row], name: str) -> list[tuple[date, float]]:
    """Return what arrives between two rows, by day: on order, and the order for its line."""
    due = [order["due"] for order in course.orders]
    steps = [(_day_of(pair, due), _received(pair))]
    if name == "position_with_order":
        steps.append((_day_of(pair, [course.order_arrives]), _ordered(pair)))
    return sorted((at, more) for at, more in steps if more > 0)


def _day_of(pair: tuple[Row, Row], known: Sequence[date | None]) -> date:
    """Return the one known day between two rows; that of the later one if none or several are."""
    before, row = (one["date"] for one in pair)
    days = {day for day in known if day is not None and before < day <= row}
    return days.pop() if len(days) == 1 else row


def _received(pair: tuple[Row, Row]) -> float:
    before, row = pair
    return round(float(row["receipts"] - before["receipts"]), 6)


def _ordered(pair: tuple[Row, Row]) -> float:
    before, row = (one["position_with_order"] - one["position"] for one in pair)
    return round(float(row - before), 6)


def _deliveries(drawing: Drawing, course: _Course) -> None:
    for pair in pairwise(course.rows):
        _name_steps(drawing, course, pair, "position")
        if _ordered(pair) > 0:
            _name_steps(drawing, course, pair, "position_with_order")


def _name_steps(drawing: Drawing, course: _Course, pair: tuple[Row, Row], name: str) -> None:
    is_order = name == "position_with_order"
    arrived = _ordered(pair) if is_order else _received(pair)
    if arrived <= 0:
        return
    at, _more = _steps(course, pair, name)[-1]
    level = next(level for day, level in reversed(_piece(course, pair, name)) if day == at)
    if is_order:
        text = _("+{amount}, the order").format(amount=course.amount(arrived))
        drawing.note(text, at, level, theme.ORDER)
    else:
        drawing.note(_delivery(arrived, course, pair), at, level)


def _delivery(arrived: float, course: _Course, pair: tuple[Row, Row]) -> str:
    """Return what arrives, with the number of the order if it is just one of them.

    Of a part that is repaired it may as well come back: an order is only named on its day.
    """
    amount, orders = course.amount(arrived), course.orders
    if course.is_repaired:
        before, until = (row["date"] for row in pair)
        orders = [one for one in orders if one["due"] and before < one["due"] <= until]
    named = [str(one["order_id"]) for one in orders if one["quantity"] == arrived]
    if course.is_repaired and not named:
        return f"+{amount}"
    if len(named) != 1 or len(named[0]) > words.SHORT:
        return _("+{amount} on order").format(amount=amount)
    return _("+{amount}, order {number}").format(amount=amount, number=named[0])


def _arrival(drawing: Drawing, course: _Course) -> None:
    """Shade the days on which the order, or one placed on the last day known, may come."""
    first, last, middle = course.dates[0], course.dates[-1], course.order_arrives
    if middle is None or not first <= middle <= last:
        return
    text = _("arrives {day}") if course.is_order else _("ordered now, it arrives {day}")
    text = text.format(day=weekday(middle, first))
    spread = timedelta(days=round(course.stock.get("lead_time_sd_days") or 0.0))
    if spread:
        text = _("{text} (± {days} d)").format(text=text, days=spread.days)
    drawing.window(middle - spread, middle + spread, text, theme.ORDER)


def _hover(course: _Course) -> list[str]:
    return [
        words.with_band(
            weekday(row["date"], course.dates[0]), course.amount(row["position"]), course.band(row)
        )
        for row in course.rows
    ]


def _finding(course: _Course, subject: str) -> str:
    """Return what the chart says: from what to what, when nothing is left, and with the order."""
    first, last = course.rows[0], course.rows[-1]
    text = (
        _("{subject}: {amount} in stock on {day} once moves are made.")
        if course.stock.get("moved")
        else _("{subject}: {amount} in stock on {day}.")
    )
    said = [
        text.format(
            subject=subject, amount=course.amount(first["position"]), day=day(first["date"])
        )
    ]
    if course.runs_out:
        said.append(_("It is expected to run out on {day}.").format(day=day(course.runs_out)))
    else:
        said.append(_("It isn't expected to run out by {day}.").format(day=day(last["date"])))
    said.append(_at_the_end(course, last))
    return " ".join(said)


def _at_the_end(course: _Course, last: Row) -> str:
    expected: dict[str, Any] = {
        "day": day(last["date"]),
        "amount": course.amount(last["position"]),
        "band": course.band(last),
    }
    if not course.has_order:
        return _("Expected on {day}: {amount} ({band}).").format(**expected)
    return _("Expected on {day}: {amount} without ordering ({band}), {ordered} with it.").format(
        **expected, ordered=course.amount(last["position_with_order"])
    )


def _nothing(subject: str) -> str:
    return _("{subject}: the stock is not known, so nobody can say when it runs out.").format(
        subject=subject
    )


def _headings() -> dict[str, str]:
    return {
        "date": _("Date"),
        "position": _("Expected stock"),
        **band_headings(_STOCK),
        "position_with_order": _("With the order"),
        "receipts": _("Arrived by then"),
        "stockout_probability": _("Chance of a shortage"),
    }
