"""An explanation in a terminal: every formula with the numbers put in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ml_jobs.classification import ADI_CUT_OFF, CV2_CUT_OFF
from ml_jobs.cli.explanation import (
    DemandHistory,
    Explanation,
    LeadTimeSum,
    TextbookFormula,
    number,
    order_quantity,
    position_of,
    text,
)
from ml_jobs.panel import Frequency

PERIODS = {Frequency.DAILY: "days", Frequency.WEEKLY: "weeks", Frequency.MONTHLY: "months"}
CLOSE = 1e-6
WEIGHTS = 1e-3  # they are published with four digits


def show_explanation(console: Console, explained: Explanation) -> None:
    """Show all of it, from demand to order."""
    name = text(explained.item, "name")
    title = f"{explained.item_id} {name}, {explained.location_id}".replace("  ", " ")
    console.rule(f"[bold]{escape(title)}", align="left", characters="─")
    _print(
        console,
        f"Publication {explained.title}, model {explained.model_version}, "
        f"demand to {explained.data_through}",
    )
    _section(console, "Demand", _demand_lines(explained))
    _section(console, "Sources", ())
    console.print(_sources_table(explained))
    _section(console, "", _champion_lines(explained))
    _section(console, "Reorder point", _reorder_lines(explained))
    _section(console, "Order", _order_lines(explained))
    _section(console, "Assumed, not known", _assumed_lines(explained))


def _section(console: Console, heading: str, lines: Iterator[str] | tuple[str, ...]) -> None:
    if heading:
        console.print(f"\n[bold]{heading}")
    for line in lines:
        _print(console, f"  {line}")


def _print(console: Console, line: str) -> None:
    console.print(escape(line), highlight=False, soft_wrap=True)


def _demand_lines(explained: Explanation) -> Iterator[str]:
    history = explained.history
    if history is None:
        yield "No demand is on record."
        return
    periods = PERIODS[history.frequency]
    yield (
        f"{history.periods} {periods} from {history.first} to {history.last}, {history.demands} "
        f"of them with demand: {_n(history.total)} units, {_n(history.mean)} a period"
    )
    yield f"ADI = {history.periods} / {history.demands} = {_n(history.adi)}, {_adi(history)}"
    yield f"CV2 = variance / mean² of the demands above 0 = {_n(history.cv2)}, {_cv2(history)}"
    yield f"so the demand is {history.demand_class}{_published_class(history)}"


def _adi(history: DemandHistory) -> str:
    if history.adi < ADI_CUT_OFF:
        return f"below {ADI_CUT_OFF}: it comes often"
    return f"not below {ADI_CUT_OFF}: it comes seldom"


def _cv2(history: DemandHistory) -> str:
    if history.cv2 < CV2_CUT_OFF:
        return f"below {CV2_CUT_OFF}: in steady sizes"
    return f"not below {CV2_CUT_OFF}: in uneven sizes"


def _published_class(history: DemandHistory) -> str:
    if history.published_class in ("", history.demand_class):
        return ""
    return f" here; the item as a whole is {history.published_class}"


def _sources_table(explained: Explanation) -> Table:
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("")
    table.add_column("source")
    for name in ("ahead", "weight", "loss", "MASE", "bias", "in 80 %"):
        table.add_column(name, justify="right")
    table.add_column("runs on")
    for record in explained.sources:
        scores = record.scores
        table.add_row(
            "*" if record.source == explained.champion else "",
            record.source,
            _n(record.future_total) if record.ran else "-",
            _n(record.weight) if record.weight is not None else "",
            *(_n(scores[name]) if name in scores else "" for name in ("scaled_pinball", "mase")),
            *(_percent(scores[name]) if name in scores else "" for name in ("bias", "coverage_80")),
            escape(record.rule),
            style=None if record.ran else "dim",
        )
    return table


def _champion_lines(explained: Explanation) -> Iterator[str]:
    yield "* is the champion: its forecast is the one that stock is held against."
    yield "ahead: units forecast after the data's end; loss: scaled pinball loss, lower is better"
    champion = explained.record(explained.champion)
    if champion is not None and champion.scores:
        yield f"Judged over {champion.horizon} periods at {champion.origins} past cutoffs"
    elif champion is not None:
        yield "This series has too little history to be judged by itself"
    yield from _class_lines(explained)
    yield from _ensemble_lines(explained)


def _ensemble_lines(explained: Explanation) -> Iterator[str]:
    parts = [record for record in explained.sources if record.weight]
    if not parts:
        return
    summed = " + ".join(f"{_n(r.weight or 0.0)} x {_n(r.future_total)} ({r.source})" for r in parts)
    total = sum((r.weight or 0.0) * r.future_total for r in parts)
    kind = _class_of(explained)
    yield f"ensemble ahead, by the weights of {kind} series = {summed} = {_n(total)}"
    published = explained.record("ensemble")
    if published is not None and not _equal(total, published.future_total, WEIGHTS):
        yield f"made to add up over the locations, that became {_n(published.future_total)}"


def _class_lines(explained: Explanation) -> Iterator[str]:
    losses = explained.class_losses
    if explained.champion not in losses:
        return
    ordered = sorted(losses, key=lambda source: losses[source])
    listed = ", ".join(f"{source} {_n(losses[source])}" for source in ordered)
    yield f"Loss over all {_class_of(explained)} series: {listed}"


def _class_of(explained: Explanation) -> str:
    return explained.history.demand_class if explained.history else ""


def _reorder_lines(explained: Explanation) -> Iterator[str]:
    row, lead_time = explained.inventory, explained.lead_time
    assumed = text(row, "assumed").split(",")
    days = number(row, "lead_time_days")
    yield (
        f"Lead time {_n(days)} days{_flag('lead_time_days', assumed)}"
        f"{_lead_time_spread(number(row, 'lead_time_sd_days'))}, "
        f"service level {_percent(number(row, 'service_level'))}{_flag('service_level', assumed)}"
    )
    published = number(row, "reorder_point")
    if lead_time is None:
        yield f"Reorder point {_n(published)}; what it was made from is not published"
        return
    yield from _distribution_lines(lead_time)
    yield from _planned_lines(lead_time)
    yield (
        f"Reorder point = its {_percent(lead_time.level)} quantile = {_n(lead_time.quantile)} "
        f"units; published: {_n(published)}, {_agreement(lead_time.quantile, published)}"
    )
    stock = max(lead_time.quantile - lead_time.mean, 0.0)
    published_stock = number(row, "safety_stock")
    yield (
        f"Safety stock = {_n(lead_time.quantile)} - {_n(lead_time.mean)} = {_n(stock)} units; "
        f"published: {_n(published_stock)}, {_agreement(stock, published_stock)}"
    )
    if explained.textbook is not None:
        yield from _textbook_lines(explained.textbook)


def _distribution_lines(lead_time: LeadTimeSum) -> Iterator[str]:
    yield (
        f"Expected demand until an order placed now arrives: {_n(lead_time.mean)} units, "
        f"by {lead_time.source}"
    )
    if lead_time.drawn > lead_time.mean:
        yield f"A forecast of next to nothing is never certain: drawn as {_n(lead_time.drawn)}"
    yield (
        f"Its variance = mean x lot x (1 + excess) = {_n(lead_time.drawn)} x {_n(lead_time.lot)} "
        f"x (1 + {_n(lead_time.excess)}) = {_n(lead_time.variance)}"
    )
    yield (
        f"so it is negative binomial in lots of {_n(lead_time.lot)}: r = mean / (lot x excess) = "
        f"{_n(lead_time.shape)}, p = 1 / (1 + excess) = {_n(lead_time.chance)}"
    )


def _planned_lines(lead_time: LeadTimeSum) -> Iterator[str]:
    if lead_time.level > lead_time.asked:
        yield (
            f"Planned for {_percent(lead_time.level)}: at earlier cutoffs it took that to achieve "
            f"the {_percent(lead_time.asked)} asked"
        )


def _textbook_lines(textbook: TextbookFormula) -> Iterator[str]:
    yield (
        "The textbook's formula instead: d L + z sqrt(L sigma² + (d sigma_L)²) = "
        f"{_n(textbook.demand)} + {_n(textbook.z)} x sqrt({_n(textbook.periods)} x "
        f"{_n(textbook.sigma)}² + {_n(textbook.of_time)}²) = {_n(textbook.recomputed)} units; "
        f"published: {_n(textbook.reorder_point)}, "
        f"{_agreement(textbook.recomputed, textbook.reorder_point)}"
    )


def _lead_time_spread(sd_days: float) -> str:
    return f" give or take {_n(sd_days)}" if np.isfinite(sd_days) and sd_days > 0 else ""


def _order_lines(explained: Explanation) -> Iterator[str]:
    row = explained.inventory
    assumed = text(row, "assumed").split(",")
    stock, on_order = number(row, "current_stock"), np.nan_to_num(number(row, "on_order"))
    position, reorder_point = position_of(row), number(row, "reorder_point")
    if not np.isfinite(position + reorder_point):
        yield "Stock, lead time or service level is not known, so nothing can be said of orders."
        return
    above = position > reorder_point
    yield (
        f"Stock {_n(stock)}{_flag('current_stock', assumed)} + on order {_n(on_order)}"
        f"{_flag('on_order', assumed)} = {_n(position)}, "
        f"{'above' if above else 'not above'} the reorder point {_n(reorder_point)}"
    )
    if np.isfinite(number(row, "order_up_to")):
        yield (
            f"Order up to {_n(number(row, 'order_up_to'))}: the same quantile over lead time and "
            "review period"
        )
    if above or not number(row, "order_quantity") > 0:
        yield f"Nothing to order; status {text(row, 'status')}"
        return
    yield from _quantity_lines(explained)
    yield f"Order by {text(row, 'order_by') or '-'}; status {text(row, 'status')}"


def _quantity_lines(explained: Explanation) -> Iterator[str]:
    row, lead_time = explained.inventory, explained.lead_time
    published = number(row, "order_quantity")
    if row is None or lead_time is None or not np.isfinite(number(row, "order_up_to")):
        yield f"Order {_n(published)} units"
        return
    least, multiple = number(row, "minimum_order"), number(row, "order_multiple")
    bounds = [f"at least {_n(least)}"] if least > 0 else []
    bounds += [f"in multiples of {_n(multiple)}"] if multiple > 0 else []
    quantity = order_quantity(row, lead_time.lot)
    yield (
        f"Order {_n(number(row, 'order_up_to'))} - {_n(position_of(row))}"
        f"{', ' + ' and '.join(bounds) if bounds else ''} = {_n(quantity)} units; "
        f"published: {_n(published)}, {_agreement(quantity, published)}"
    )


def _assumed_lines(explained: Explanation) -> Iterator[str]:
    names = [*text(explained.inventory, "assumed").split(",")]
    names += text(explained.item, "assumed").split(",")
    listed = ", ".join(dict.fromkeys(name for name in names if name))
    yield f"Of this item: {listed or 'nothing'}"
    yield from explained.assumptions


def _flag(name: str, assumed: list[str]) -> str:
    return " (assumed)" if name in assumed else ""


def _agreement(found: float, published: float) -> str:
    return "equal" if _equal(found, published) else "NOT EQUAL"


def _equal(found: float, published: float, tolerance: float = CLOSE) -> bool:
    return abs(found - published) <= tolerance * max(1.0, abs(published))


def _n(value: float) -> str:
    """Return a number as short as it is still clear; a dash for none."""
    if not np.isfinite(value):
        return "∞" if value == np.inf else "-"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %" if np.isfinite(share) else "-"
