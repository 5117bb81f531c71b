"""What the job refuses, in one sentence each that names what was found and what would be right."""

from __future__ import annotations

from collections.abc import Sequence

from datalayer.kernel.errors import CallerError, ContentError, TransportError


class InputError(ContentError):
    """An input file can't be used as a whole; single bad rows are set aside instead."""

    template = "{file} {problem}"

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(file=file, problem=problem)


class FolderError(ContentError):
    """A folder of Parquet files can't become a publication; carries every fault found in it."""

    template = "The folder {folder} has {count} fault(s): {listing}"

    def __init__(self, folder: str, faults: tuple[str, ...]) -> None:
        super().__init__(folder=folder, count=len(faults), listing="; ".join(faults))
        self.faults = faults


class NewerPublishedError(CallerError):
    """The store's latest publication was generated after the one to be published."""

    template = (
        "The store {address} holds {publication_id}, generated at {latest}, which is later than "
        "{generated_at}; publish results that are newer, or activate an older one in the portal"
    )


class OptionError(CallerError):
    """An option of the command line has a value that can't be used."""

    template = "{option} is {found}; it must be {expected}"

    def __init__(self, option: str, found: object, expected: str) -> None:
        super().__init__(option=option, found=found, expected=expected)


class MissingExtraError(CallerError):
    """An option needs a package that is installed on request only."""

    template = (
        "{option} needs the package {package}, which is not installed; "
        "install ml_jobs/requirements-extras.txt"
    )


class WorkerLostError(CallerError):
    """A worker process ended in the middle of its work."""

    template = (
        "A worker process ended while it worked, as it does when memory runs out; what was "
        "finished is kept, and the same command goes on from there (fewer --processes need less)"
    )


class UsageError(CallerError):
    """The arguments of the command line don't go together, or leave out what is needed."""


class JobFileError(CallerError):
    """A job file can't be used; carries every fault found in it."""

    template = "The job file {file} has {count} fault(s): {listing}"

    def __init__(self, file: str, faults: Sequence[str]) -> None:
        super().__init__(file=file, count=len(faults), listing="; ".join(faults))
        self.faults = tuple(faults)


class TrackingError(TransportError):
    """A run could not be logged for comparison; what it published stands."""

    template = "The run could not be logged at {place}: {problem}"
