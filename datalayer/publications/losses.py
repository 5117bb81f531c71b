"""What an activation would take away from those who read: to be confirmed by a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import DataGoBack, DataSetEmpty, Loss, RowsLost
from datalayer.publications.stages import compare_rows

MOST_LOST: Final = 0.5
"""Share of a data set's rows that may be lost without being confirmed."""
MOST_PARTS_LOST: Final = 0.1
PARTS: Final = "dim_item"
NEVER_EMPTY: Final = frozenset({"fact_inventory", "fact_metrics"})
"""Data sets whose pages say nothing without rows; others may begin empty."""
OF_THE_DAY: Final = frozenset(
    {"fact_action", "fact_buy_list", "fact_exception", "fact_open_order", "fact_transfer"}
)
"""Data sets whose rows say how things are, not what is covered: fewer are no loss."""


def losses(candidate: Manifest, active: Manifest | None) -> tuple[Loss, ...]:
    """Return what *candidate* lacks of *active*, the publication that is served; None without."""
    return tuple(_losses(candidate, active))


def _least(data_set: str, before: int) -> float:
    """Return how many rows are no loss, where there were *before*."""
    if data_set in OF_THE_DAY:
        return min(1, before)
    return (1 - (MOST_PARTS_LOST if data_set == PARTS else MOST_LOST)) * before


def _losses(candidate: Manifest, active: Manifest | None) -> Iterator[Loss]:
    for each in compare_rows(candidate, active):
        before = each.active_rows or 0
        if active is None and each.candidate_rows == 0 and each.data_set in NEVER_EMPTY:
            yield DataSetEmpty(data_set=each.data_set)
        elif each.candidate_rows < _least(each.data_set, before):
            yield RowsLost(data_set=each.data_set, rows=each.candidate_rows, active_rows=before)
    if active and candidate.data_through < active.data_through:
        yield DataGoBack(
            data_through=candidate.data_through.isoformat(),
            active_through=active.data_through.isoformat(),
        )
