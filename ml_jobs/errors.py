"""What the job refuses, in one sentence each that names what was found and what would be right."""

from __future__ import annotations

from datalayer.errors import CallerError, ContentError


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

    def __init__(
        self, address: str, *, publication_id: str, latest: str, generated_at: str
    ) -> None:
        super().__init__(
            address=address,
            publication_id=publication_id,
            latest=latest,
            generated_at=generated_at,
        )


class OptionError(CallerError):
    """An option of the command line has a value that can't be used."""

    template = "{option} is {found}; it must be {expected}"

    def __init__(self, option: str, found: object, expected: str) -> None:
        super().__init__(option=option, found=found, expected=expected)
