"""The errors of the portal, split by fault: bad content, failed transport, wrong caller.

Every error is a sentence with named fields. The sentence is also the message id under which
pages look up its translation, so an error reads the same in a log, a terminal and a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class PortalError(Exception):
    """Anything the portal refuses or fails at, fit to be shown to a user.

    Attributes:
        template: English sentence with ``{field}`` places; the message id for translation.
        fields: Values for the places of the template.
    """

    template: ClassVar[str] = "{problem}"

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.template.format(**fields))


class ContentError(PortalError):
    """What was read is not what the contract asks for."""


class TransportError(PortalError):
    """A store, a disk or a network did not do its part; the same call may succeed later."""


class CallerError(PortalError):
    """The caller asked for something that can't be given."""


class RegistryError(ContentError):
    """The schema registry can't be used; carries every fault found in it."""

    template = "The schema registry {path} has {count} fault(s): {listing}"

    def __init__(self, path: str, faults: Sequence[str]) -> None:
        super().__init__(path=path, count=len(faults), listing="; ".join(faults))
        self.faults = tuple(faults)


class PublicationError(ContentError):
    """A publication can't be used; the active snapshot goes on serving."""

    template = "Publication {publication_id} {problem}"

    def __init__(self, publication_id: str, problem: str) -> None:
        super().__init__(publication_id=publication_id, problem=problem)
        self.publication_id = publication_id


class ManifestError(ContentError):
    """A manifest can't be read or breaks its rules; carries every fault found in it."""

    template = "The manifest {location} has {count} fault(s): {listing}"

    def __init__(self, location: str, faults: Sequence[str]) -> None:
        super().__init__(location=location, count=len(faults), listing="; ".join(faults))
        self.faults = tuple(faults)


class IntegrityError(PublicationError):
    """A file's size or SHA-256 is not the one its manifest announces."""


class OlderPublication(PublicationError):
    """The publication was generated before the active one and this is not a roll-back."""

    def __init__(self, publication_id: str, generated_at: str, active_generated_at: str) -> None:
        super().__init__(
            publication_id,
            f"was generated at {generated_at}, before the active one ({active_generated_at}); "
            "roll back instead if that is what you want",
        )


class StoreError(TransportError):
    """The object store failed: unreachable, too slow, or denying."""

    template = "The store {address} {problem}"

    def __init__(self, address: str, problem: str = "", **more: object) -> None:
        super().__init__(address=address, problem=problem, **more)


class StoreUnreachable(StoreError):
    """Nobody answers at the object store's address."""

    template = (
        "The store {address} can't be reached; "
        "check the endpoint, the network and that the store is running"
    )


class StoreTooSlow(StoreError):
    """The object store is there and did not answer in time."""

    template = "The store {address} did not answer within {timeout_s:g} s; try again later"


class StoreDenied(StoreError):
    """The object store is there and refuses this caller."""

    template = (
        "The store {address} denies access to {key} ({reason}); "
        "check the credentials and permissions of this process"
    )


class StoreWritable(CallerError):
    """The object store took what the portal wrote, though the portal only needs to read."""

    template = (
        "The store {address} lets this portal write; "
        "give it credentials that may only read and list"
    )

    def __init__(self, address: str) -> None:
        super().__init__(address=address)


class CacheDown(TransportError):
    """The cache that replicas share does not answer."""

    template = "The second level of the cache does not answer; reading goes on without it"


class MachineLearningFound(ContentError):
    """A package that trains, predicts or serves models is installed or loaded here."""

    template = "Machine learning is deployed here: {violations}"

    def __init__(self, violations: Sequence[str]) -> None:
        super().__init__(violations=", ".join(violations))


class ReadFailed(TransportError):
    """A snapshot's files could not be read from the local disk."""

    template = "Publication {publication_id} could not be read: {problem}"

    def __init__(self, publication_id: str, problem: str) -> None:
        super().__init__(publication_id=publication_id, problem=problem)


class DatabaseUnsafe(PortalError):
    """The database is less locked down than it must be, so nothing is served from it."""

    template = "The database is not locked down: {listing}"

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__(listing="; ".join(differences))
        self.differences = tuple(differences)


class ValidationUnfinished(TransportError):
    """A validation ran out of memory or disk, so nothing is known of the content."""

    template = "The validation could not be finished: {problem}"

    def __init__(self, problem: str) -> None:
        super().__init__(problem=problem)


class ObjectMissing(ContentError):
    """The object store is there and holds no such object."""

    template = "The store {address} holds no {key}"

    def __init__(self, address: str, key: str) -> None:
        super().__init__(address=address, key=key)
        self.key = key


class ObjectTooLarge(ContentError):
    """An object is longer than what its reader was told to expect."""

    template = "{key} in {address} is longer than the {limit_bytes} bytes announced"

    def __init__(self, address: str, key: str, limit_bytes: int) -> None:
        super().__init__(address=address, key=key, limit_bytes=limit_bytes)


class ObjectExists(CallerError):
    """An immutable object is there already and is not written again."""

    template = "{key} exists in {address} already and is never changed"

    def __init__(self, address: str, key: str) -> None:
        super().__init__(address=address, key=key)


class StagingError(TransportError):
    """A publication could not be written to the local disk."""

    template = "Publication {publication_id} could not be staged in {folder}: {problem}"

    def __init__(self, publication_id: str, folder: str, problem: str) -> None:
        super().__init__(publication_id=publication_id, folder=folder, problem=problem)


class StateError(ContentError):
    """A file of the state folder is damaged or can't be written."""

    template = "The state file {path} {problem}"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path=path, problem=problem)


class RefreshInProgress(CallerError):
    """Another refresh holds the lock."""

    template = "Another refresh is running, started by {actor} at {started_at}; wait for it to end"

    def __init__(self, actor: str, started_at: str) -> None:
        super().__init__(actor=actor, started_at=started_at)


class UnknownJob(CallerError):
    """No refresh job of that id is remembered."""

    template = (
        "There is no job {job_id} here; only the latest ones since the start are remembered, "
        "and the audit trail says how the others ended"
    )

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id=job_id)


class UnexpectedFailure(PortalError):
    """Something failed that nobody foresaw; the log has it under the reference."""

    template = "Something unexpected happened; the log has it under {reference}"

    def __init__(self, reference: str) -> None:
        super().__init__(reference=reference)
        self.reference = reference


class NothingPublished(CallerError):
    """No publication is active, so there is nothing to read."""

    template = "No publication is active; publish with ml_jobs and activate it on the admin page"


class NoEarlierPublication(CallerError):
    """There is nothing to roll back to."""

    template = "No earlier publication is kept here to roll back to; activate another one first"


class UnknownPublication(CallerError):
    """A link or a call names a publication that is not kept here."""

    template = "Publication {publication_id} is not kept here; the nearest kept one is {nearest}"

    def __init__(self, publication_id: str, nearest: str) -> None:
        super().__init__(publication_id=publication_id, nearest=nearest)
        self.nearest = nearest


class UnknownDataSet(CallerError):
    """The registry has no data set of that name."""

    template = "There is no data set {name}; the registry has {known}"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name=name, known=", ".join(known))


class UnknownItem(CallerError):
    """The publication has no item of that code; carries the nearest codes."""

    template = "There is no part {item_id} in this publication; near it are {suggestions}"

    def __init__(self, item_id: str, suggestions: Sequence[str]) -> None:
        super().__init__(item_id=item_id, suggestions=", ".join(suggestions) or "-")
        self.item_id = item_id
        self.suggestions = tuple(suggestions)


class InvalidSelection(CallerError):
    """A parameter of a read is not usable."""

    template = "{parameter} is {found}; it must be {expected}"

    def __init__(self, parameter: str, found: object, expected: str) -> None:
        super().__init__(parameter=parameter, found=found, expected=expected)


class UnknownParameter(InvalidSelection):
    """A call carries a parameter that its address doesn't have."""


class InvalidCursor(InvalidSelection):
    """A cursor is damaged, or belongs to another question than the one asked."""

    def __init__(
        self, found: object, expected: str = "the value of next in the answer before"
    ) -> None:
        super().__init__("cursor", found, expected)


class NotAcceptable(CallerError):
    """The caller takes none of the media types in which this can be answered."""

    template = "The request accepts {found}; what is here comes as {known}"

    def __init__(self, found: str, known: str) -> None:
        super().__init__(found=found, known=known)


class NotAllowed(CallerError):
    """The caller's role does not permit the action."""

    template = "{actor} may not {action}; it takes the role {role}"

    def __init__(self, actor: str, action: str, role: str) -> None:
        super().__init__(actor=actor, action=action, role=role)


class CredentialRequired(NotAllowed):
    """The action takes a role, and the caller showed no credential at all."""

    template = "It takes the role {role} to {action}; sign in, or send an API key as X-API-Key"


class SignInRequired(CallerError):
    """Everything here takes a sign-in or an API key, and the caller brought neither."""

    template = "This portal is for its members; sign in, or send an API key as X-API-Key"


class KeyRefused(CallerError):
    """An API key is unknown, expired or revoked; which of them, only the audit log tells."""

    template = "The API key is not valid; have a new one made with: python -m datalayer.access key"


class CrossSiteRequest(CallerError):
    """A page of another site tried to act with the session of who looks at it."""

    template = (
        "A sign-in counts for changes from this portal's own pages only, and this request comes "
        "from elsewhere; send an API key as X-API-Key"
    )


class TooManyRequests(CallerError):
    """A key or an address asked more often than it may."""

    template = "More than {limit}; try again in {wait_s} s"

    def __init__(self, limit: str, wait_s: int) -> None:
        super().__init__(limit=limit, wait_s=wait_s)
        self.wait_s = wait_s


class QueryTooLong(TransportError):
    """A read took longer than it may and was interrupted; whole data sets are for the extracts."""

    template = "The read took longer than {timeout_s:g} s and was interrupted; ask for less of it"

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout_s=timeout_s)


class SignInRefused(CallerError):
    """Name or password is wrong; says the same, and takes as long, whichever it is."""

    template = "The name or the password is wrong"


class SignInBlocked(SignInRefused):
    """Too many failures under a name, which need not exist."""

    template = "Too many failed attempts to sign in; try again in {wait_s} s"

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s=wait_s)
        self.wait_s = wait_s


class UnknownUser(CallerError):
    """There is no user of that name; said to administrators only, never at sign-in."""

    template = "There is no user {name}; the users are {known}"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name=name, known=", ".join(known) or "-")


class LastAdmin(CallerError):
    """Without this user nobody could administer the portal."""

    template = "{name} is the last administrator who can sign in; make another one first"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class SettingsError(CallerError):
    """Settings are missing or wrong; carries every fault at once."""

    template = "The settings have {count} fault(s): {listing}"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(count=len(faults), listing="; ".join(faults))
        self.faults = tuple(faults)
