"""Computes the effect of a candidate beside the active publication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

import pyarrow as pa

from datalayer.kernel.progress import Progress, ReportProgress, Step, silent
from datalayer.publications.stages import compare_rows
from datalayer.reading.changes import ChangeKind, Changes, compare
from datalayer.reading.effect.actions import action_changes
from datalayer.reading.effect.comparable import not_compared
from datalayer.reading.effect.model import (
    Accuracy,
    Basis,
    Effect,
    LargeChange,
    Row,
    StatusChange,
)
from datalayer.reading.effect.proposals import PartOrder, Proposals, proposals_of
from datalayer.reading.effect.warnings import warnings_of
from datalayer.reading.publication import Publication
from datalayer.reading.questions import actions, effects
from datalayer.reading.questions.locations import NETWORK

LARGEST: Final = 10
"""Most changes that are told one by one."""

_STEPS: Final = ("fact_inventory", "fact_action", "fact_period", "fact_backtest")


def effect_of(before: Publication, after: Publication, report: ReportProgress = silent) -> Effect:
    """Return what activating *after* would change, where *before* is active.

    Raises:
        ReadFailed, QueryTooLong, UnknownPublication: One of them can't be read.
    """

    def begin(step: int) -> None:
        subject = _STEPS[step] if step < len(_STEPS) else ""
        report(Progress(Step.COMPARE, step, len(_STEPS), subject))

    begin(0)
    found = compare(before, after)
    proposals = proposals_of(before, after, found)
    begin(1)
    listed = action_changes(before, after)
    begin(2)
    largest = _largest(before, after, proposals)
    begin(3)
    kinds = Counter(found.parts["reason"].to_pylist())
    effect = Effect(
        before=_basis(before),
        after=_basis(after),
        new_parts=kinds[ChangeKind.NEW],
        dropped_parts=kinds[ChangeKind.DROPPED],
        proposals=proposals,
        statuses=_statuses(found),
        largest=largest,
        actions=listed,
        rows=compare_rows(after.manifest, before.manifest),
        not_compared=not_compared(before, after, other_units=proposals.other_units),
    )
    begin(4)
    return replace(effect, warnings=warnings_of(effect, after.registry))


def _basis(publication: Publication) -> Basis:
    manifest = publication.manifest
    parts = next(each.rows for each in manifest.files if each.data_set == "dim_item")
    read = publication.table(effects.accuracy())
    accuracy = [Accuracy(**row) for row in read.table.to_pylist()]
    return Basis(
        manifest=manifest,
        provenance=read.provenance,
        parts=parts,
        sources=tuple(publication.table(effects.sources()).table["source"].to_pylist()),
        cutoffs=tuple(publication.table(effects.cutoffs()).table["cutoff"].to_pylist()),
        accuracy=accuracy[0] if accuracy else None,
    )


def _statuses(found: Changes) -> tuple[StatusChange, ...]:
    """Count the parts of both whose status is another one, the most frequent change first."""
    names = ("reason", "status_before", "status_after")
    columns = (found.parts[name].to_pylist() for name in names)
    counts = Counter(
        (before, after)
        for reason, before, after in zip(*columns, strict=True)
        if before != after and reason == ChangeKind.CHANGED
    )
    return tuple(StatusChange(*ends, parts) for ends, parts in counts.most_common())


def _largest(
    before: Publication, after: Publication, proposals: Proposals
) -> tuple[LargeChange, ...]:
    orders = proposals.largest(LARGEST)
    was = _periods(before, orders, [each.source_before for each in orders])
    now = _periods(after, orders, [each.source_after for each in orders])
    return tuple(
        LargeChange(each, was.get(each.item_id, ()), now.get(each.item_id, ())) for each in orders
    )


def _periods(
    publication: Publication, orders: Sequence[PartOrder], sources: Sequence[str | None]
) -> dict[str, tuple[Row, ...]]:
    """Return what was used and is forecast of each part, by the source that it is planned by."""
    if not orders:
        return {}
    rows = pa.table(
        {
            "item_id": [each.item_id for each in orders],
            "location_id": [NETWORK] * len(orders),
            "source": pa.array(sources, pa.string()),
        }
    )
    periods = publication.table(actions.periods(rows)).table.to_pylist()
    return {
        item_id: tuple(each) for item_id, each in groupby(periods, key=lambda row: row["item_id"])
    }
