"""What is new in a list of actions, and what is different in it since the list before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.marks.tables import KEY
from datalayer.reading.publication import Publication
from datalayer.reading.questions import actions

_DECIDED: Final = ("tier", "quantity")


@dataclass(frozen=True)
class Novelty:
    """Ranks of rows of a list that the list before had not, or not so.

    Attributes:
        new: Rows whose episode begins with this publication; None where no list before it is known.
        changed: Rows that the publication before had as well, in another tier or with another
            quantity; None where that publication isn't kept here.
    """

    new: tuple[int, ...] | None
    changed: tuple[int, ...] | None


def novelty_of(
    publication: Publication, begun: pa.Table | None, before: Publication | None
) -> Novelty:
    """Return what is new and what is different in the list of *publication*.

    Args:
        publication: Has a list.
        begun: Its rows whose run begins with it, as ``Episodes.begun_with`` has them.
        before: The publication before it, where it is kept.

    Raises:
        ReadFailed, QueryTooLong, UnknownPublication: As for every read.
    """
    if before and "fact_action" not in before.registry.data_sets:
        return Novelty(None, None)
    rows = publication.table(actions.decisions()).table
    new = None if begun is None else _ranks(rows.join(begun.select(KEY), KEY, join_type="inner"))
    if begun is None or before is None:
        return Novelty(new, None)
    stood = rows.join(begun.select(KEY), KEY, join_type="left anti")
    earlier = before.table(actions.decisions()).table.select([*KEY, *_DECIDED])
    both = stood.join(earlier, KEY, join_type="inner", right_suffix="_before")
    return Novelty(new, _ranks(both.filter(_differs(both))))


def _differs(both: pa.Table) -> pa.ChunkedArray:
    one, other = (pc.fill_null(both[f"quantity{end}"], -1.0) for end in ("", "_before"))
    return pc.or_(pc.not_equal(both["tier"], both["tier_before"]), pc.not_equal(one, other))


def _ranks(rows: pa.Table) -> tuple[int, ...]:
    return tuple(sorted(rows["rank"].to_pylist()))
