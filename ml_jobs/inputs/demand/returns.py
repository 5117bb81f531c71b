"""Negative rows of demand: goods that came back, or issues written with a minus."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_rows import DemandRows, series_of
from ml_jobs.inputs.demand.reasons import RejectReason, first_sample
from ml_jobs.inputs.demand.row_rules import IGNORE, NEGATIVE, REFUSE, RowRules

_ROUNDING = 1e-9  # what is left of a unit after sums of fractions


@dataclass(frozen=True)
class _Netted:
    """What returns did to earlier rows; shape (rows,) each.

    Attributes:
        quantities: Of every row, less what came back.
        left: Units of each return that no earlier demand was there for.
    """

    quantities: FloatArray
    left: FloatArray


def settle_returns(rows: DemandRows, rules: RowRules) -> DemandRows:
    """Return *rows* without negative ones that are used, as *rules* say.

    A return lessens the latest earlier demand of its item and place (of the same day too), so that
    no period's demand becomes negative. What is left of it is set aside, named in a note.

    Raises:
        InputError: Most rows are negative, so that they are no returns; or *rules* want none.
    """
    negative = rows.used & (rows.quantities < 0)
    if not negative.any():
        return rows
    if rules.returns == IGNORE:
        return rows.set_aside({RejectReason.NEGATIVE_QUANTITY: negative})
    if rules.returns == REFUSE:
        raise InputError(
            file=rows.source.name,
            problem=f"has {int(negative.sum())} row(s) with a negative quantity "
            f"({first_sample(rows.source, negative)}), and --returns refuse allows none; "
            "--returns net takes them from earlier demand, ignore sets them aside",
        )
    if rules.returns is None:
        _refuse_mostly_negative(rows, negative, rules)
    return _net(rows, negative)


def _refuse_mostly_negative(rows: DemandRows, negative: BoolArray, rules: RowRules) -> None:
    positive = rows.used & (rows.quantities > 0)
    if negative.sum() <= positive.sum():
        return
    turn = (
        "with --sign negative, which turns every quantity; without it they would be positive"
        if rules.sign == NEGATIVE
        else "--sign negative turns the sign, as goods issues of SAP need it"
    )
    raise InputError(
        file=rows.source.name,
        problem=f"has {int(negative.sum())} row(s) with a negative quantity "
        f"({first_sample(rows.source, negative)}) and {int(positive.sum())} with a positive one; "
        f"consumption must be positive ({turn}; if they are returns all the same, "
        "--returns net takes them from earlier demand, and --returns ignore sets them aside)",
    )


def _net(rows: DemandRows, negative: BoolArray) -> DemandRows:
    netted = _take_back(rows, negative)
    left = netted.left[negative]
    unmatched = np.zeros_like(negative)
    unmatched[negative] = left > 0
    returned = -rows.quantities[negative].sum()
    items = len(rows.items.of(negative).values)
    note = (
        f"{int(negative.sum()):,} row(s) of {items:,} item(s) are returns, "
        f"{returned:.10g} unit(s); {returned - left.sum():.10g} were "
        f"taken from earlier demand of the item and place"
    )
    if unmatched.any():
        note += (
            f", and {left.sum():.10g} had none to be taken from and were set aside "
            f"({int(unmatched.sum())} row(s), such as {first_sample(rows.source, unmatched)})"
        )
    settled = replace(rows, quantities=netted.quantities).set_aside(
        {RejectReason.UNMATCHED_RETURN: unmatched, RejectReason.RETURNED: negative}
    )
    return replace(settled, notes=(*settled.notes, note))


def _take_back(rows: DemandRows, negative: BoolArray) -> _Netted:
    quantities, left = rows.quantities.copy(), np.zeros(len(negative))
    series = series_of(rows)
    concerned = rows.used & np.isin(series, series[negative]) & (quantities != 0)
    (order,) = np.nonzero(concerned)
    # On one day demand counts as earlier than returns; else the file's order holds.
    order = order[np.lexsort((negative[order], rows.days[order]))]
    earlier: defaultdict[int, list[int]] = defaultdict(list)
    for row, of in zip(order.tolist(), series[order].tolist(), strict=True):
        if not negative[row]:
            earlier[of].append(row)
            continue
        rest = -float(quantities[row])
        while rest > 0 and earlier[of]:
            sale = earlier[of][-1]
            taken = min(rest, float(quantities[sale]))
            rest -= taken
            quantities[sale] -= taken
            if quantities[sale] <= _ROUNDING * taken:
                quantities[sale] = 0.0
                earlier[of].pop()
        left[row] = rest if rest > _ROUNDING * -float(quantities[row]) else 0.0
    return _Netted(quantities, left)
