"""Which actions a list has that the list before had not, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.reading.publication import Publication
from datalayer.reading.questions.actions import decisions
from datalayer.reading.questions.effects import leading_actions

MOST_TOLD: Final = 5
"""Most actions that are told one by one."""

_KEY: Final = ("item_id", "location_id", "action", "ref")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class TierChange:
    """How many actions a tier has.

    Attributes:
        new: Of those after, that the list before had not at all: not in another tier, and not
            behind another action of the part either. So is "new" told where the list is shown.
        vanished: Of those before, that the list after hasn't at all.
    """

    tier: str
    before: int
    after: int
    new: int
    vanished: int


@dataclass(frozen=True)
class ActionChanges:
    """The difference of two lists: of each part and place, what is to be done first.

    Attributes:
        tiers: The most urgent first.
        new, vanished: The first few of them, as ``sql/leading_actions.sql`` has them.
        to_check: The first few rows after that say what to check first.
        to_check_before, to_check_after: How many there are of those.
    """

    tiers: tuple[TierChange, ...]
    new: tuple[Row, ...]
    vanished: tuple[Row, ...]
    to_check: tuple[Row, ...]
    to_check_before: int
    to_check_after: int


def action_changes(before: Publication, after: Publication) -> ActionChanges | None:
    """Return the difference; None where one of the two is from before there were lists.

    Raises:
        ReadFailed, QueryTooLong: One of them can't be read.
    """
    if any("fact_action" not in each.registry.data_sets for each in (before, after)):
        return None
    old, present = (each.table(leading_actions()).table for each in (before, after))
    all_old, all_present = (each.table(decisions()).table for each in (before, after))
    new, vanished = _only_in(present, all_old), _only_in(old, all_present)
    checked = [each.filter(pc.is_valid(each["check_first"])) for each in (old, present)]
    return ActionChanges(
        tiers=_tiers(old, present, new, vanished),
        new=_first(new),
        vanished=_first(vanished),
        to_check=_first(checked[1]),
        to_check_before=checked[0].num_rows,
        to_check_after=checked[1].num_rows,
    )


def _first(rows: pa.Table) -> tuple[Row, ...]:
    return tuple(rows.slice(0, MOST_TOLD).to_pylist())


def _only_in(rows: pa.Table, others: pa.Table) -> pa.Table:
    """Return those of *rows* whose key *others* hasn't, in their order."""
    keys = [*_KEY]
    left = rows.select([*keys, "rank"]).join(
        others.select(keys), keys=keys, join_type="left anti", use_threads=False
    )
    return rows.filter(pc.is_in(rows["rank"], left["rank"].combine_chunks()))


def _tiers(*tables: pa.Table) -> tuple[TierChange, ...]:
    first: dict[str, int] = {}
    for table in tables[:2]:
        ranks = table.group_by("tier", use_threads=False).aggregate([("rank", "min")]).to_pylist()
        for row in ranks:
            first[row["tier"]] = min(row["rank_min"], first.get(row["tier"], row["rank_min"]))
    counts = [_counts(table) for table in tables]
    return tuple(
        TierChange(tier, *(count.get(tier, 0) for count in counts))
        for tier in sorted(first, key=first.__getitem__)
    )


def _counts(rows: pa.Table) -> dict[str, int]:
    return {each["values"]: each["counts"] for each in rows["tier"].value_counts().to_pylist()}
