"""What can be wrong in a manifest: it comes from outside and nothing in it is trusted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter, ValidationError

from datalayer.kernel.contract.manifest import (
    LARGEST_FILE_BYTES,
    LONGEST_NAME,
    LONGEST_TEXT,
    MANIFEST_VERSION,
    MOST_FILES,
    MOST_ROWS,
    Manifest,
    id_time,
    is_publication_id,
    most_rows,
    read_day,
    read_instant,
)
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.strict_json import excerpt, json_object
from datalayer.kernel.errors import ManifestError
from datalayer.kernel.sentences import Sentence

_MANIFEST = TypeAdapter(Manifest)
_NAME = f"it must be text of 1 to {LONGEST_NAME} characters"
_FINGERPRINTS = "an object of SHA-256 digests in lower-case hex"
_EXPECTED = {
    "publication_id": "it must look like 20261121T060000Z-1a2b3c4d",
    "dataset_id": _NAME,
    "model_version": _NAME,
    "generated_at": "it must be a time with its zone",
    "data_through": "it must be a day such as 2026-11-20",
    "contract": "it must be an object",
    "lineage": "it must be an object",
    "data_set": "it must be text",
    "path": "it must be relative to the store's root and inside it, of letters, digits and ._=-/",
    "size_bytes": f"it must be a whole number from 0 to {LARGEST_FILE_BYTES}",
    "rows": f"it must be a whole number from 0 to {MOST_ROWS:,}",
    "sha256": "it must be 64 digits of lower-case hex",
}


def parse_manifest(content: bytes, *, location: str, registry: Registry) -> Manifest:
    """Return the manifest that *content* is.

    Args:
        content: The bytes of a ``metadata.json``.
        location: Where they were read, for the message of an error.
        registry: The contract whose data sets a publication must have, but for the optional ones.

    Raises:
        ManifestError: *content* is not a manifest; carries every fault found.
    """
    try:
        fields = json_object(content)
    except ValueError as error:
        raise ManifestError(location=location, faults=[str(error)]) from error
    version = fields.get("manifest_version")
    if version != MANIFEST_VERSION or isinstance(version, bool):
        # Fields of another version mean what we can't know, so no more is said of them.
        found = Sentence("manifest_version is {shown}", shown=excerpt(version))
        raise ManifestError(
            location=location, faults=[f"{found}; this portal reads version {MANIFEST_VERSION}"]
        )
    faults = [
        *_contract_faults(fields.get("contract"), registry),
        *_data_set_faults(fields.get("files"), registry),
        *_time_faults(fields),
        *_text_faults("lineage", fields.get("lineage")),
    ]
    try:
        manifest = _MANIFEST.validate_python(fields)
    except ValidationError as error:
        raise ManifestError(
            location=location, faults=[*_field_faults(error, registry), *faults]
        ) from error
    faults += _row_faults(manifest)
    if faults:
        raise ManifestError(location=location, faults=faults)
    return manifest


def _field_faults(error: ValidationError, registry: Registry) -> Iterator[str]:
    """Yield what is wrong in single fields, in the contract's words instead of pydantic's."""
    lacking: dict[str, list[str]] = defaultdict(list)
    unfit: dict[str, None] = {}  # in order, and each once
    for fault in error.errors(include_url=False, include_context=False):
        match fault["loc"], fault["type"]:
            case ("contract", "fingerprints", *_), _:
                unfit[f"contract.fingerprints must be {_FINGERPRINTS}"] = None
            case ("contract", _), _:
                pass  # said by comparison with the registry
            case ("files",), "value_error":
                found, known = len(fault["input"]), len(registry.data_sets)
                unfit[f"files has {found} entries; the contract has {known} data sets"] = None
            case (("files",), "tuple_type") | (("files", _), _):
                unfit["files must be a list of objects"] = None
            case (*place, name), "missing":
                lacking[_place(place) or "it"].append(str(name))
            case (*place, name), _:
                path = f"{_place(place)}.{name}".lstrip(".")
                unfit[f"{path} is {excerpt(fault['input'])}; {_EXPECTED[str(name)]}"] = None
    yield from (f"{place} lacks {', '.join(sorted(names))}" for place, names in lacking.items())
    yield from unfit


def _place(parts: Sequence[str | int]) -> str:
    return f"{parts[0]}[{parts[1]}]" if parts else ""


def _contract_faults(contract: object, registry: Registry) -> Iterator[str]:
    if not isinstance(contract, dict):
        return
    if contract.get("id") != registry.id:
        yield f"contract.id is {excerpt(contract.get('id'))}; this portal reads {registry.id!r}"
    version = contract.get("version")
    known = isinstance(version, str) and len(version) <= LONGEST_NAME
    if not known or _major(str(version)) != _major(registry.version):
        yield f"contract.version is {excerpt(version)}; this portal reads {registry.version!r}"


def _major(version: str) -> str:
    return version.partition(".")[0]


def _data_set_faults(files: object, registry: Registry) -> Iterator[str]:
    if not isinstance(files, list) or len(files) > MOST_FILES:
        return
    if not all(isinstance(entry, dict) for entry in files):
        return
    named = Counter(str(entry.get("data_set")) for entry in files)
    for data_set in registry.data_sets.values():
        if data_set.name not in named and not data_set.optional:
            yield f"files has no data set {data_set.name!r}"
    for name in named:
        if name not in registry.data_sets:
            yield f"files has the data set {excerpt(name)}, which the contract does not know"
    for field in ("data_set", "path"):
        for value, times in Counter(str(entry.get(field)) for entry in files).items():
            if times > 1:
                yield f"files has the {field} {excerpt(value)} {times} times"


def _text_faults(place: str, value: object) -> Iterator[str]:
    """Yield every text in *value* that is too long to be shown."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        yield f"{place} has {len(value):,} characters; it must have {LONGEST_TEXT:,} at most"
    elif isinstance(value, dict):
        for name, each in value.items():
            if len(name) > LONGEST_NAME:
                found = Sentence(
                    "{place} has a name of {count} characters", place=place, count=len(name)
                )
                yield f"{found}; it must have {LONGEST_NAME:,} at most"
            yield from _text_faults(f"{place}.{name[:LONGEST_NAME]}", each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _text_faults(f"{place}[{index}]", each)


def _row_faults(manifest: Manifest) -> Iterator[str]:
    for place, file in enumerate(manifest.files):
        most = most_rows(file.size_bytes)
        if file.rows > most:
            yield (
                f"files[{place}].rows is {file.rows:,}; "
                f"in {file.size_bytes:,} bytes there can be {most:,} at most"
            )


def _time_faults(fields: Mapping[str, Any]) -> Iterator[str]:
    publication_id = str(fields.get("publication_id"))
    with suppress(ValueError):
        generated_at = read_instant(fields.get("generated_at"))
        if is_publication_id(publication_id) and not publication_id.startswith(
            id_time(generated_at)
        ):
            yield f"publication_id {publication_id} does not begin with generated_at as its time"
        data_through = read_day(fields.get("data_through"))
        # A day's grace: the day that is over in one zone has not begun in another.
        if (data_through - generated_at.date()).days > 1:
            yield f"data_through {data_through} is after generated_at {generated_at.isoformat()}"
