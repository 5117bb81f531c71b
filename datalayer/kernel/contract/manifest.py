"""Manifests: what a publication says of itself, as JSON and as a frozen dataclass."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

MANIFEST_VERSION = 1
MANIFEST_NAME = "metadata.json"
MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024
PUBLICATION_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
LARGEST_FILE_BYTES = 2**40
MOST_ROWS = 10**12
ROWS_IN_ANY_FILE = 1_000_000
ROWS_PER_BYTE = 100
LONGEST_NAME = 200
LONGEST_PATH = 400
LONGEST_TEXT = 10_000
MOST_FILES = 500

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PATH_PART = r"[A-Za-z0-9_][A-Za-z0-9._=-]*"


def read_instant(value: object) -> datetime:
    """Return a point in time written as ISO 8601 with its zone, in UTC.

    Raises:
        ValueError: It is none.
    """
    found = datetime.fromisoformat(value) if isinstance(value, str) else None
    if found is None or found.tzinfo is None:
        raise ValueError("no time with its zone")
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("before the year 1 in UTC") from error


def read_day(value: object) -> date:
    """Return a day written as 2026-11-20.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("no day")
    return date.fromisoformat(value)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("not printable")
    return text


def _whole(number: object) -> object:
    # R, pandas and JavaScript write whole numbers as 4614.0, which JSON takes for the same.
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _few(entries: object) -> object:
    # Said once, instead of a fault for every entry of an endless list.
    if isinstance(entries, list) and len(entries) > MOST_FILES:
        raise ValueError("too many")
    return entries


# What a manifest from outside must keep; who makes one here is not held to it until it is read.
_Id = Annotated[str, Field(pattern=rf"^{PUBLICATION_ID.pattern}$")]
_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_printable)]
_Path = Annotated[str, Field(max_length=LONGEST_PATH, pattern=rf"^{_PATH_PART}(/{_PATH_PART})*$")]
_Whole = Annotated[int, Field(strict=True), BeforeValidator(_whole)]
_Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class PublishedFile:
    """One file of a publication.

    Attributes:
        path: Relative to the store's root, ``/`` between parts, never outside that root.
        sha256: Lower-case hexadecimal digest of the whole file.
    """

    data_set: str
    path: _Path
    size_bytes: Annotated[_Whole, Field(ge=0, le=LARGEST_FILE_BYTES)]
    sha256: _Sha256
    rows: Annotated[_Whole, Field(ge=0, le=MOST_ROWS)]


@dataclass(frozen=True)
class ContractReference:
    """Which contract the publication was written for; fingerprints by data set."""

    id: str
    version: str
    fingerprints: Mapping[str, _Sha256]


@dataclass(frozen=True)
class Manifest:
    """A publication's description of itself.

    Attributes:
        generated_at: When the results were computed, UTC.
        data_through: The last day of observed demand behind them.
        lineage: Input hashes, settings, library versions and the like; JSON values, shown
            and kept but never relied on. ``frequency`` (D, W or MS), ``demonstration`` (true
            for bundled data), ``synthetic`` (true where nothing in them is real), ``currency``
            (ISO 4217, or empty) and ``assumptions`` (sentences, each text or an object of texts by
            language) are shown to users.
    """

    publication_id: _Id
    dataset_id: _Name
    model_version: _Name
    generated_at: Annotated[datetime, PlainValidator(read_instant)]
    data_through: Annotated[date, PlainValidator(read_day)]
    contract: ContractReference
    files: Annotated[tuple[PublishedFile, ...], BeforeValidator(_few)]
    lineage: Mapping[str, object]

    @property
    def size_bytes(self) -> int:
        """Size of all its files together."""
        return sum(file.size_bytes for file in self.files)

    def has_files_of(self, other: Manifest) -> bool:
        """Return whether it announces the same files as *other*, wherever they lie.

        Paths may differ: the same files may have been published flat.
        """
        contents = [{(file.data_set, file.sha256) for file in m.files} for m in (self, other)]
        return contents[0] == contents[1]

    def rows_of(self, data_set: str) -> int:
        """Return how many rows a data set has; 0 where there is none."""
        return sum(file.rows for file in self.files if file.data_set == data_set)

    def file(self, data_set: str) -> PublishedFile:
        """Return the file of *data_set*.

        Raises:
            KeyError: The publication has no such data set.
        """
        return {file.data_set: file for file in self.files}[data_set]


@dataclass(frozen=True)
class SignedManifest(Manifest):
    """A manifest that a trusted key signed; made where signatures are verified, nowhere else.

    Attributes:
        content: The bytes that were signed.
        attestation: The envelope with the signature.
        keyid: Of the key that signed.
        expires_at: When it is to be refused, UTC; None for never.
    """

    content: bytes
    attestation: bytes = field(compare=False)
    keyid: str = field(compare=False)
    expires_at: datetime | None = field(compare=False)


def most_rows(size_bytes: int) -> int:
    """Return how many rows a Parquet file of so many bytes may have.

    A few bytes can stand for any number of equal rows, which would take days to read. The rows
    of the contract differ at least in their keys: the job's own files have less than one row to
    the byte.
    """
    return min(MOST_ROWS, ROWS_IN_ANY_FILE + ROWS_PER_BYTE * size_bytes)


def new_publication_id(generated_at: datetime, *, salt: bytes) -> str:
    """Return the id of a publication: its time, so that ids sort by it, and eight hex digits.

    Args:
        generated_at: When the results were computed, with its zone.
        salt: What tells publications of one second apart, such as the files' digests.
    """
    digest = hashlib.sha256(salt).hexdigest()[:8]
    return f"{id_time(generated_at)}-{digest}"


def id_time(generated_at: datetime) -> str:
    """Return *generated_at* as it begins a publication's id."""
    return generated_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def is_publication_id(text: str) -> bool:
    """Return True if *text* is an id, and so safe as the name of a folder."""
    return PUBLICATION_ID.fullmatch(text) is not None


def manifest_json(manifest: Manifest) -> bytes:
    """Return *manifest* as the JSON that is stored, the same bytes for the same manifest.

    A signed one is stored as it was signed, to the byte.
    """
    if isinstance(manifest, SignedManifest):
        return manifest.content
    content = asdict(manifest) | {
        "manifest_version": MANIFEST_VERSION,
        "generated_at": manifest.generated_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data_through": manifest.data_through.isoformat(),
    }
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"
