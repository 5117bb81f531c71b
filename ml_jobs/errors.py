"""What the job refuses, in one sentence each that names what was found and what would be right."""

from __future__ import annotations

from datalayer.kernel.errors import CallerError, ContentError, FaultsFound, TransportError


class InputError(ContentError):
    """An input file can't be used as a whole; single bad rows are set aside instead."""

    template = "{file} {problem}"
    file: str
    problem: str


class NoRowsError(InputError):
    """An input file has the headings wanted, and nothing below them."""


class FolderError(FaultsFound, ContentError):
    """A folder of Parquet files can't become a publication; carries every fault found in it."""

    template = "The folder {folder} has {count} fault(s): {listing}"
    folder: str


class NewerPublishedError(CallerError):
    """The store's latest publication was generated after the one to be published."""

    template = (
        "The store {address} holds {publication_id}, generated at {latest}, which is later than "
        "{generated_at}; publish results that are newer, or activate an older one in the portal"
    )
    address: str
    publication_id: str
    latest: str
    generated_at: str


class ExpiredAlreadyError(CallerError):
    """Results are older than the time for which they are to be signed."""

    template = (
        "The results were generated at {generated_at}, so their signature would have expired at "
        "{expires_at}; give a longer --valid-for, or publish newer results"
    )
    generated_at: str
    expires_at: str


class MissingExtraError(CallerError):
    """An option needs a package that is installed on request only."""

    template = (
        "{option} needs the package {package}, which is not installed; "
        "install ml_jobs/requirements-extras.txt"
    )
    option: str
    package: str


class WorkerLostError(CallerError):
    """A worker process ended in the middle of its work."""

    template = (
        "A worker process ended while it worked, as it does when memory runs out; what was "
        "finished is kept, and the same command goes on from there (fewer --processes need less)"
    )


class DamagedPartError(CallerError):
    """A file of the run folder does not hold what was written to it."""

    template = (
        "The file {file} of the run's folder {folder} was damaged while the run went on; give the "
        "same command again: it makes anew what can't be read (and have the disk looked at)"
    )
    file: str
    folder: str


class UsageError(CallerError):
    """The arguments of the command line don't go together, or leave out what is needed."""

    problem: str


class JobFileError(FaultsFound, CallerError):
    """A job file can't be used; carries every fault found in it."""

    template = "The job file {file} has {count} fault(s): {listing}"
    file: str


class TrackingError(TransportError):
    """A run could not be logged for comparison; what it published stands."""

    template = "The run could not be logged at {place}: {problem}"
    place: str
    problem: str
