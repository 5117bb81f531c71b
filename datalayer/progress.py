"""How a long operation tells whoever waits how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps of publishing and refreshing, in the order in which they happen."""

    STAGE = "stage"
    VERIFY = "verify"
    VALIDATE = "validate"
    UPLOAD = "upload"
    PROMOTE = "promote"
    ACTIVATE = "activate"


@dataclass(frozen=True)
class Progress:
    """One report of progress.

    Attributes:
        step: What is being done.
        done: Units finished in this step (bytes when staging or uploading, else files or checks).
        total: Units in this step.
        subject: The data set at hand, or an empty string.
    """

    step: Step
    done: int
    total: int
    subject: str = ""


ReportProgress = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Report to nobody."""
