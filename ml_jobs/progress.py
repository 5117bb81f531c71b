"""How the batch job reports its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """One report of progress.

    Attributes:
        stage: What is being done, e.g. ``backtest``.
        done: Units finished in this stage.
        total: Units in this stage.
        subject: What is at hand, e.g. a source; or an empty string.
    """

    stage: str
    done: int
    total: int
    subject: str = ""


ReportWork = Callable[[Work], None]


def silent(work: Work) -> None:
    """Report to nobody."""
