"""What changed for each part from one publication to another, and what that adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.reading.publication import Publication
from datalayer.reading.questions.changes import forecast_end, planned_parts

AMOUNTS = ("forecast_total", "reorder_point", "order_quantity")
"""Figures that are compared and add up, in units; exact decimals."""

_COMPARED = (*AMOUNTS, "status", "source")
_DESCRIBED = ("name", "category", "demand_class")
_NOTHING = pa.scalar(0, pa.int64())


class ChangeKind(StrEnum):
    """Why a part is in the list of changes."""

    NEW = "new"
    DROPPED = "dropped"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True)
class Changes:
    """The difference of two publications at the level of the whole network.

    Attributes:
        span: First and last of the future dates that both forecast, over which the forecasts are
            summed; None where the two share none, and all forecasts are 0.
        parts: A row for every part of either: item_id, name, category, demand_class (as in the
            publication after, where it has the part), reason, and for each of ``AMOUNTS`` x
            x_before, x_after (null where the publication doesn't say) and x_change (null counts
            as 0), then status_before, status_after, source_before, source_after. The greatest
            change of the forecast comes first.
    """

    span: tuple[date, date] | None
    parts: pa.Table

    def totals(self) -> dict[str, object]:
        """Return the number of parts and the sums of every amount's before, after and change."""
        (totals,) = _sums(self.parts, ()).to_pylist()
        return dict(totals)

    def by(self, column: str) -> list[dict[str, object]]:
        """Return the same for every value of *column*: reason, demand_class or category.

        Each change adds up to that of ``totals``, to the last digit.
        """
        rows: list[dict[str, object]] = _sums(self.parts, (column,)).to_pylist()
        return sorted(rows, key=lambda row: str(row[column]))


def compare(before: Publication, after: Publication) -> Changes:
    """Return what is different in *after*.

    Raises:
        ReadFailed, QueryTooLong: One of them can't be read.
    """
    span = _shared_span(before, after)
    question = planned_parts(*(span or (None, None)))
    both = _present(before.table(question).table).join(
        _present(after.table(question).table),
        keys="item_id",
        join_type="full outer",
        left_suffix="_before",
        right_suffix="_after",
        use_threads=False,
    )
    return Changes(span, _compare_parts(both))


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


def _compare_parts(both: pa.Table) -> pa.Table:
    columns = {"item_id": both["item_id"]}
    for name in _DESCRIBED:
        columns[name] = pc.coalesce(both[f"{name}_after"], both[f"{name}_before"])
    columns["reason"] = _kinds(both)
    for name in AMOUNTS:
        ends = (both[f"{name}_before"], both[f"{name}_after"])
        columns |= {f"{name}_before": ends[0], f"{name}_after": ends[1]}
        columns[f"{name}_change"] = pc.subtract(_or_zero(ends[1]), _or_zero(ends[0]))
    for name in ("status", "source"):
        columns |= {f"{name}_{end}": both[f"{name}_{end}"] for end in ("before", "after")}
    return _sort_by_change(pa.table(columns))


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


def _sort_by_change(parts: pa.Table) -> pa.Table:
    size = pc.abs(parts["forecast_total_change"])
    keys = [("size", "descending"), ("item_id", "ascending")]
    order = pc.sort_indices(parts.append_column("size", size), keys)
    return parts.take(order)


def _sums(parts: pa.Table, by: Sequence[str]) -> pa.Table:
    amounts = [f"{name}_{end}" for name in AMOUNTS for end in ("before", "after", "change")]
    known = {name: _or_zero(parts[name]) for name in amounts}
    table = pa.table({**{name: parts[name] for name in by}, "item_id": parts["item_id"], **known})
    counted = [("item_id", "count"), *((name, "sum") for name in amounts)]
    summed = table.group_by(list(by), use_threads=False).aggregate(counted)
    return summed.select([*by, *(f"{name}_{how}" for name, how in counted)]).rename_columns(
        [*by, "parts", *amounts]
    )
