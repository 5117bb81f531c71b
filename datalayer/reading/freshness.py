"""How fresh a publication is, by the thresholds of the registry."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from datalayer.kernel.contract.registry import Freshness


class FreshnessState(StrEnum):
    """Four states, worst but one first told apart by age; unknown when age makes no sense."""

    FRESH = "fresh"
    DUE = "due"
    STALE = "stale"
    UNKNOWN = "unknown"


def freshness_state(generated_at: datetime, now: datetime, limits: Freshness) -> FreshnessState:
    """Return the state at *now* of results computed at *generated_at*.

    A publication from the future says that one of the two clocks is wrong: unknown.
    """
    age_hours = (now - generated_at).total_seconds() / 3600
    if age_hours < 0:
        return FreshnessState.UNKNOWN
    if age_hours >= limits.stale_after_hours:
        return FreshnessState.STALE
    return FreshnessState.DUE if age_hours >= limits.due_after_hours else FreshnessState.FRESH
