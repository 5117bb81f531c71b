"""Demand files: read, cleaned row by row, and laid out on a full calendar.

A demand file is long: one row per item and day with ``item_id``, ``date`` and ``quantity`` (or
``demand``), and ``location_id`` if there are several places. Rows of one item, place and day are
summed. Every row is either used or set aside with a reason; none is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray, distinct
from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.coverage import Span, scan, span_of
from ml_jobs.inputs.demand.demand_rows import (
    MOST_DAYS,
    DemandRows,
    refuse_unusable,
    series_days,
    without_bad_cells,
)
from ml_jobs.inputs.demand.exchanged_months import refuse_exchanged_months
from ml_jobs.inputs.demand.reasons import USED, RejectReason
from ml_jobs.inputs.demand.returns import settle_returns
from ml_jobs.inputs.demand.row_rules import NEGATIVE, USUAL, RowRules
from ml_jobs.inputs.demand.total_rows import total_notes, total_rows
from ml_jobs.inputs.files.source_file import SourceFile
from ml_jobs.inputs.locations import NETWORK_ONLY, Hierarchy
from ml_jobs.inputs.master_file import samples
from ml_jobs.inputs.styles import cells
from ml_jobs.inputs.styles.cells import Codes
from ml_jobs.inputs.styles.code_spelling import case_twins, is_fraction, zero_twins
from ml_jobs.inputs.styles.styles import StyleEvidence, Styles, evidence_of, styled
from ml_jobs.panel import NETWORK, Frequency, Panel

LARGEST_QUANTITY = 1e12
MINIMUM_PERIODS = 8
COLUMNS = (("item_id",), ("date",), ("quantity", "demand"))
DEFAULT_MIN_SALE_DAYS: Mapping[Frequency, int] = {
    Frequency.DAILY: 10,
    Frequency.WEEKLY: 10,
    Frequency.MONTHLY: 3,
}


def demand_of(
    source: SourceFile, *, today: date, rules: RowRules = USUAL, styles: Styles | None = None
) -> DemandRows:
    """Return the rows of *source* as demand; dates after *today* are set aside.

    Where several files share one way of writing numbers and dates, *styles* is theirs.

    Raises:
        InputError: It lacks a column, has no usable row, or negative ones against the *rules*; or
            its numbers or dates can be read in two ways.
    """
    item, day, quantity = _columns(source)
    location = source.find("location_id")
    source, found = styled(source, numbers=[quantity], dates=[day], today=today, styles=styles)
    rows = DemandRows(
        source,
        items=cells.codes(source, item),
        days=cells.days(source, day, found.dates),
        quantities=cells.numbers(source, quantity, found.numbers),
        reasons=np.full(source.table.num_rows, USED, np.int8),
        locations=cells.codes(source, location) if location else None,
    )
    if rules.sign == NEGATIVE:
        rows = replace(rows, quantities=-rows.quantities)
    rows = without_bad_cells(rows, today).set_aside(
        {RejectReason.QUANTITY_OUT_OF_RANGE: np.abs(rows.quantities) > LARGEST_QUANTITY}
    )
    refuse_exchanged_months(rows)
    rows = rows.set_aside({RejectReason.TOTAL_ROW: total_rows(rows)})
    rows = settle_returns(rows, rules)
    refuse_unusable(rows)
    return replace(rows, notes=(*_notes(rows), *total_notes(rows), *rows.notes))


def demand_evidence(source: SourceFile) -> StyleEvidence:
    """Return what a demand file shows of how its numbers and dates are written.

    Raises:
        InputError: It lacks a column.
    """
    _, day, quantity = _columns(source)
    return evidence_of(source, numbers=[quantity], dates=[day])


def build_panel(
    rows: DemandRows,
    frequency: Frequency,
    *,
    min_sale_days: int,
    today: date,
    hierarchy: Hierarchy = NETWORK_ONLY,
    span: Span | None = None,
) -> tuple[Panel, DemandRows]:
    """Lay the used rows out on the full calendar of *frequency*, at every level of *hierarchy*.

    There is a series for each item and place with demand and for every place above it, whose
    demand is the sum of those below; with the network alone, all places are summed to it. The
    calendar ends with the last period that the file covers, whichever items are kept. A last week
    or month that is not over on *today*, the day of the forecast, is left out, since its total
    would read as a slump; so are days far from all others, and items with fewer than
    *min_sale_days* days of demand above zero in the whole network. All of them are set aside in
    the rows returned.

    *span* has the periods of the calendar, where other files share it. Then the calendar may begin
    before any series, and there may be no series at all.

    Raises:
        InputError: Nothing or too short a calendar is left, or demand stands on a place that
            has others below it.
    """
    alone = span is None
    span = span or span_of(scan(rows), frequency, today=today)
    running = frequency.first_days(rows.days) > span.last
    rows = rows.set_aside(
        {
            RejectReason.FAR_DATE: span.is_far(rows.days, frequency),
            RejectReason.INCOMPLETE_PERIOD: running,
        }
    )
    rows = _without_rare_items(rows, min_sale_days)
    if alone:
        refuse_unusable(rows)
        span = replace(span, first=frequency.first_days(rows.days[rows.used]).min())
    return _lay_out(rows, frequency, span, hierarchy), rows


def panel_since(panel: Panel, first: np.datetime64) -> Panel:
    """Return *panel* from the period that begins on *first*; no series may begin before it."""
    cut = int(np.searchsorted(panel.dates, first))
    return replace(
        panel, dates=panel.dates[cut:], demand=panel.demand[:, cut:], starts=panel.starts - cut
    )


def _columns(source: SourceFile) -> tuple[str, str, str]:
    """Return the columns of the item, the day and the quantity."""
    if source.find("stock_code") and not source.find("item_id"):
        raise InputError(
            file=source.name, problem="seems to hold invoice lines; read it with --invoices"
        )
    item, day, quantity = source.require(*COLUMNS)
    return item, day, quantity


def _notes(rows: DemandRows) -> tuple[str, ...]:
    used = rows.used
    notes = []
    if repeated := int(used.sum()) - len(distinct(series_days(rows)[used])):
        notes.append(f"{repeated} row(s) repeat an item and day; their quantities were summed")
    for what, codes in (("item", rows.items), ("location", rows.locations)):
        if codes:
            notes += spelling_notes(what, codes.of(used).values)
    return tuple(notes)


def spelling_notes(what: str, codes: Sequence[str]) -> Iterator[str]:
    """Yield sentences about *codes* of *what* that may be spelt otherwise than they should be."""
    for twins, how in (
        (case_twins(codes), "in several letter cases"),
        (zero_twins(codes), "with and without zeros in front"),
    ):
        if twins:
            pairs = samples([" and ".join(group) for group in twins])
            yield f"{len(twins):,} {what}(s) are spelt {how}, each counts by itself: {pairs}"
    if all(map(is_fraction, codes)):
        yield (
            f"every {what} ends like {codes[0]}, as codes do that a program took for fractions; "
            "export them as text if the zero is not part of them"
        )


def _without_rare_items(rows: DemandRows, min_sale_days: int) -> DemandRows:
    sold = rows.used & (rows.quantities > 0)
    sold_on = distinct(rows.items.places[sold] * MOST_DAYS + rows.days[sold].astype(np.int64))
    sale_days = np.bincount(sold_on // MOST_DAYS, minlength=len(rows.items.values))
    rare = sale_days[rows.items.places] < max(min_sale_days, 1)
    return rows.set_aside({RejectReason.TOO_FEW_SALE_DAYS: rare})


def _lay_out(rows: DemandRows, frequency: Frequency, span: Span, hierarchy: Hierarchy) -> Panel:
    dates = span.calendar(frequency)
    if len(dates) < MINIMUM_PERIODS:
        raise InputError(
            file=rows.source.name,
            problem=f"covers {len(dates):,} period(s) of frequency {frequency.value}; "
            f"at least {MINIMUM_PERIODS} are needed to forecast",
        )
    used = rows.used
    items = rows.items.of(used)
    lowest = items.places * len(hierarchy.locations) + _nodes(rows, hierarchy)
    keys = _with_ancestors(lowest, hierarchy)
    series = np.searchsorted(keys, lowest)
    column = np.searchsorted(dates, frequency.first_days(rows.days[used]))
    shape = (len(keys), len(dates))
    starts = np.full(shape[0], shape[1], dtype=np.int64)
    np.minimum.at(starts, series, column)
    totals = np.bincount(series * shape[1] + column, rows.quantities[used], shape[0] * shape[1])
    demand = np.asarray(totals, dtype=np.float64).reshape(shape)
    _sum_up(demand, starts, keys, hierarchy)
    demand[np.arange(shape[1]) < starts[:, None]] = np.nan
    item, node = np.divmod(keys, len(hierarchy.locations))
    return Panel(
        tuple(items.values[place] for place in item.tolist()),
        tuple(hierarchy.location_ids[place] for place in node.tolist()),
        dates,
        demand,
        starts,
        frequency,
    )


def _nodes(rows: DemandRows, hierarchy: Hierarchy) -> IntArray:
    """Return the place in *hierarchy* of each used row; refuse one that has others below it."""
    used = rows.used
    if hierarchy.is_flat:
        return np.zeros(int(used.sum()), np.int64)
    locations = rows.locations or Codes((NETWORK,), np.zeros(len(used), np.int64))
    found = locations.of(used)
    place = {code: number for number, code in enumerate(hierarchy.location_ids)}
    inner = [code for code in found.values if not hierarchy.is_leaf[place[code]]]
    if inner:
        raise InputError(
            file=rows.source.name,
            problem=(
                f"has demand at {samples(inner)}, with other locations below; demand must stand on "
                "the lowest ones: give what belongs to none of them a location of its own"
            ),
        )
    return np.array([place[code] for code in found.values], np.int64)[found.places]


def _with_ancestors(lowest: IntArray, hierarchy: Hierarchy) -> IntArray:
    """Return the keys of all series, sorted: item times locations, plus location."""
    width = len(hierarchy.locations)
    above = distinct(lowest)
    keys = [above]
    while above.size:
        item, node = np.divmod(above, width)
        parent = hierarchy.parents[node]
        above = distinct((item * width + parent)[parent >= 0])
        keys.append(above)
    return distinct(np.concatenate(keys))


def _sum_up(demand: FloatArray, starts: IntArray, keys: IntArray, hierarchy: Hierarchy) -> None:
    """Add the demand of every series to that of the place above, from the lowest upwards."""
    item, node = np.divmod(keys, len(hierarchy.locations))
    for depth in range(int(hierarchy.depths.max()), 0, -1):
        (below,) = np.nonzero(hierarchy.depths[node] == depth)
        above = item[below] * len(hierarchy.locations) + hierarchy.parents[node[below]]
        parent = np.searchsorted(keys, above)
        order = np.argsort(parent, kind="stable")
        parents, first = np.unique(parent[order], return_index=True)
        if parents.size:
            demand[parents] += np.add.reduceat(demand[below[order]], first, axis=0)
        np.minimum.at(starts, parent, starts[below])
