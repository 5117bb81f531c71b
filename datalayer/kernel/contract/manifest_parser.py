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
_NAME = Sentence("it must be text of 1 to {most} characters", most=LONGEST_NAME)
_OBJECT = Sentence("it must be an object")
_FINGERPRINTS = Sentence(
    "contract.fingerprints must be an object of SHA-256 digests in lower-case hex"
)
_EXPECTED: Mapping[str, Sentence] = {
    "publication_id": Sentence("it must look like {example}", example="20261121T060000Z-1a2b3c4d"),
    "dataset_id": _NAME,
    "model_version": _NAME,
    "generated_at": Sentence("it must be a time with its zone"),
    "data_through": Sentence("it must be a day such as 2026-11-20"),
    "contract": _OBJECT,
    "lineage": _OBJECT,
    "data_set": Sentence("it must be text"),
    "path": Sentence(
        "it must be relative to the store's root and inside it, of letters, digits and ._=-/"
    ),
    "size_bytes": Sentence("it must be a whole number from 0 to {most}", most=LARGEST_FILE_BYTES),
    "rows": Sentence("it must be a whole number from 0 to {most}", most=MOST_ROWS),
    "sha256": Sentence("it must be 64 digits of lower-case hex"),
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
            location=location,
            faults=[
                Sentence(
                    "{found}; this portal reads version {version}",
                    found=found,
                    version=MANIFEST_VERSION,
                )
            ],
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
                unfit[_FINGERPRINTS] = None
            case ("contract", _), _:
                pass  # said by comparison with the registry
            case ("files",), "value_error":
                many = Sentence(
                    "files has {count} entries; the contract has {known} data sets",
                    count=len(fault["input"]),
                    known=len(registry.data_sets),
                )
                unfit[many] = None
            case (("files",), "tuple_type") | (("files", _), _):
                unfit[Sentence("files must be a list of objects")] = None
            case (*place, name), "missing":
                lacking[_place(place)].append(str(name))
            case (*place, name), _:
                told = Sentence(
                    "{place:s} is {found:s}; {expected}",
                    place=f"{_place(place)}.{name}".lstrip("."),
                    found=excerpt(fault["input"]),
                    expected=_EXPECTED[str(name)],
                )
                unfit[told] = None
    for where, names in lacking.items():
        listed = ", ".join(sorted(names))
        if where:
            yield Sentence("{place} lacks {names:s}", place=where, names=listed)
        else:
            yield Sentence("it lacks {names:s}", names=listed)
    yield from unfit


def _place(parts: Sequence[str | int]) -> str:
    return f"{parts[0]}[{parts[1]}]" if parts else ""


def _contract_faults(contract: object, registry: Registry) -> Iterator[str]:
    if not isinstance(contract, dict):
        return
    if contract.get("id") != registry.id:
        yield _other_contract("contract.id", contract.get("id"), registry.id)
    version = contract.get("version")
    known = isinstance(version, str) and len(version) <= LONGEST_NAME
    if not known or _major(str(version)) != _major(registry.version):
        yield _other_contract("contract.version", version, registry.version)


def _other_contract(place: str, found: object, known: str) -> Sentence:
    return Sentence(
        "{place} is {found}; this portal reads {known}",
        place=place,
        found=excerpt(found),
        known=repr(known),
    )


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
            yield Sentence("files has no data set {name}", name=repr(data_set.name))
    for name in named:
        if name not in registry.data_sets:
            yield Sentence(
                "files has the data set {name}, which the contract does not know",
                name=excerpt(name),
            )
    for field in ("data_set", "path"):
        for value, times in Counter(str(entry.get(field)) for entry in files).items():
            if times > 1:
                yield Sentence(
                    "files has the {field:s} {value} {times} times",
                    field=field,
                    value=excerpt(value),
                    times=times,
                )


def _text_faults(place: str, value: object) -> Iterator[str]:
    """Yield every text in *value* that is too long to be shown."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        yield Sentence(
            "{place:s} has {count} characters; it must have {most} at most",
            place=place,
            count=len(value),
            most=LONGEST_TEXT,
        )
    elif isinstance(value, dict):
        for name, each in value.items():
            if len(name) > LONGEST_NAME:
                yield Sentence(
                    "{place:s} has a name of {count} characters; it must have {most} at most",
                    place=place,
                    count=len(name),
                    most=LONGEST_NAME,
                )
            yield from _text_faults(f"{place}.{name[:LONGEST_NAME]}", each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _text_faults(f"{place}[{index}]", each)


def _row_faults(manifest: Manifest) -> Iterator[str]:
    for place, file in enumerate(manifest.files):
        most = most_rows(file.size_bytes)
        if file.rows > most:
            yield Sentence(
                "{place} is {rows}; in {size_bytes} bytes there can be {most} at most",
                place=f"files[{place}].rows",
                rows=file.rows,
                size_bytes=file.size_bytes,
                most=most,
            )


def _time_faults(fields: Mapping[str, Any]) -> Iterator[str]:
    publication_id = str(fields.get("publication_id"))
    with suppress(ValueError):
        generated_at = read_instant(fields.get("generated_at"))
        if is_publication_id(publication_id) and not publication_id.startswith(
            id_time(generated_at)
        ):
            yield Sentence(
                "publication_id {publication_id} does not begin with generated_at as its time",
                publication_id=publication_id,
            )
        data_through = read_day(fields.get("data_through"))
        # A day's grace: the day that is over in one zone has not begun in another.
        if (data_through - generated_at.date()).days > 1:
            yield Sentence(
                "data_through {data_through} is after generated_at {generated_at}",
                data_through=str(data_through),
                generated_at=generated_at.isoformat(),
            )
