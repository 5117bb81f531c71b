"""What demand took from stock between the days of two publications' stock, where that is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.claims import claims_of
from datalayer.reading.negative_binomial import FloatArray
from datalayer.reading.order_rule import BoolArray
from datalayer.reading.publication import Publication
from datalayer.reading.questions.changes import demand_between, demand_start

_DAY = timedelta(days=1)


def stock_used(
    before: Publication,
    after: Publication,
    location_id: str,
    days: pa.Table,
    *,
    item_id: str | None = None,
) -> FloatArray:
    """Return the demand since the one day and until the other, as the later publication has it.

    It is negative where the second day is the earlier one.

    Args:
        before: The one publication.
        after: The other.
        location_id: The place.
        days: A row for each of N parts: item_id, as_of_before, as_of_after.
        item_id: The part, where *days* is of one alone.

    Returns:
        Units, shape (N,). NaN where it isn't known: the later publication has no demand of one of
        the days, or a day lies within a week or month that demand is only known of as a whole.
    """
    later = max(before, after, key=lambda each: each.manifest.data_through)
    ends = (days["as_of_before"], days["as_of_after"])
    spans = pa.table(
        {
            "item_id": days["item_id"],
            "since": pc.min_element_wise(*ends, skip_nulls=False),
            "until": pc.max_element_wise(*ends, skip_nulls=False),
        }
    )
    used = _summed(later, location_id, spans, item_id)
    known = _known(later, spans)
    same, back = pc.equal(*ends), pc.greater(*ends)
    signed = np.where(_flags(back), -used, used)
    return np.where(_flags(same), 0.0, np.where(known, signed, np.nan))


def _flags(values: pa.ChunkedArray) -> BoolArray:
    flags: BoolArray = pc.fill_null(values, fill_value=False).to_numpy().astype(bool)
    return flags


def _summed(
    later: Publication, location_id: str, spans: pa.Table, item_id: str | None
) -> FloatArray:
    """The demand of every part in its own span, 0 where there is none, shape (N,)."""
    since, until = pc.min(spans["since"]).as_py(), pc.max(spans["until"]).as_py()
    answer = np.zeros(spans.num_rows)
    if since is None or since == until:
        return answer
    demand = later.table(demand_between(location_id, since, until, item_id=item_id)).table
    row = pc.index_in(demand["item_id"], value_set=spans["item_id"])
    demand, row = demand.filter(pc.is_valid(row)), pc.drop_null(row)
    own = spans.take(row)
    inside = pc.and_(
        pc.greater(demand["date"], own["since"]), pc.less_equal(demand["date"], own["until"])
    )
    quantity = np.where(_flags(inside), demand["quantity"].to_numpy(), 0.0)
    np.add.at(answer, row.to_numpy(), quantity)
    return answer


def _known(later: Publication, spans: pa.Table) -> BoolArray:
    """Where the later publication has the demand of every day of a span, and of no other."""
    start = later.table(demand_start()).table["first_date"][0].as_py()
    frequency = claims_of(later.manifest).frequency
    days = {day for name in ("since", "until") for day in pc.unique(spans[name]).to_pylist()}
    whole = {
        day
        for day in days - {None}
        if start is not None
        and start - _DAY <= day <= later.manifest.data_through
        and _ends_a_period(day, frequency)
    }
    ends = pa.array(sorted(whole), pa.date32())
    since, until = (_flags(pc.is_in(spans[name], value_set=ends)) for name in ("since", "until"))
    return since & until


def _ends_a_period(day: date, frequency: str) -> bool:
    """Whether demand is known up to the end of *day* and not only of a period that goes on."""
    following = day + _DAY
    begins = {"D": True, "W": following.weekday() == 0, "MS": following.day == 1}
    return begins.get(frequency, False)
