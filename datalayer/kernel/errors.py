"""The errors of the portal, split by fault: bad content, failed transport, wrong caller.

Every error is a sentence with named fields (``sentences.py``): its text is English, and pages
tell it in their reader's language.
A class declares its sentence, its fields and the kind of problem that it is to the API; it is
raised with the fields as keywords, as in ``raise UnknownJob(job_id=job_id)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from string import Formatter
from typing import ClassVar, dataclass_transform

from datalayer.kernel.sentences import Sentence, listed


@dataclass_transform(kw_only_default=True, eq_default=False)
class PortalError(Exception):
    """Anything the portal refuses or fails at, fit to be shown to a user.

    Attributes:
        template: English sentence with ``{field}`` places; the message id for translation.
        slug: The kind of problem; ``api/problems.py`` has a status and an advice for each.
    """

    template: ClassVar[str] = "{problem}"
    slug: ClassVar[str] = "unusable-content"

    def __init__(self, **fields: object) -> None:
        # Without arguments of its own, an exception survives pickling between processes.
        super().__init__()
        frozen = {n: tuple(v) if isinstance(v, list) else v for n, v in fields.items()}
        vars(self).update(frozen)

    def __str__(self) -> Sentence:
        return Sentence(self.template, **self.fields)

    @property
    def fields(self) -> dict[str, object]:
        """Values for the places of the template."""
        places = [name for _, name, _, _ in Formatter().parse(self.template) if name]
        return {name: getattr(self, name) for name in places}


class ContentError(PortalError):
    """What was read is not what the contract asks for."""


class TransportError(PortalError):
    """A store, a disk or a network did not do its part; the same call may succeed later."""

    slug = "temporarily-unavailable"


class CallerError(PortalError):
    """The caller asked for something that can't be given."""

    slug = "refused"


class FaultsFound(PortalError):
    """Several things are wrong, all told at once.

    Attributes:
        faults: A sentence for each.
    """

    faults: Sequence[str]

    @property
    def count(self) -> int:
        """How many faults there are."""
        return len(self.faults)

    @property
    def listing(self) -> Sentence:
        """All faults in one line."""
        return listed(tuple(self.faults))


class RegistryError(FaultsFound, ContentError):
    """The schema registry can't be used; carries every fault found in it."""

    template = "The schema registry {path} has {count} fault(s): {listing}"
    path: str


class PublicationError(ContentError):
    """A publication can't be used; the active snapshot goes on serving."""

    template = "Publication {publication_id} {problem}"
    publication_id: str
    problem: str


class ManifestError(FaultsFound, ContentError):
    """A manifest can't be read or breaks its rules; carries every fault found in it."""

    template = "The manifest {location} has {count} fault(s): {listing}"
    location: str


class UploadRefused(ContentError):
    """A file that was sent can't be taken as a publication; nothing of it is kept."""

    template = "The file {name:s} {problem}"
    name: str
    problem: str


class KeptAlready(ContentError):
    """A publication was sent that is kept here, byte by byte the same."""

    template = (
        "Publication {publication_id} is kept here already, with the same files; go back to it "
        "under Kept publications"
    )
    publication_id: str


class NotInTheStore(ContentError):
    """Another replica activated what the store doesn't hold, as after an upload there."""

    template = (
        "Publication {publication_id}, which another replica activated, is not in the store and "
        "not kept here: it may have been uploaded there; upload it here too, or publish it into "
        "the store"
    )
    publication_id: str


class IntegrityError(PublicationError):
    """A file's size or SHA-256 is not the one its manifest announces."""


class SignatureError(PublicationError):
    """A publication is not signed as this portal requires; the active snapshot goes on serving."""

    problem: str = ""


class NotSigned(SignatureError):
    """A publication has no signature, and only signed ones are accepted."""

    template = (
        "Publication {publication_id} is not signed, and only those signed by {trusted} are "
        "accepted here; publish it again with FAROL_SIGNING_KEY"
    )
    trusted: Sequence[str]


class TrustedKeysUnusable(SignatureError):
    """The keys that must have signed can't be read, so nothing can be accepted."""

    template = (
        "No publication is accepted: {file}, which FAROL_TRUSTED_KEYS names, {problem}; what is "
        "served goes on being served"
    )
    file: str
    problem: str


class UnknownSigner(SignatureError):
    """A publication is signed, by no key that is trusted."""

    template = (
        "Publication {publication_id} is signed by the key {signers}, which is not trusted here; "
        "trusted are {trusted} (FAROL_TRUSTED_KEYS)"
    )
    signers: Sequence[str]
    trusted: Sequence[str]


class SignatureBroken(SignatureError):
    """A signature names a trusted key, and that key did not make it."""

    template = (
        "The signature of publication {publication_id} does not fit the key {keyid} that it "
        "names: it was altered after it was made; publish it again"
    )
    keyid: str


class SignedOtherwise(SignatureError):
    """A signature is genuine, and of something else than what is there."""

    template = (
        "Publication {publication_id} is not what was signed: {name} is {found}, and signed was "
        "{signed}; it was altered after that, or has the signature of another one"
    )
    name: str
    found: str
    signed: str


class AttestationUnusable(SignatureError):
    """What stands where the signature should be is no signed statement of a publication."""

    template = "The signature of publication {publication_id} can't be used: {problem}"


class SignatureExpired(SignatureError):
    """A publication was signed for a time that is over."""

    template = (
        "Publication {publication_id} was signed to be used until {expires_at}, and it is {now}; "
        "publish newer results"
    )
    expires_at: str
    now: str


class Replayed(SignatureError):
    """A publication is older than the newest signed one that was accepted here."""

    template = (
        "Publication {publication_id} was generated at {generated_at}, and {newest_id} of "
        "{newest_at} was accepted here before: an older one is offered again; "
        "roll back instead if that is what you want"
    )
    generated_at: str
    newest_id: str
    newest_at: str


class KeyFileError(CallerError):
    """A file of keys can't be used."""

    template = "The key file {path} {problem}"
    path: str
    problem: str


class StoreError(TransportError):
    """The object store failed: unreachable, too slow, or denying."""

    template = "The store {address} {problem}"
    address: str
    problem: str = ""


class StoreUnreachable(StoreError):
    """Nobody answers at the object store's address."""

    template = (
        "The store {address} can't be reached; "
        "check the endpoint, the network and that the store is running"
    )


class StoreTooSlow(StoreError):
    """The object store is there and did not answer in time."""

    template = "The store {address} did not answer within {timeout_s:g} s; try again later"
    timeout_s: float


class StoreDenied(StoreError):
    """The object store is there and refuses this caller."""

    template = (
        "The store {address} denies access to {key} ({reason}); "
        "check the credentials and permissions of this process"
    )
    key: str
    reason: str | None


class StoreClockDiffers(StoreDenied):
    """The object store takes no request signed at this time: one of the two clocks is wrong."""

    template = (
        "The store {address} refuses what is signed at {here}, the time of this machine, "
        "because its own clock differs by too much ({reason}); "
        "set the clock of the machine that is wrong"
    )
    here: str


class StoreWritable(CallerError):
    """The object store took what the portal wrote, though the portal only needs to read."""

    template = (
        "The store {address} lets this portal write; "
        "give it credentials that may only read and list"
    )
    address: str


class RedisFailed(TransportError):
    """Redis, the cache and notice board of replicas, does not do its part."""

    template = "Redis, which replicas share, {reason}; reading goes on without it"
    reason: str


class NoticeNotTaken(TransportError):
    """Whoever notices are sent to did not take one.

    Attributes:
        is_final: It is of no use to try again.
    """

    template = "The notice was not taken: {host} {reason}"
    host: str
    reason: str
    is_final: bool = False


class ReplicasDiffer(TransportError):
    """Replicas that share a cache and a store have served different publications for a while."""

    template = (
        "{count} of {replicas} replicas serve another publication than this one: {others}; "
        "their /health says what keeps them from following"
    )
    count: int
    replicas: int
    others: Sequence[str]


class ReplicasCanNotFollow(TransportError):
    """Replicas that share a cache and a store say that they can't serve what was activated."""

    template = (
        "{count} of {replicas} replicas can't serve the publication that was activated, and go on "
        "serving another: {reasons}"
    )
    count: int
    replicas: int
    reasons: Sequence[str]


class MachineLearningFound(ContentError):
    """A package that trains, predicts or serves models is installed or loaded here."""

    template = "Machine learning is deployed here: {violations}"
    violations: Sequence[str]


class NotCheckable(PortalError):
    """A check of the proof has nothing to look at here, which says neither yes nor no."""

    template = "{reason}"
    reason: str


class EvidenceMissing(ContentError):
    """What a check of the proof must look at is missing or can't be read."""

    template = "{subject} {problem}"
    subject: str
    problem: str


class ReadFailed(TransportError):
    """A snapshot's files could not be read from the local disk."""

    template = "Publication {publication_id} could not be read: {problem}"
    publication_id: str
    problem: str


class QueryTooLarge(ReadFailed):
    """A read, such as the sort of millions of rows, took more memory and disk than reads may."""

    template = (
        "The read takes more than the {memory_limit} of memory that reads have, and more than they "
        "may put on the disk; filter for fewer rows"
    )
    slug = "query-too-large"
    memory_limit: str


class DatabaseUnsafe(FaultsFound):
    """The database is less locked down than it must be, so nothing is served from it."""

    template = "The database is not locked down: {listing}"


class ValidationUnfinished(TransportError):
    """A validation ran out of memory, disk or time, so nothing is known of the content."""

    template = "The validation could not be finished: {problem}"
    problem: str


class ValidationTooLong(ValidationUnfinished):
    """A validation took longer than it may, so nothing is known of the content."""

    template = (
        "The validation took longer than {timeout_s:g} s and was broken off; "
        "see whether the files hold what they should, or raise FAROL_VALIDATION_TIMEOUT_S"
    )
    timeout_s: float
    problem: str = ""


class ObjectMissing(ContentError):
    """The object store is there and holds no such object."""

    template = "The store {address} holds no {key}"
    address: str
    key: str


class ObjectTooLarge(ContentError):
    """An object is longer than what its reader was told to expect."""

    template = "{key} in {address} is longer than the {limit_bytes} bytes announced"
    address: str
    key: str
    limit_bytes: int


class ObjectExists(CallerError):
    """An immutable object is there already and is not written again."""

    template = "{key} exists in {address} already and is never changed"
    address: str
    key: str


class StagingError(TransportError):
    """A publication could not be written to the local disk."""

    template = "Publication {publication_id} could not be staged: {problem}"
    publication_id: str
    problem: str


class StateError(ContentError):
    """A file of the state folder is damaged; its sentence names the file, not where it lies."""

    template = "The state file {name} {problem}"
    path: str
    problem: str

    @property
    def name(self) -> str:
        """The file's own name: strangers may read the sentence, and paths are not theirs."""
        return PurePath(self.path).name


class StateUnavailable(StateError, TransportError):
    """A file of the state folder can't be read or written: the disk is full or read-only."""

    slug = "temporarily-unavailable"


class Loss(ContentError):
    """What an activation would take away from those who read."""


class DataSetEmpty(Loss):
    """A data set of the first publication has no rows."""

    template = "{data_set} has no rows"
    data_set: str


class RowsLost(Loss):
    """A data set has far fewer rows than that of the active publication."""

    template = "{data_set} has {rows} rows; the active publication has {active_rows}"
    data_set: str
    rows: int
    active_rows: int


class DataGoBack(Loss):
    """The demand observed ends before that of the active publication."""

    template = (
        "Its demand ends on {data_through}; that of the active publication on {active_through}"
    )
    data_through: str
    active_through: str


class ConfirmationNeeded(FaultsFound, CallerError):
    """An activation would take something away, or begin without it, and nobody has confirmed it."""

    template = (
        "Publication {publication_id} must be confirmed by a person before it is served: {listing}"
    )
    slug = "confirmation-needed"
    publication_id: str


class Overtaken(CallerError):
    """Another publication became active while this one was being brought in."""

    template = (
        "Publication {publication_id} was not activated: meanwhile {actor} made {active_id} the "
        "active one; activate it again if it is still wanted"
    )
    slug = "overtaken"
    publication_id: str
    actor: str
    active_id: str


class CandidateChanged(CallerError):
    """What a person judged is not what would be activated any more."""

    template = (
        "Publication {publication_id} was not activated: {change}. What is served goes on; check "
        "the candidate again"
    )
    slug = "overtaken"
    publication_id: str
    change: str


class CandidateUnreadable(TransportError):
    """A candidate went away, or was damaged, while its effect was computed."""

    template = (
        "The effect of publication {publication_id} could not be computed: {problem}. What is "
        "served goes on; check the candidate again"
    )
    publication_id: str
    problem: str


class UndoOver(CallerError):
    """The time to undo an activation is over, or something else became active since."""

    template = (
        "Nothing was undone: publication {publication_id} is not the active one any more, or "
        "became it more than {minutes} minutes ago; roll back instead"
    )
    publication_id: str
    minutes: int


class RefreshInProgress(CallerError):
    """Another refresh holds the lock."""

    template = "Another refresh is running, started by {actor} at {started_at}; wait for it to end"
    slug = "refresh-in-progress"
    actor: str
    started_at: str


class UnknownJob(CallerError):
    """No refresh job of that id is remembered."""

    template = (
        "There is no job {job_id}; only the latest ones are remembered, and the audit trail says "
        "how the others ended"
    )
    slug = "unknown-job"
    job_id: str


class JobInterrupted(TransportError):
    """The process that ran a job is gone, and nobody can tell how the job ended."""

    template = (
        "The process that ran job {job_id} ended in the middle of it; what it did stands in the "
        "audit trail, and readers go on reading what is active"
    )
    job_id: str


class UnexpectedFailure(PortalError):
    """Something failed that nobody foresaw; the log has it under the reference."""

    template = "Something unexpected happened; the log has it under {reference}"
    slug = "internal-error"
    reference: str


class NothingPublished(CallerError):
    """No publication is active, so there is nothing to read."""

    template = "No publication is active; publish with ml_jobs and activate it on the admin page"
    slug = "nothing-published"


class NoEarlierPublication(CallerError):
    """There is nothing to roll back to."""

    template = "No earlier publication is kept here to roll back to; activate another one first"
    slug = "no-earlier-publication"


class UnknownPublication(CallerError):
    """A link or a call names a publication that is not kept here."""

    template = "Publication {publication_id} is not kept here; the nearest kept one is {nearest}"
    slug = "publication-gone"
    publication_id: str
    nearest: str


class UnknownDataSet(CallerError):
    """The publication has no data set of that name."""

    template = "There is no data set {name} in this publication; it has {known}"
    slug = "unknown-data-set"
    name: str
    known: Sequence[str]


class NothingToMark(UnknownDataSet):
    """The publication has no list of actions, so it has no rows that planners could mark."""

    template = (
        "Publication {publication_id} has no list of actions: it is from before there were any, "
        "so nothing in it can be marked"
    )
    publication_id: str
    name: str = "fact_action"
    known: Sequence[str] = ()


class UnknownAction(CallerError):
    """The list of actions has no such row to be marked."""

    template = (
        "The list of publication {publication_id} has no row {action} of part {item_id} at "
        "{location_id} with the open order {ref}; it has {known} of this part"
    )
    slug = "invalid-parameter"
    publication_id: str
    item_id: str
    location_id: str
    action: str
    ref: str
    known: Sequence[str]


class UnknownMove(UnknownAction):
    """The list of actions has no such move to be marked."""

    template = (
        "The list of publication {publication_id} has no move of part {item_id} from {ref} to "
        "{location_id}; it has {known} of this part"
    )


class MarkedMeanwhile(CallerError):
    """Somebody else marked a row after the writer had looked at it; nothing was written."""

    template = (
        "Meanwhile {actor} marked this row ({kind}, {at}); look at it again, then mark it if that "
        "is still right"
    )
    actor: str
    kind: str
    at: str
    number: int


class NothingToUndo(CallerError):
    """A row has no mark that could be taken back."""

    template = "This row has no mark that could be taken back"


class MarksDamaged(StateError):
    """Lines of the planners' marks can't be read; all others hold."""

    template = (
        "{count} line(s) of the state file {name} can't be read and count as no marks: {lines}; "
        "they stay where they are, and a back-up may have them whole"
    )
    count: int
    lines: str
    problem: str = ""


class UnknownFile(CallerError):
    """A publication has no such file beside its data sets."""

    template = (
        "Publication {publication_id} has no file {name} here; beside its data sets it has {known}"
    )
    slug = "unknown-file"
    publication_id: str
    name: str
    known: Sequence[str]


class UnknownRank(CallerError):
    """A list of a publication has no row of a rank."""

    template = (
        "{name} of publication {publication_id} has no row of rank {rank}; it has {count} rows"
    )
    slug = "unknown-rank"
    name: str
    publication_id: str
    rank: int
    count: int


class UnknownItem(CallerError):
    """The publication has no item of that code; carries the nearest codes."""

    template = "There is no part {item_id} in this publication; near it are {suggestions}"
    slug = "unknown-part"
    item_id: str
    suggestions: Sequence[str]


class InvalidSelection(CallerError):
    """A parameter of a read is not usable."""

    template = "{parameter} is {found}; it must be {expected}"
    slug = "invalid-parameter"
    parameter: str
    found: object
    expected: str


class UnwritableOrder(CallerError):
    """A text of an order file has a character that the file's encoding has not."""

    template = (
        "The order file of profile {profile} can't be written: {encoding} has no {character}, as "
        "in {near}; correct the text at its source, or take another profile"
    )
    profile: str
    encoding: str
    character: str
    near: str


class UnknownParameter(InvalidSelection):
    """A call carries a parameter that its address doesn't have."""

    slug = "unknown-parameter"


class InvalidCursor(InvalidSelection):
    """A cursor is damaged, or belongs to another question than the one asked."""

    slug = "invalid-cursor"
    parameter: str = "cursor"
    expected: str = "the value of next in the answer before"


class NotAcceptable(CallerError):
    """The caller takes none of the media types in which this can be answered."""

    template = "The request accepts {found}; what is here comes as {known}"
    slug = "not-acceptable"
    found: str
    known: str


class RangeNotSatisfiable(CallerError):
    """A request asks for bytes that the file doesn't have."""

    template = "The request asks for {found}; the file has {size_bytes} bytes"
    slug = "range-not-satisfiable"
    found: str
    size_bytes: int


class FileChanged(CallerError):
    """The file is not the one that the request expects."""

    template = "The request expects the file with the tag {found}; the file has the tag {etag}"
    slug = "precondition-failed"
    found: str
    etag: str


class NotAllowed(CallerError):
    """The caller's role does not permit the action."""

    template = "{actor} may not {action}; it takes the role {role}"
    slug = "not-allowed"
    actor: str
    action: str
    role: str


class CredentialRequired(NotAllowed):
    """The action takes a role, and the caller showed no credential at all."""

    template = "It takes the role {role} to {action}; sign in, or send an API key as X-API-Key"
    slug = "sign-in-required"


class SignInRequired(CallerError):
    """Everything here takes a sign-in or an API key, and the caller brought neither."""

    template = "This portal is for its members; sign in, or send an API key as X-API-Key"
    slug = "sign-in-required"


class KeyRefused(CallerError):
    """An API key is unknown, expired or revoked; which of them, only the audit log tells."""

    template = "The API key is not valid; have a new one made with: python -m datalayer.access key"
    slug = "key-refused"


class CrossSiteRequest(CallerError):
    """A page of another site tried to act with the session of who looks at it."""

    template = (
        "A sign-in counts for changes from this portal's own pages only, and this request comes "
        "from elsewhere; send an API key as X-API-Key"
    )
    slug = "cross-site"


class TooManyRequests(CallerError):
    """A key or an address asked more often than it may."""

    template = "More than {limit}; try again in {wait_s} s"
    slug = "too-many-requests"
    limit: str
    wait_s: int


class QueryTooLong(TransportError):
    """A read took longer than it may and was interrupted; whole data sets are for the extracts."""

    template = "The read took longer than {timeout_s:g} s and was interrupted; ask for less of it"
    slug = "query-too-long"
    timeout_s: float


class SignInRefused(CallerError):
    """Name or password is wrong; says the same, and takes as long, whichever it is."""

    template = "The name or the password is wrong"


class SignInBlocked(SignInRefused):
    """Too many failures under a name, which need not exist."""

    template = "Too many failed attempts to sign in; try again in {wait_s} s"
    wait_s: int


class UnknownUser(CallerError):
    """There is no user of that name; said to administrators only, never at sign-in."""

    template = "There is no user {name}; the users are {known}"
    name: str
    known: Sequence[str]


class LastAdmin(CallerError):
    """Without this user nobody could administer the portal."""

    template = "{name} is the last administrator who can sign in; make another one first"
    name: str


class OwnAccount(CallerError):
    """Who administers would lock themself out by a slip."""

    template = "{name} is your own account; another administrator can disable it or change its role"
    name: str


class SettingsError(FaultsFound, CallerError):
    """Settings are missing or wrong; carries every fault at once."""

    template = "The settings have {count} fault(s): {listing}"
