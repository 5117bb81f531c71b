"""What the effect of a candidate consists of, known before it is active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.sentences import Sentence
from datalayer.publications.stages import RowComparison
from datalayer.reading.effect.actions import ActionChanges
from datalayer.reading.effect.proposals import PartOrder, Proposals
from datalayer.reading.effect.sentence import sentence
from datalayer.reading.results import Provenance

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Accuracy:
    """How good the forecasts of all parts were in the backtest, by the champion.

    Attributes:
        horizon: The longest one, in periods.
        wape: Sum of the errors over the sum of demand; None without demand.
        value_added: By how much it beats repeating the past, as a share; with its interval. None
            where that isn't known.
        origins: Days that it was tested from.
    """

    source: str
    horizon: int
    wape: float | None
    value_added: float | None
    value_added_low: float | None
    value_added_high: float | None
    origins: int


@dataclass(frozen=True)
class StatusChange:
    """So many parts have another status; None where a publication knows none."""

    before: str | None
    after: str | None
    parts: int


@dataclass(frozen=True)
class LargeChange:
    """One of the largest changes, with what its picture is drawn of.

    Attributes:
        periods_before, periods_after: Rows of ``questions.actions.periods`` of the part.
    """

    order: PartOrder
    periods_before: tuple[Row, ...]
    periods_after: tuple[Row, ...]


@dataclass(frozen=True, eq=False)
class Basis:
    """What one of the two publications rests on.

    Attributes:
        sources: Those that forecast anything, by name.
        cutoffs: Days that the backtest forecast from.
        accuracy: None where it isn't known.
    """

    manifest: Manifest
    provenance: Provenance
    parts: int
    sources: tuple[str, ...]
    cutoffs: tuple[date, ...]
    accuracy: Accuracy | None


@dataclass(frozen=True, eq=False)
class Effect:
    """What activating a publication would change for those who read.

    Attributes:
        before, after: The active publication and the candidate.
        new_parts, dropped_parts: Parts of one of them only.
        largest: The largest changes of proposed orders, the largest first.
        actions: None where one of the two has no list.
        rows: Of each data set.
        not_compared: What of the two can't be compared, and why.
        warnings: What a person must look at, though the contract holds.
    """

    before: Basis
    after: Basis
    new_parts: int
    dropped_parts: int
    proposals: Proposals
    statuses: tuple[StatusChange, ...]
    largest: tuple[LargeChange, ...]
    actions: ActionChanges | None
    rows: tuple[RowComparison, ...]
    not_compared: tuple[Sentence, ...]
    warnings: tuple[Sentence, ...] = ()

    @property
    def gone_sources(self) -> tuple[str, ...]:
        """Sources that forecast nothing any more."""
        return tuple(each for each in self.before.sources if each not in self.after.sources)

    @property
    def new_sources(self) -> tuple[str, ...]:
        """Sources that forecast nothing before."""
        return tuple(each for each in self.after.sources if each not in self.before.sources)

    @property
    def periods_differ(self) -> bool:
        """Whether the periods of the two are not equally long."""
        before, after = (
            each.manifest.lineage.get("frequency") for each in (self.before, self.after)
        )
        return before != after

    @cached_property
    def sentence(self) -> Sentence:
        """The effect in one sentence."""
        return sentence(self.proposals)
