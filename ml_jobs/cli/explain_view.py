"""An explanation in a terminal: every formula with the numbers put in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from scipy import stats

from datalayer.kernel.contract.registry import Registry
from ml_jobs.classification import ADI_CUT_OFF, CV2_CUT_OFF
from ml_jobs.cli.action_lines import action_lines
from ml_jobs.cli.explanation import (
    Explanation,
    LeadTimeSum,
    Row,
    moved_of,
    number,
    order_quantity,
    position_of,
    text,
)
from ml_jobs.cli.figures import beside, is_equal, percent, short
from ml_jobs.cli.terminal import print_line
from ml_jobs.panel import Frequency

PERIODS = {Frequency.DAILY: "days", Frequency.WEEKLY: "weeks", Frequency.MONTHLY: "months"}
WEIGHTS = 1e-3  # they are published with four digits


def show_explanation(console: Console, explained: Explanation, registry: Registry) -> None:
    """Show all of it, from demand to what is to be done."""
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
        ("What to do", lambda each: action_lines(each, registry)),
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
        f"{history.demands} of them with demand: {short(history.total)} units, "
        f"{short(history.mean)} a period"
    )
    often = history.adi < ADI_CUT_OFF
    yield (
        f"ADI = {history.periods} / {history.demands} = {short(history.adi)}, "
        f"{'' if often else 'not '}below {ADI_CUT_OFF}: it comes {'often' if often else 'seldom'}"
    )
    steady = history.cv2 < CV2_CUT_OFF
    yield (
        f"CV2 = variance / mean² of the demands above 0 = {short(history.cv2)}, "
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
        figures = [short(number(record.scores, name)) for name in ("scaled_pinball", "mase")]
        shares = [percent(number(record.scores, name)) for name in ("bias", "coverage_80")]
        ran = record.future_total is not None
        table.add_row(
            "*" if source == explained.champion else "",
            source,
            short(record.future_total or 0.0) if ran else "-",
            "" if record.weight is None else short(record.weight),
            *([*figures, *shares] if record.scores else [""] * 4),
            escape(record.rule),
            style=None if ran else "dim",
        )
    return table


def _champion_lines(explained: Explanation) -> Iterator[str]:
    yield (
        "* is the champion, the best of its demand class over many parts: its forecast is the one "
        "that stock is held against."
    )
    yield "ahead: units forecast after the data's end; loss: scaled pinball loss, lower is better"
    champion = explained.sources.get(explained.champion)
    if champion is not None and champion.scores:
        horizon, cutoffs = (champion.scores[name] for name in ("horizon", "n_origins"))
        yield f"Judged over {horizon} periods at {cutoffs} past cutoffs"
        yield from _verdict_lines(champion.scores)
    elif champion is not None:
        yield "This series has too little history to be judged by itself"
    losses = explained.class_losses
    if explained.champion in losses:
        ordered = sorted(losses, key=lambda source: losses[source])
        listed = ", ".join(f"{source} {short(losses[source])}" for source in ordered)
        yield f"Loss over all {explained.demand_class} series: {listed}"
    yield from _ensemble_lines(explained)


def _verdict_lines(scores: Row) -> Iterator[str]:
    verdict = text(scores, "verdict")
    if not verdict:
        return
    value, low, high = (number(scores, name) for name in ("fva_vs_naive", "fva_low", "fva_high"))
    yield (
        f"On this part: {verdict} than naive" if verdict != "alike" else "On this part: as naive"
    ) + (
        f", value added {percent(value)}, between {percent(low)} and {percent(high)} "
        f"by {short(number(scores, 'n_origins'))} tests"
    )


def _ensemble_lines(explained: Explanation) -> Iterator[str]:
    parts = [
        (source, record.weight, record.future_total)
        for source, record in explained.sources.items()
        if record.weight and record.future_total is not None
    ]
    if not parts:
        return
    summed = " + ".join(
        f"{short(weight)} x {short(ahead)} ({source})" for source, weight, ahead in parts
    )
    total = sum(weight * ahead for _, weight, ahead in parts)
    ended = explained.history is not None and explained.history.ended
    kind = "ended" if ended else explained.demand_class
    yield f"ensemble ahead, by the weights of {kind} series = {summed} = {short(total)}"
    ensemble = explained.sources.get("ensemble")
    published = ensemble.future_total if ensemble else None
    if published is not None and not is_equal(total, published, WEIGHTS):
        yield f"made to add up over the locations, that became {short(published)}"


def _reorder_lines(explained: Explanation) -> Iterator[str]:
    row, lead_time = explained.inventory, explained.lead_time
    assumed = text(row, "assumed").split(",")
    days, spread = number(row, "lead_time_days"), number(row, "lead_time_sd_days")
    yield (
        f"Lead time {short(days)} days{_flag('lead_time_days', assumed)}"
        f"{f' give or take {short(spread)}' if np.isfinite(spread) and spread > 0 else ''}, "
        f"service level {percent(number(row, 'service_level'))}{_flag('service_level', assumed)}"
    )
    published = number(row, "reorder_point")
    if lead_time is None:
        yield f"Reorder point {short(published)}; what it was made from is not published"
        return
    yield from _distribution_lines(lead_time)
    if lead_time.level > lead_time.asked:
        yield (
            f"Planned for {percent(lead_time.level)}: at earlier cutoffs it took that to achieve "
            f"the {percent(lead_time.asked)} asked"
        )
    yield (
        f"Reorder point = its {percent(lead_time.level)} quantile = {short(lead_time.quantile)} "
        f"units; {beside(lead_time.quantile, published)}"
    )
    stock = max(lead_time.quantile - lead_time.mean, 0.0)
    yield (
        f"Safety stock = {short(lead_time.quantile)} - {short(lead_time.mean)} = "
        f"{short(stock)} units; "
        f"{beside(stock, number(row, 'safety_stock'))}"
    )
    yield from _textbook_lines(explained, lead_time)


def _distribution_lines(lead_time: LeadTimeSum) -> Iterator[str]:
    yield (
        f"Expected demand until an order placed now arrives: {short(lead_time.mean)} units, "
        f"by {lead_time.source}"
    )
    if lead_time.drawn > lead_time.mean:
        yield f"A forecast of next to nothing is never certain: drawn as {short(lead_time.drawn)}"
    mean, lot, excess = lead_time.drawn, lead_time.lot, lead_time.excess
    yield (
        f"Its variance = mean x lot x (1 + excess) = {short(mean)} x {short(lot)} x "
        f"(1 + {short(excess)}) = {short(mean * lot * (1.0 + excess))}"
    )
    yield (
        f"so it is negative binomial in lots of {short(lot)}: r = mean / (lot x excess) = "
        f"{short(mean / (lot * excess))}, p = 1 / (1 + excess) = {short(1.0 / (1.0 + excess))}"
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
        f"{short(mean)} + {short(z)} x sqrt({short(periods)} x "
        f"{short(history.sigma)}² + {short(of_time)}²) = {short(reorder_point)} units; "
        f"{beside(reorder_point, published)}"
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
    moved = f" + moves {short(moved_of(row))}" if moved_of(row) else ""
    yield (
        f"Stock {short(stock)}{_flag('current_stock', assumed)}{moved} + on order "
        f"{short(on_order)}{_flag('on_order', assumed)} = {short(position)}, "
        f"{'' if above else 'not '}above the reorder point {short(reorder_point)}"
    )
    up_to = number(row, "order_up_to")
    if np.isfinite(up_to):
        yield f"Order up to {short(up_to)}: the same quantile over lead time and review period"
    if above or not number(row, "order_quantity") > 0:
        yield f"Nothing to order; status {text(row, 'status')}"
        return
    yield from _quantity_lines(explained)
    yield f"Order by {text(row, 'order_by') or '-'}; status {text(row, 'status')}"


def _quantity_lines(explained: Explanation) -> Iterator[str]:
    row, lead_time = explained.inventory, explained.lead_time
    published, up_to = number(row, "order_quantity"), number(row, "order_up_to")
    if lead_time is None or not np.isfinite(up_to):
        yield f"Order {short(published)} units"
        return
    least, multiple = number(row, "minimum_order"), number(row, "order_multiple")
    bounds = [f"at least {short(least)}"] if least > 0 else []
    bounds += [f"in multiples of {short(multiple)}"] if multiple > 0 else []
    quantity = order_quantity(row, lead_time.lot)
    yield (
        f"Order {short(up_to)} - {short(position_of(row))}"
        f"{', ' + ' and '.join(bounds) if bounds else ''} = {short(quantity)} units; "
        f"{beside(quantity, published)}"
    )


def _assumed_lines(explained: Explanation) -> Iterator[str]:
    rows = (explained.inventory, explained.item)
    names = [name for row in rows for name in text(row, "assumed").split(",") if name]
    yield f"Of this item: {', '.join(dict.fromkeys(names)) or 'nothing'}"
    sentences = explained.gold.lineage.get("assumptions")
    if sentences:
        yield "By these rules of the publication, each where something is not known:"
    for each in sentences if isinstance(sentences, list) else []:
        yield text(each, "en") if isinstance(each, dict) else str(each)


def _flag(name: str, assumed: list[str]) -> str:
    return " (assumed)" if name in assumed else ""
