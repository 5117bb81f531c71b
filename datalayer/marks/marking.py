"""A row of the list, what planners say of it, and what that makes of the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final


class MarkKind(StrEnum):
    """What a planner says of a row; ``undo`` takes back what was said last.

    Of an order it is said that it was ordered, of any other action that it is done.
    """

    SEEN = "seen"
    ORDERED = "ordered"
    DONE = "done"
    SNOOZED = "snoozed"
    DISAGREED = "disagreed"
    COMMENT = "comment"
    UNDO = "undo"


PUTS_ASIDE: Final = frozenset({MarkKind.ORDERED, MarkKind.DONE, MarkKind.SNOOZED})
"""Kinds that take a row off the list."""


CARRIED_OUT: Final = frozenset({MarkKind.ORDERED, MarkKind.DONE})
"""Kinds that say that a row was acted on: the first of orders, the other of all else."""


def carried_out(action: str) -> MarkKind:
    """Return what says of a row with that *action* that it was acted on."""
    return MarkKind.ORDERED if action == "order" else MarkKind.DONE


class RowState(StrEnum):
    """Whether a row stands on the list."""

    OPEN = "open"
    PUT_ASIDE = "put_aside"
    CAME_BACK = "came_back"


class CameBack(StrEnum):
    """Why a row that was put aside is on the list again."""

    UNTIL = "until"
    CHANCE = "chance"
    TIER = "tier"


@dataclass(frozen=True)
class RowKey:
    """The key of a row of ``fact_action``.

    Attributes:
        ref: The open order concerned, of a move the place that gives; ``-`` where there is neither.
    """

    item_id: str
    location_id: str
    action: str
    ref: str = "-"


Episode = tuple[RowKey, str]
"""A row, and the id of the publication in which its run without a break begins."""


@dataclass(frozen=True)
class StandingRow:
    """A row of a publication's list, and the episode that it belongs to.

    Attributes:
        since: Id of the publication in which the run begins.
        stockout_probability: As a fraction; None where something is to be checked only.
    """

    key: RowKey
    since: str
    tier: str
    stockout_probability: float | None


@dataclass(frozen=True)
class Mark:
    """What a planner said of a row, once.

    Attributes:
        number: Counts all marks of this state folder, from 1.
        row: The row as it was in that publication.
        publication_id: The publication that the planner looked at.
        until: First day on which a row that was put aside is on the list again; None for no such
            day.
        comment: May be empty.
        marked_by: Name of the user; without a sign-in, the name that was given.
        signed_in: Whether a sign-in stands behind that name.
        marked_at: UTC.
        undoes: Number of the mark that this one takes back; None for all kinds but ``undo``.
    """

    number: int
    row: StandingRow
    publication_id: str
    kind: MarkKind
    until: date | None
    comment: str
    marked_by: str
    signed_in: bool
    marked_at: datetime
    undoes: int | None = None

    @property
    def episode(self) -> Episode:
        """The row and the run of publications that it is about."""
        return self.row.key, self.row.since


def not_undone(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Return those of a row's *marks* that hold, in their order."""
    undone = {each.undoes for each in marks}
    return tuple(
        each for each in marks if each.kind is not MarkKind.UNDO and each.number not in undone
    )


def deciding(marks: Sequence[Mark]) -> Mark | None:
    """Return the one of a row's *marks* that decides of its state; None if none holds.

    The last that was not undone, comments only where there is nothing else.
    """
    holding = not_undone(marks)
    kinds = [mark for mark in holding if mark.kind is not MarkKind.COMMENT]
    found = kinds or holding
    return found[-1] if found else None


@dataclass(frozen=True)
class ReturnRule:
    """When a row that was put aside is on the list again.

    Attributes:
        today: The present day, UTC.
        growth: By how much the chance of running out must have grown, as a fraction.
        tiers: All tiers, the most urgent first.
    """

    today: date
    growth: float
    tiers: tuple[str, ...]

    def reason(self, mark: Mark, row: StandingRow) -> CameBack | None:
        """Return why *row*, put aside by *mark*, is on the list again; None if it isn't."""
        if mark.until is not None and self.today >= mark.until:
            return CameBack.UNTIL
        if self._urgency(row.tier) < self._urgency(mark.row.tier):
            return CameBack.TIER
        before, after = mark.row.stockout_probability, row.stockout_probability
        # Rounded, so that a growth from 0.2 to 0.3 is one of 0.1.
        if before is not None and after is not None and round(after - before, 9) >= self.growth:
            return CameBack.CHANCE
        return None

    def _urgency(self, tier: str) -> int:
        # A mark may be older than a contract that names its tiers otherwise.
        return self.tiers.index(tier) if tier in self.tiers else len(self.tiers)


def state_of(
    mark: Mark | None, row: StandingRow, rule: ReturnRule
) -> tuple[RowState, CameBack | None]:
    """Return the state of *row*, and why it came back if it did.

    Args:
        mark: The one that decides; None without one.
        row: As it stands in the publication that is read.
        rule: When it comes back.
    """
    if mark is None or mark.kind not in PUTS_ASIDE:
        return RowState.OPEN, None
    reason = rule.reason(mark, row)
    return (RowState.CAME_BACK if reason else RowState.PUT_ASIDE), reason
