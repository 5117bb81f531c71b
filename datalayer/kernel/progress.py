"""How a long operation tells whoever waits how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum


class Step(StrEnum):
    """The steps of publishing and refreshing, in the order in which they happen."""

    BEGIN = "begin"
    STAGE = "stage"
    VERIFY = "verify"
    VALIDATE = "validate"
    COMPARE = "compare"
    UPLOAD = "upload"
    PROMOTE = "promote"
    ACTIVATE = "activate"


@dataclass(frozen=True)
class Progress:
    """One report of progress.

    Attributes:
        done: Units finished in this step (bytes when staging or uploading, else files or checks).
        total: Units in this step.
        subject: The data set at hand, or an empty string.
    """

    step: Step
    done: int
    total: int
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class PublicationFound(Progress):
    """The publication that a refresh is about, and its files' size as its manifest announces it.

    It ends the first step.
    """

    publication_id: str
    size_bytes: int


ReportProgress = Callable[[Progress], None]


def count_bytes(report: ReportProgress, begin: Progress) -> Callable[[int], None]:
    """Return a function that is told the bytes of each chunk and reports all from *begin* on."""
    done = begin.done

    def count(chunk_bytes: int) -> None:
        nonlocal done
        done += chunk_bytes
        report(replace(begin, done=done))

    return count


def silent(progress: Progress) -> None:
    """Report to nobody."""
