"""An explanation in a terminal: every formula with the numbers put in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from scipy import stats

from ml_jobs.classification import ADI_CUT_OFF, CV2_CUT_OFF
from ml_jobs.cli.explanation import (
    Explanation,
    LeadTimeSum,
    number,
    order_quantity,
    position_of,
    text,
)
from ml_jobs.cli.terminal import print_line
from ml_jobs.panel import Frequency

PERIODS = {Frequency.DAILY: "days", Frequency.WEEKLY: "weeks", Frequency.MONTHLY: "months"}
CLOSE = 1e-6
WEIGHTS = 1e-3  # they are published with four digits


def show_explanation(console: Console, explained: Explanation) -> None:
    """Show all of it, from demand to order."""
    gold, row = explained.gold, explained.inventory
    names = (text(explained.item, name) for name in ("item_id", "name"))
    title = f"{' '.join(filter(None, names))}, {text(row, 'location_id')}"
    console.rule(f"[bold]{escape(title)}", align="left", characters="─")
    print_line(
        console,
        f"Publication {gold.title}, model {gold.model_version}, demand to {gold.data_through}",
    )
    for heading, lines in (
        ("Demand", _demand_lines),
        ("Sources", _champion_lines),
        ("Reorder point", _reorder_lines),
        ("Order", _order_lines),
        ("Assumed, not known", _assumed_lines),
    ):
        console.print(f"\n[bold]{heading}")
        if heading == "Sources":
            console.print(_sources_table(explained))
        for line in lines(explained):
            print_line(console, f"  {line}")


def _demand_lines(explained: Explanation) -> Iterator[str]:
    history = explained.history
    if history is None:
        yield "No demand is on record."
        return
    yield (
        f"{history.periods} {PERIODS[history.frequency]} from {history.first} to {history.last}, "
        f"{history.demands} of them with demand: {_n(history.total)} units, "
        f"{_n(history.mean)} a period"
    )
    often = history.adi < ADI_CUT_OFF
    yield (
        f"ADI = {history.periods} / {history.demands} = {_n(history.adi)}, "
        f"{'' if often else 'not '}below {ADI_CUT_OFF}: it comes {'often' if often else 'seldom'}"
    )
    steady = history.cv2 < CV2_CUT_OFF
    yield (
        f"CV2 = variance / mean² of the demands above 0 = {_n(history.cv2)}, "
        f"{'' if steady else 'not '}below {CV2_CUT_OFF}: "
        f"in {'steady' if steady else 'uneven'} sizes"
    )
    published = text(explained.item, "demand_class")
    other = published not in ("", history.demand_class)
    yield (
        f"so the demand is {history.demand_class}"
        f"{f' here; the item as a whole is {published}' if other else ''}"
    )
    if history.ended:
        yield (
            "Neither seasons nor chance explain how long there was none: it counts as ended, and "
            "the ensemble follows a source that forgets"
        )


def _sources_table(explained: Explanation) -> Table:
    table = Table("", "source", box=None, pad_edge=True, header_style="dim")
    for name in ("ahead", "weight", "loss", "MASE", "bias", "in 80 %"):
        table.add_column(name, justify="right")
    table.add_column("runs on")
    for source, record in explained.sources.items():
        figures = [_n(number(record.scores, name)) for name in ("scaled_pinball", "mase")]
        shares = [_percent(number(record.scores, name)) for name in ("bias", "coverage_80")]
        ran = record.future_total is not None
        table.add_row(
            "*" if source == explained.champion else "",
            source,
            _n(record.future_total or 0.0) if ran else "-",
            "" if record.weight is None else _n(record.weight),
            *([*figures, *shares] if record.scores else [""] * 4),
            escape(record.rule),
            style=None if ran else "dim",
        )
    return table


def _champion_lines(explained: Explanation) -> Iterator[str]:
    yield "* is the champion: its forecast is the one that stock is held against."
    yield "ahead: units forecast after the data's end; loss: scaled pinball loss, lower is better"
    champion = explained.sources.get(explained.champion)
    if champion is not None and champion.scores:
        horizon, cutoffs = (champion.scores[name] for name in ("horizon", "n_origins"))
        yield f"Judged over {horizon} periods at {cutoffs} past cutoffs"
    elif champion is not None:
        yield "This series has too little history to be judged by itself"
    losses = explained.class_losses
    if explained.champion in losses:
        ordered = sorted(losses, key=lambda source: losses[source])
        listed = ", ".join(f"{source} {_n(losses[source])}" for source in ordered)
        yield f"Loss over all {explained.demand_class} series: {listed}"
    yield from _ensemble_lines(explained)


def _ensemble_lines(explained: Explanation) -> Iterator[str]:
    parts = [
        (source, record.weight, record.future_total)
        for source, record in explained.sources.items()
        if record.weight and record.future_total is not None
    ]
    if not parts:
        return
    summed = " + ".join(f"{_n(weight)} x {_n(ahead)} ({source})" for source, weight, ahead in parts)
    total = sum(weight * ahead for _, weight, ahead in parts)
    ended = explained.history is not None and explained.history.ended
    kind = "ended" if ended else explained.demand_class
    yield f"ensemble ahead, by the weights of {kind} series = {summed} = {_n(total)}"
    ensemble = explained.sources.get("ensemble")
    published = ensemble.future_total if ensemble else None
    if published is not None and not _equal(total, published, WEIGHTS):
        yield f"made to add up over the locations, that became {_n(published)}"


def _reorder_lines(explained: Explanation) -> Iterator[str]:
    row, lead_time = explained.inventory, explained.lead_time
    assumed = text(row, "assumed").split(",")
    days, spread = number(row, "lead_time_days"), number(row, "lead_time_sd_days")
    yield (
        f"Lead time {_n(days)} days{_flag('lead_time_days', assumed)}"
        f"{f' give or take {_n(spread)}' if np.isfinite(spread) and spread > 0 else ''}, "
        f"service level {_percent(number(row, 'service_level'))}{_flag('service_level', assumed)}"
    )
    published = number(row, "reorder_point")
    if lead_time is None:
        yield f"Reorder point {_n(published)}; what it was made from is not published"
        return
    yield from _distribution_lines(lead_time)
    if lead_time.level > lead_time.asked:
        yield (
            f"Planned for {_percent(lead_time.level)}: at earlier cutoffs it took that to achieve "
            f"the {_percent(lead_time.asked)} asked"
        )
    yield (
        f"Reorder point = its {_percent(lead_time.level)} quantile = {_n(lead_time.quantile)} "
        f"units; {_beside(lead_time.quantile, published)}"
    )
    stock = max(lead_time.quantile - lead_time.mean, 0.0)
    yield (
        f"Safety stock = {_n(lead_time.quantile)} - {_n(lead_time.mean)} = {_n(stock)} units; "
        f"{_beside(stock, number(row, 'safety_stock'))}"
    )
    yield from _textbook_lines(explained, lead_time)


def _distribution_lines(lead_time: LeadTimeSum) -> Iterator[str]:
    yield (
        f"Expected demand until an order placed now arrives: {_n(lead_time.mean)} units, "
        f"by {lead_time.source}"
    )
    if lead_time.drawn > lead_time.mean:
        yield f"A forecast of next to nothing is never certain: drawn as {_n(lead_time.drawn)}"
    mean, lot, excess = lead_time.drawn, lead_time.lot, lead_time.excess
    yield (
        f"Its variance = mean x lot x (1 + excess) = {_n(mean)} x {_n(lot)} x (1 + {_n(excess)}) = "
        f"{_n(mean * lot * (1.0 + excess))}"
    )
    yield (
        f"so it is negative binomial in lots of {_n(lot)}: r = mean / (lot x excess) = "
        f"{_n(mean / (lot * excess))}, p = 1 / (1 + excess) = {_n(1.0 / (1.0 + excess))}"
    )


def _textbook_lines(explained: Explanation, lead_time: LeadTimeSum) -> Iterator[str]:
    row, history, mean = explained.inventory, explained.history, lead_time.mean
    published = number(row, "textbook_reorder_point")
    if history is None or not np.isfinite(published):
        return
    days, spread = number(row, "lead_time_days"), number(row, "lead_time_sd_days")
    z = float(stats.norm.ppf(lead_time.asked))
    periods = days / history.frequency.days_per_step
    # What the uncertain lead time adds to the standard deviation, in units.
    of_time = mean / days * float(np.nan_to_num(spread)) if days > 0 else 0.0
    deviation = float(np.sqrt(periods * history.sigma**2 + of_time**2))
    reorder_point = max(mean + z * deviation, 0.0)
    yield (
        "The textbook's formula instead: d L + z sqrt(L sigma² + (d sigma_L)²) = "
        f"{_n(mean)} + {_n(z)} x sqrt({_n(periods)} x "
        f"{_n(history.sigma)}² + {_n(of_time)}²) = {_n(reorder_point)} units; "
        f"{_beside(reorder_point, published)}"
    )


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
        f"{'' if above else 'not '}above the reorder point {_n(reorder_point)}"
    )
    up_to = number(row, "order_up_to")
    if np.isfinite(up_to):
        yield f"Order up to {_n(up_to)}: the same quantile over lead time and review period"
    if above or not number(row, "order_quantity") > 0:
        yield f"Nothing to order; status {text(row, 'status')}"
        return
    yield from _quantity_lines(explained)
    yield f"Order by {text(row, 'order_by') or '-'}; status {text(row, 'status')}"


def _quantity_lines(explained: Explanation) -> Iterator[str]:
    row, lead_time = explained.inventory, explained.lead_time
    published, up_to = number(row, "order_quantity"), number(row, "order_up_to")
    if lead_time is None or not np.isfinite(up_to):
        yield f"Order {_n(published)} units"
        return
    least, multiple = number(row, "minimum_order"), number(row, "order_multiple")
    bounds = [f"at least {_n(least)}"] if least > 0 else []
    bounds += [f"in multiples of {_n(multiple)}"] if multiple > 0 else []
    quantity = order_quantity(row, lead_time.lot)
    yield (
        f"Order {_n(up_to)} - {_n(position_of(row))}"
        f"{', ' + ' and '.join(bounds) if bounds else ''} = {_n(quantity)} units; "
        f"{_beside(quantity, published)}"
    )


def _assumed_lines(explained: Explanation) -> Iterator[str]:
    rows = (explained.inventory, explained.item)
    names = [name for row in rows for name in text(row, "assumed").split(",") if name]
    yield f"Of this item: {', '.join(dict.fromkeys(names)) or 'nothing'}"
    sentences = explained.gold.lineage.get("assumptions")
    for each in sentences if isinstance(sentences, list) else []:
        yield text(each, "en") if isinstance(each, dict) else str(each)


def _flag(name: str, assumed: list[str]) -> str:
    return " (assumed)" if name in assumed else ""


def _beside(found: float, published: float) -> str:
    agreement = "equal" if _equal(found, published) else "NOT EQUAL"
    return f"published: {_n(published)}, {agreement}"


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
