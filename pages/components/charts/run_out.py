"""When it runs out: stock as it is expected to go on, with its fan, deliveries and the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from datalayer.portal import Result, SeriesSelection
from pages.components.charts import theme, words
from pages.components.charts.chart import Chart, Row, item_call
from pages.components.charts.drawing import Drawing, Points
from pages.components.charts.theme import Look
from pages.components.language import _, day, weekday

_COLUMNS: Final = (
    *("date", "position", "stock_q100", "stock_q900", "stock_q025", "stock_q975"),
    *("position_with_action", "receipts", "stockout_probability"),
)
_ORDERED: Final = ("order", "move", "expedite")


@dataclass(frozen=True)
class _Course:
    """Rows of the projection, and what is known beside them."""

    rows: Sequence[Row]
    lot: float
    action: Row | None

    @property
    def dates(self) -> list[date]:
        return [row["date"] for row in self.rows]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def has_action(self) -> bool:
        pairs = zip(self.column("position"), self.column("position_with_action"), strict=True)
        return any(one != other for one, other in pairs)


def run_out(
    projection: Result,
    stock: Row | None,
    action: Row | None,
    *,
    orders: Sequence[Row],
    selection: SeriesSelection,
    unit: str,
    subject: str,
) -> Chart:
    """Return how the stock of a part is expected to go on, with and without what is to be done.

    Args:
        projection: The answer to ``questions.plans.projection``.
        stock: Its row of fact_inventory; None where there is none.
        action: Its first row of the list; None where nothing is to be done.
        orders: Its open orders, as rows of fact_open_order.
        selection: Part and place.
        unit: What is counted.
        subject: The part, as the text alternative names it.
    """
    rows = [row for row in projection.table.to_pylist() if row["position"] is not None]
    course = _Course(rows, float((stock or {}).get("lot") or 1.0), action)
    drawn = _draw(course, stock, orders).figure(unit) if len(rows) > 1 else None
    return Chart(
        title=_("When it runs out: {subject}").format(subject=subject),
        figure=drawn,
        alt=_finding(course, subject) if drawn else _nothing(subject),
        provenance=projection.provenance,
        rows=projection.table.select(_COLUMNS),
        headings=_headings(),
        call=item_call("projection", selection),
    )


def _draw(course: _Course, stock: Row | None, orders: Sequence[Row]) -> Drawing:
    dates = course.dates
    span = dates[-1] - dates[0]
    drawing = Drawing(dates[0] - span / 30, dates[-1])
    drawing.future(dates[0], _("stock on {day}").format(day=words.short_day(dates[0], dates[0])))
    if stock and stock.get("reorder_point") is not None:
        drawing.level(
            stock["reorder_point"],
            _("reorder point {amount}").format(amount=words.counted(stock["reorder_point"])),
        )
    for nominal, low, high, alpha in (
        (95, "stock_q025", "stock_q975", "1C"),
        (80, "stock_q100", "stock_q900", "2E"),
    ):
        lower, upper = (_stepped(course, name, "receipts") for name in (low, high))
        drawing.fan(lower, upper, theme.PALETTE[1], alpha, name=f"{nominal}%")
    look = Look(
        _("without ordering") if course.has_action else _("expected stock"),
        theme.INK,
        "dash",
        "circle",
    )
    expected = _stepped(course, "position", "receipts", _hover(course))
    drawing.line(expected, look, markers=False)
    if course.has_action:
        ordered = Look(_("with the order"), theme.PALETTE[3], "dashdot", "square")
        drawing.line(_stepped(course, "position_with_action", "both"), ordered, markers=False)
    _deliveries(drawing, course, orders)
    _arrival(drawing, course, stock)
    _end(drawing, course)
    return drawing


def _stepped(course: _Course, name: str, steps: str, hover: Sequence[str] = ()) -> Points:
    """Return a column as a line that goes straight up where something arrives."""
    dates, values, texts = [], [], []
    said = list(hover) or [""] * len(course.rows)
    for place, row in enumerate(course.rows):
        arrived = _arrived(course, place, steps)
        if arrived > 0:
            dates.append(row["date"])
            values.append(row[name] - arrived)
            texts.append(said[place])
        dates.append(row["date"])
        values.append(row[name])
        texts.append(said[place])
    return Points(dates, values, texts if hover else ())


def _arrived(course: _Course, place: int, steps: str) -> float:
    """Return what has arrived since the row before: on order, or with what is to be ordered."""
    if place == 0:
        return 0.0
    before, row = course.rows[place - 1], course.rows[place]
    arrived = row["receipts"] - before["receipts"]
    if steps == "both":
        extra = [one["position_with_action"] - one["position"] for one in (before, row)]
        arrived += extra[1] - extra[0]
    return float(arrived)


def _deliveries(drawing: Drawing, course: _Course, orders: Sequence[Row]) -> None:
    for place, (before, row) in enumerate(pairwise(course.rows), start=1):
        arrived = row["receipts"] - before["receipts"]
        if arrived > 0:
            drawing.note(_delivery(arrived, orders, course.lot), row["date"], row["position"])
        elif _arrived(course, place, "both") > 0:
            amount = words.counted(_arrived(course, place, "both"), course.lot)
            text = _("+{amount} ordered now").format(amount=amount)
            drawing.note(text, row["date"], row["position_with_action"], colour=theme.PALETTE[3])


def _delivery(arrived: float, orders: Sequence[Row], lot: float) -> str:
    """Return what arrives, with the number of the order if it is just one of them."""
    amount = words.counted(arrived, lot)
    named = [str(order["order_id"]) for order in orders if order["quantity"] == arrived]
    if len(named) != 1:
        return _("+{amount} on order").format(amount=amount)
    return _("+{amount}, order {number}").format(amount=amount, number=words.plain(named[0]))


def _arrival(drawing: Drawing, course: _Course, stock: Row | None) -> None:
    """Shade the days on which an order placed on the last day known may come."""
    if not stock or not stock.get("lead_time_days"):
        return
    middle = course.dates[0] + timedelta(days=float(stock["lead_time_days"]))
    spread = timedelta(days=max(1.0, float(stock.get("lead_time_sd_days") or 0.0)))
    if middle - spread >= course.dates[-1]:
        return
    text = _("ordered now, it comes {first} to {last}").format(
        first=words.short_day(middle - spread, course.dates[0]),
        last=words.short_day(middle + spread, course.dates[0]),
    )
    drawing.window(middle - spread, middle + spread, text, theme.PALETTE[3])


def _end(drawing: Drawing, course: _Course) -> None:
    runs_out = (course.action or {}).get("runs_out")
    if runs_out and course.dates[0] <= runs_out <= course.dates[-1]:
        text = _("runs out {day}").format(day=weekday(runs_out, course.dates[0]))
        drawing.mark(runs_out, 0.0, text, theme.PALETTE[2])


def _hover(course: _Course) -> list[str]:
    near = course.dates[0]
    return [
        _("{day}: {amount} ({band})").format(
            day=weekday(row["date"], near),
            amount=words.stock(row["position"], course.lot),
            band=words.between(
                words.stock(row["stock_q100"], course.lot),
                words.stock(row["stock_q900"], course.lot),
            ),
        )
        for row in course.rows
    ]


def _finding(course: _Course, subject: str) -> str:
    first, last = course.rows[0], course.rows[-1]
    runs_out = (course.action or {}).get("runs_out")
    said = [
        _("{subject}: {amount} in stock on {day}.").format(
            subject=subject,
            amount=words.stock(first["position"], course.lot),
            day=day(first["date"]),
        )
    ]
    if runs_out:
        said.append(_("It is expected to run out on {day}.").format(day=day(runs_out)))
    said.append(
        _("On {day} {amount} is expected without ordering ({band}).").format(
            day=day(last["date"]),
            amount=words.stock(last["position"], course.lot),
            band=words.between(
                words.stock(last["stock_q100"], course.lot),
                words.stock(last["stock_q900"], course.lot),
            ),
        )
    )
    if course.has_action:
        said.append(
            _("With the order it is {amount}.").format(
                amount=words.stock(last["position_with_action"], course.lot)
            )
        )
    return " ".join(said)


def _nothing(subject: str) -> str:
    return _("{subject}: the stock is not known, so nobody can say when it runs out.").format(
        subject=subject
    )


def _headings() -> dict[str, str]:
    from_, to = _("{nominal}%, from"), _("{nominal}%, to")
    return {
        "date": _("Date"),
        "position": _("Expected stock"),
        "stock_q100": from_.format(nominal=80),
        "stock_q900": to.format(nominal=80),
        "stock_q025": from_.format(nominal=95),
        "stock_q975": to.format(nominal=95),
        "position_with_action": _("With the order"),
        "receipts": _("Arrived by then"),
        "stockout_probability": _("Chance of running out"),
    }
