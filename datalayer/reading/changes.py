"""What changed for each part from one publication to another, and what that adds up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalayer.reading.negative_binomial import FloatArray
from datalayer.reading.order_causes import MICRO, IntArray, OrderCause, explain
from datalayer.reading.order_rule import OrderInputs
from datalayer.reading.publication import Publication
from datalayer.reading.questions.changes import forecast_end, planned_parts
from datalayer.reading.questions.locations import NETWORK
from datalayer.reading.stock_used import stock_used

AMOUNTS = ("forecast_total", "reorder_point", "order_quantity")
"""Figures that are compared and add up, in units; exact decimals."""

CAUSES = tuple(f"cause_{cause}" for cause in OrderCause)
"""What the change of order_quantity is made of, in units; exact decimals that add up to it."""

INPUTS = ("position", "lead_time_demand", "lead_time_days", "planned_service_level", "order_up_to")
"""What a proposed order rests on, before and after; null where a publication doesn't say."""

_EXACT = {"reorder_point": "reorder_level", "order_quantity": "ordered"}  # decimals, in the SQL
_COMPARED = ("forecast_total", *_EXACT.values(), "status", "source")
_DESCRIBED = ("name", "category", "demand_class")
_OF_THE_PART = ("unit", "unit_cost", "is_forecast")
_ENDS = ("before", "after")
_AMOUNT = pa.decimal128(30, 6)
_NOTHING = pa.scalar(0, pa.int64())


class ChangeKind(StrEnum):
    """Why a part is in the list of changes."""

    NEW = "new"
    DROPPED = "dropped"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True)
class Changes:
    """The difference of two publications at one place.

    Attributes:
        span: First and last of the future dates that both forecast, over which the forecasts are
            summed; None where the two share none, and all forecasts are 0.
        parts: A row for every part of either, at a place other than the network those with stock
            or forecasts there: rank (from 1), item_id, name, category, demand_class (as in the
            publication after, where it has the part), reason, unit, unit_cost and is_forecast of
            both (what is counted, what one costs, whether anything is forecast in the span; null
            where it isn't there or not known), and for each of ``AMOUNTS`` x
            x_before, x_after (null where the publication doesn't say) and x_change (null counts
            as 0), then ``CAUSES``, used and added (what demand took from stock and open orders and
            what else came to them, units; null where not known), status_before, status_after,
            source_before, source_after, tier_before, tier_after (null without an action), and
            the before and after of ``INPUTS``. The greatest change of the order comes first, then
            that of the forecast.
    """

    span: tuple[date, date] | None
    parts: pa.Table

    def parts_with(self, kept: Mapping[str, Sequence[str]]) -> pa.Table:
        """Return the rows of ``parts`` that have one of the values of *kept* in each column."""
        parts = self.parts
        for name, values in kept.items():
            if values:
                parts = parts.filter(pc.is_in(parts[name], pa.array(values, pa.string())))
        return parts

    def totals(self) -> dict[str, object]:
        """Return the number of parts and the sums of every amount's before, after and change.

        The sums of ``CAUSES`` are there as well.
        """
        (totals,) = _sums(self.parts, ()).to_pylist()
        return dict(totals)

    def by(self, column: str) -> list[dict[str, object]]:
        """Return the same for every value of *column*: a text column of ``parts``.

        Each change adds up to that of ``totals``, to the last digit. Null counts as "none".
        """
        named = self.parts.set_column(
            self.parts.column_names.index(column),
            column,
            pc.fill_null(self.parts[column], "none"),
        )
        rows: list[dict[str, object]] = _sums(named, (column,)).to_pylist()
        return sorted(rows, key=lambda row: str(row[column]))


def compare(
    before: Publication,
    after: Publication,
    location_id: str = NETWORK,
    *,
    item_id: str | None = None,
) -> Changes:
    """Return what is different in *after* at a place; with *item_id*, of that part alone.

    Raises:
        ReadFailed, QueryTooLong: One of them can't be read.
    """
    span = _shared_span(before, after)
    question = planned_parts(location_id, *(span or (None, None)), item_id=item_id)
    both = _present(before.table(question).table).join(
        _present(after.table(question).table),
        keys="item_id",
        join_type="full outer",
        left_suffix="_before",
        right_suffix="_after",
        use_threads=False,
    )
    used = stock_used(before, after, location_id, both, item_id=item_id)
    return Changes(span, _compare_parts(both, used))


def _shared_span(before: Publication, after: Publication) -> tuple[date, date] | None:
    first = max(before.manifest.data_through, after.manifest.data_through) + timedelta(days=1)
    ends = [
        each.table(forecast_end()).table.column("last_date")[0].as_py() for each in (before, after)
    ]
    if None in ends or min(ends) < first:
        return None
    return first, min(ends)


def _present(parts: pa.Table) -> pa.Table:
    """Return *parts* with a column that is null for those which a full join adds."""
    return parts.append_column("present", pa.repeat(pa.scalar(value=True), parts.num_rows))


def _compare_parts(both: pa.Table, used: FloatArray) -> pa.Table:
    columns = {"item_id": both["item_id"]}
    for name in _DESCRIBED:
        columns[name] = pc.coalesce(both[f"{name}_after"], both[f"{name}_before"])
    columns["reason"] = _kinds(both)
    for name in _OF_THE_PART:
        columns |= {f"{name}_{end}": both[f"{name}_{end}"] for end in _ENDS}
    for name in AMOUNTS:
        ends = [both[f"{_EXACT.get(name, name)}_{end}"] for end in _ENDS]
        columns |= {f"{name}_before": ends[0], f"{name}_after": ends[1]}
        columns[f"{name}_change"] = pc.subtract(_or_zero(ends[1]), _or_zero(ends[0])).cast(_AMOUNT)
    inputs = [OrderInputs.of(both, f"_{end}") for end in _ENDS]
    columns |= _causes(columns, inputs, used)
    positions = [each.position for each in inputs]
    columns["used"] = _numbers(used)
    columns["added"] = _numbers(inputs[1].owned - inputs[0].owned + used)
    for name in ("status", "source", "tier"):
        columns |= {f"{name}_{end}": both[f"{name}_{end}"] for end in _ENDS}
    for end, position in zip(_ENDS, positions, strict=True):
        columns[f"position_{end}"] = _numbers(position)
        columns |= {f"{name}_{end}": both[f"{name}_{end}"] for name in INPUTS if name != "position"}
    return _rank(pa.table(columns))


def _causes(
    columns: Mapping[str, pa.ChunkedArray], inputs: Sequence[OrderInputs], used: FloatArray
) -> dict[str, pa.ChunkedArray]:
    """The causes of every change of an order; what nothing else explains is ``TOGETHER``."""
    change, reason = columns["order_quantity_change"], columns["reason"]
    known = pc.and_(*(pc.is_valid(columns[f"order_quantity_{end}"]) for end in _ENDS))
    whole = {
        OrderCause.NEW: pc.equal(reason, ChangeKind.NEW.value),
        OrderCause.GONE: pc.equal(reason, ChangeKind.DROPPED.value),
    }
    whole[OrderCause.KNOWN] = pc.invert(pc.or_(known, pc.or_(*whole.values())))
    causes = {
        cause: _amounts(micro)
        for cause, micro in explain(inputs[0], inputs[1], used).by_cause.items()
    } | {cause: pc.if_else(chosen, change, _zero()) for cause, chosen in whole.items()}
    told = _zero()
    for cause in OrderCause:
        if cause is not OrderCause.TOGETHER:
            told = pc.add(causes[cause], told).cast(_AMOUNT)
    causes[OrderCause.TOGETHER] = pc.subtract(change, told).cast(_AMOUNT)
    return {f"cause_{cause}": causes[cause] for cause in OrderCause}


def _zero() -> pa.Scalar:
    return pa.scalar(Decimal(0), _AMOUNT)


def _amounts(micro: IntArray) -> pa.ChunkedArray:
    """Millionths as exact decimals of units."""
    one = pa.scalar(Decimal(1) / MICRO, pa.decimal128(7, 6))
    return pc.multiply(pa.array(micro).cast(pa.decimal128(19, 0)), one).cast(_AMOUNT)


def _numbers(values: FloatArray) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)


def _kinds(both: pa.Table) -> pa.ChunkedArray:
    differs = pc.is_null(both["item_id"])
    for name in _COMPARED:
        differs = pc.or_(differs, _differ(both[f"{name}_before"], both[f"{name}_after"]))
    choices = [
        (pc.is_null(both["present_before"]), ChangeKind.NEW),
        (pc.is_null(both["present_after"]), ChangeKind.DROPPED),
        (differs, ChangeKind.CHANGED),
    ]
    conditions = pc.make_struct(*(condition for condition, _ in choices))
    values = [pa.scalar(kind.value) for _, kind in choices]
    return pc.case_when(conditions, *values, pa.scalar(ChangeKind.SAME.value))


def _differ(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    either_missing = pc.xor(pc.is_null(one), pc.is_null(other))
    return pc.or_(either_missing, pc.fill_null(pc.not_equal(one, other), fill_value=False))


def _or_zero(amounts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(amounts, _NOTHING.cast(amounts.type))


def _rank(parts: pa.Table) -> pa.Table:
    """The greatest change of an order first, then that of a forecast, each with its number."""
    sizes = {name: pc.abs(parts[f"{name}_change"]) for name in ("order_quantity", "forecast_total")}
    keys = [*((name, "descending") for name in sizes), ("item_id", "ascending")]
    order = pc.sort_indices(pa.table({**sizes, "item_id": parts["item_id"]}), keys)
    return parts.take(order).add_column(0, "rank", pa.array(np.arange(1, parts.num_rows + 1)))


def _sums(parts: pa.Table, by: Sequence[str]) -> pa.Table:
    ends = (*_ENDS, "change")
    amounts = [*(f"{name}_{end}" for name in AMOUNTS for end in ends), *CAUSES]
    known = {name: _or_zero(parts[name]) for name in amounts}
    table = pa.table({**{name: parts[name] for name in by}, "item_id": parts["item_id"], **known})
    counted = [("item_id", "count"), *((name, "sum") for name in amounts)]
    summed = table.group_by(list(by), use_threads=False).aggregate(counted)
    return summed.select([*by, *(f"{name}_{how}" for name, how in counted)]).rename_columns(
        [*by, "parts", *amounts]
    )
