"""The parts that need a person: each reason held against every series of a partition, as rows.

Rows of all partitions are put together by `rank_exceptions`, the greatest value at risk first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.arrays import IntArray, TextArray
from ml_jobs.columns import numbers, series_columns
from ml_jobs.stocking import demand_reasons, stock_reasons
from ml_jobs.stocking.situation import ExceptionReason, Situation

SEVERITIES = ("high", "medium", "low")


def exception_rows(situation: Situation, reasons: Sequence[ExceptionReason]) -> pa.Table:
    """Return a row for every reason that holds for a series of one partition, in no order.

    *reasons* are those of `reasons_of`.
    """
    return pa.concat_tables([_rows(situation, reason) for reason in reasons])


def reasons_of(situation: Situation) -> tuple[ExceptionReason, ...]:
    """Return every reason, held against every series."""
    return tuple(_reasons(situation))


def first_reason(reasons: Sequence[ExceptionReason]) -> IntArray:
    """Return which of *reasons* `rank_exceptions` places first for each series, shape (S,).

    It is -1 where none holds.
    """
    value = np.stack([np.nan_to_num(-each.value_at_risk, nan=np.inf) for each in reasons])
    urgency = np.stack([_urgency(each.severity) for each in reasons])
    names = [each.code for each in reasons]
    alphabet = np.array([sorted(names).index(name) for name in names])[:, None]
    holds = np.stack([each.holds for each in reasons])
    by_name = np.broadcast_to(alphabet, value.shape)
    first = np.lexsort((by_name, urgency, value, ~holds), axis=0)[0]
    place: IntArray = np.where(holds.any(axis=0), first, -1)
    return place


def _urgency(severity: TextArray) -> IntArray:
    places: IntArray = np.select([severity == name for name in SEVERITIES], range(len(SEVERITIES)))
    return places


def rank_exceptions(parts: Iterable[pa.Table]) -> pa.Table:
    """Return ``fact_exception``: the rows of all partitions, the greatest value at risk first.

    Rows without a value come last (Arrow places nulls at the end); equal ones are ordered by
    severity, item, place and reason.
    """
    rows = pa.concat_tables(parts)
    urgency = pc.index_in(rows.column("severity"), pa.array(SEVERITIES))
    order = pc.sort_indices(
        rows.append_column("urgency", urgency),
        [
            ("value_at_risk", "descending"),
            ("urgency", "ascending"),
            ("item_id", "ascending"),
            ("location_id", "ascending"),
            ("reason_code", "ascending"),
        ],
    )
    ranks = pa.array(np.arange(1, rows.num_rows + 1))
    return rows.take(order).add_column(0, "rank", ranks)


def _rows(situation: Situation, reason: ExceptionReason) -> pa.Table:
    places = np.flatnonzero(reason.holds)
    count = len(places)
    columns: dict[str, object] = {
        **series_columns(situation.panel, places),
        "reason_code": pa.repeat(pa.scalar(reason.code), count),
        "severity": pa.array(reason.severity[places], pa.string()),
        "observed": numbers(reason.observed[places]),
        "expected": numbers(reason.expected[places]),
        "threshold": pa.repeat(pa.scalar(situation.threshold(reason.code), pa.float64()), count),
        "value_at_risk": numbers(reason.value_at_risk[places]),
        "since": pa.array(reason.since[places], pa.date32(), from_pandas=True),
        "source": pa.array(situation.outlook.sources[places], pa.string()),
    }
    return pa.table(columns)


def _reasons(situation: Situation) -> Iterator[ExceptionReason]:
    yield stock_reasons.stockout_before_delivery(situation)
    yield stock_reasons.below_reorder_point(situation)
    yield stock_reasons.overstock(situation)
    yield stock_reasons.large_minimum_order(situation)
    yield stock_reasons.order_above_history(situation)
    yield from demand_reasons.forecast_errors(situation)
    yield from demand_reasons.outliers(situation)
    yield demand_reasons.demand_shifted(situation)
    yield demand_reasons.class_changed(situation)
    yield from demand_reasons.histories(situation)
