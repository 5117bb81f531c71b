"""What can be wrong in a manifest: it comes from outside and nothing in it is trusted."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from datalayer.kernel.contract.manifest import (
    MANIFEST_VERSION,
    ContractReference,
    Manifest,
    PublishedFile,
    id_time,
    is_publication_id,
)
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import ManifestError

LARGEST_FILE_BYTES = 2**40
MOST_ROWS = 10**12
LONGEST_NAME = 200
LONGEST_PATH = 400
MOST_FILES = 500
DEEPEST_NESTING = 32

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PATH_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=-]*", re.ASCII)
_FIELDS = {
    "publication_id",
    "dataset_id",
    "model_version",
    "generated_at",
    "data_through",
    "contract",
    "files",
    "lineage",
}
_FILE_FIELDS = {"data_set", "path", "size_bytes", "sha256", "rows"}


def parse_manifest(content: bytes, *, location: str, registry: Registry) -> Manifest:
    """Return the manifest that *content* is.

    Args:
        content: The bytes of a ``metadata.json``.
        location: Where they were read, for the message of an error.
        registry: The contract whose data sets a publication must have, all of them.

    Raises:
        ManifestError: *content* is not a manifest; carries every fault found.
    """
    fields = json_object(content, location=location)
    faults = tuple(manifest_faults(fields, registry))
    if faults:
        raise ManifestError(location, faults)
    return _manifest(fields)


def json_object(content: bytes, *, location: str) -> dict[str, Any]:
    """Return the JSON object that *content* is.

    Raises:
        ManifestError: It is no JSON object.
    """
    try:
        found = _strict_json(content.decode("utf-8-sig"))
    except UnicodeError as error:
        raise ManifestError(location, [f"it is not in UTF-8: {error}"]) from error
    except (ValueError, RecursionError) as error:
        raise ManifestError(location, [f"it is not JSON: {error}"]) from error
    if not isinstance(found, dict):
        raise ManifestError(location, [f"it is a JSON {type(found).__name__}, not an object"])
    if not _nests_at_most(found, DEEPEST_NESTING):
        problem = f"it nests deeper than {DEEPEST_NESTING} objects or lists"
        raise ManifestError(location, [problem])
    return found


def manifest_faults(fields: Mapping[str, Any], registry: Registry) -> Iterator[str]:
    """Say everything that keeps *fields* from being a manifest for *registry*."""
    version = fields.get("manifest_version")
    if version != MANIFEST_VERSION or isinstance(version, bool):
        # Fields of another version mean what we can't know, so no more is said of them.
        yield f"manifest_version is {_short(version)}; this portal reads version {MANIFEST_VERSION}"
        return
    missing = sorted(_FIELDS - set(fields))
    if missing:
        yield f"it lacks {', '.join(missing)}"
    present = {name: fields[name] for name in _FIELDS if name in fields}
    for name, value in sorted(present.items()):
        yield from _field_faults(name, value, registry)
    yield from _time_faults(present)


def _strict_json(text: str) -> object:
    """Return the value that *text* is, if it can be written again and means one thing only."""
    found = json.loads(
        text,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        object_pairs_hook=_without_repeats,
    )
    if "\\u" in text:
        # An escape can name half a character, which no file can hold.
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{_short(text)} is larger than any number that can be kept")
    return number


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Readers differ in which of two equal names they take, so there must not be two."""
    found = dict(pairs)
    if len(found) < len(pairs):
        name, times = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"one object has {_short(name)} {times} times")
    return found


def _nests_at_most(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return True
    return levels > 0 and all(_nests_at_most(each, levels - 1) for each in value)


def _field_faults(name: str, value: object, registry: Registry) -> Iterator[str]:
    match name:
        case "publication_id" if not (isinstance(value, str) and is_publication_id(value)):
            yield f"publication_id is {_short(value)}; it must look like 20261121T060000Z-1a2b3c4d"
        case "dataset_id" | "model_version" if not _is_name(value):
            yield f"{name} is {_short(value)}; it must be text of 1 to {LONGEST_NAME} characters"
        case "generated_at" if _instant(value) is None:
            yield f"generated_at is {_short(value)}; it must be a time with its zone"
        case "data_through" if _day(value) is None:
            yield f"data_through is {_short(value)}; it must be a day such as 2026-11-20"
        case "lineage" if not isinstance(value, dict):
            yield f"lineage is {_short(value)}; it must be an object"
        case "contract":
            yield from _contract_faults(value, registry)
        case "files":
            yield from _files_faults(value, registry)


def _time_faults(fields: Mapping[str, Any]) -> Iterator[str]:
    generated_at = _instant(fields.get("generated_at"))
    data_through = _day(fields.get("data_through"))
    publication_id = fields.get("publication_id")
    if generated_at is None:
        return
    # A day's grace: the day that is over in one zone has not begun in another.
    if data_through and (data_through - generated_at.date()).days > 1:
        yield f"data_through {data_through} is after generated_at {generated_at.isoformat()}"
    if not isinstance(publication_id, str) or not is_publication_id(publication_id):
        return
    if not publication_id.startswith(id_time(generated_at)):
        yield f"publication_id {publication_id} does not begin with generated_at as its time"


def _contract_faults(value: object, registry: Registry) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"contract is {_short(value)}; it must be an object"
        return
    if value.get("id") != registry.id:
        yield f"contract.id is {_short(value.get('id'))}; this portal reads {registry.id!r}"
    version = value.get("version")
    if not isinstance(version, str) or _major(version) != _major(registry.version):
        yield f"contract.version is {_short(version)}; this portal reads {registry.version!r}"
    fingerprints = value.get("fingerprints")
    if not isinstance(fingerprints, dict) or not all(map(_is_sha256, fingerprints.values())):
        yield "contract.fingerprints must be an object of SHA-256 digests in lower-case hex"


def _files_faults(value: object, registry: Registry) -> Iterator[str]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        yield "files must be a list of objects"
        return
    if len(value) > MOST_FILES:
        known = len(registry.data_sets)
        yield f"files has {len(value)} entries; the contract has {known} data sets"
        return
    for index, entry in enumerate(value):
        yield from _file_faults(f"files[{index}]", entry)
    named = Counter(str(entry.get("data_set")) for entry in value)
    for data_set in registry.data_sets:
        if data_set not in named:
            yield f"files has no data set {data_set!r}"
    for data_set in named:
        if data_set not in registry.data_sets:
            yield f"files has the data set {_short(data_set)}, which the contract does not know"
    yield from _repeated("data_set", named)
    yield from _repeated("path", Counter(str(entry.get("path")) for entry in value))


def _file_faults(place: str, entry: Mapping[str, Any]) -> Iterator[str]:
    missing = sorted(_FILE_FIELDS - set(entry))
    if missing:
        yield f"{place} lacks {', '.join(missing)}"
    for name in sorted(_FILE_FIELDS & set(entry)):
        expected = _expected_of_file(name, entry[name])
        if expected:
            yield f"{place}.{name} is {_short(entry[name])}; it must be {expected}"


def _expected_of_file(name: str, value: object) -> str | None:
    """Return what the field *name* must be, or None where *value* is that."""
    match name:
        case "data_set" if not isinstance(value, str):
            return "text"
        case "path" if not _is_inside(value):
            return "relative to the store's root and inside it, of letters, digits and ._=-/"
        case "size_bytes" if not _is_count(value, LARGEST_FILE_BYTES):
            return f"a number from 0 to {LARGEST_FILE_BYTES}"
        case "rows" if not _is_count(value, MOST_ROWS):
            return f"a number from 0 to {MOST_ROWS}"
        case "sha256" if not _is_sha256(value):
            return "64 digits of lower-case hex"
    return None


def _is_inside(path: object) -> bool:
    if not isinstance(path, str) or len(path) > LONGEST_PATH:
        return False
    return all(_PATH_PART.fullmatch(part) for part in path.split("/"))


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_NAME


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _major(version: str) -> str:
    return version.partition(".")[0]


def _repeated(name: str, counted: Mapping[str, int]) -> Iterator[str]:
    for value, times in counted.items():
        if times > 1:
            yield f"files has the {name} {_short(value)} {times} times"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _manifest(fields: Mapping[str, Any]) -> Manifest:
    return Manifest(
        publication_id=fields["publication_id"],
        dataset_id=fields["dataset_id"],
        model_version=fields["model_version"],
        generated_at=datetime.fromisoformat(fields["generated_at"]).astimezone(UTC),
        data_through=date.fromisoformat(fields["data_through"]),
        contract=_contract_reference(fields["contract"]),
        files=tuple(_published_file(entry) for entry in fields["files"]),
        lineage=fields["lineage"],
    )


def _contract_reference(fields: Mapping[str, Any]) -> ContractReference:
    return ContractReference(fields["id"], fields["version"], fields["fingerprints"])


def _published_file(entry: Mapping[str, Any]) -> PublishedFile:
    return PublishedFile(
        data_set=entry["data_set"],
        path=entry["path"],
        size_bytes=entry["size_bytes"],
        sha256=entry["sha256"],
        rows=entry["rows"],
    )
