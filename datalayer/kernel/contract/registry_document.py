"""The registry's ODCS document: reading it and reporting every fault in it at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import ValidationError

from datalayer.kernel.contract.registry_faults import document_faults
from datalayer.kernel.errors import RegistryError


@dataclass(frozen=True)
class Document:
    """A registry document free of faults.

    Attributes:
        odcs: The document as the standard's own classes hold it.
        content: The same as plain JSON values; fingerprints are taken from it.
    """

    odcs: OpenDataContractStandard
    content: Mapping[str, object]


def read_document(path: Path) -> Document:
    """Read and check the document at *path*.

    Raises:
        RegistryError: With every fault found.
    """
    content = _json_object(path)
    odcs = _parsed(path, content)
    faults = tuple(document_faults(odcs))
    if faults:
        raise RegistryError(str(path), faults)
    return Document(odcs, content)


def _json_object(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes(), object_pairs_hook=_without_duplicates)
    except OSError as error:
        raise RegistryError(str(path), [f"can't be read: {error.strerror}"]) from error
    except (ValueError, RecursionError) as error:
        raise RegistryError(str(path), [f"is not JSON: {error}"]) from error
    if not isinstance(content, dict):
        raise RegistryError(str(path), [f"is a JSON {type(content).__name__}, not an object"])
    return content


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"the name {repeated[0]!r} stands twice in one object")
    return dict(pairs)


def _parsed(path: Path, content: Mapping[str, object]) -> OpenDataContractStandard:
    try:
        return OpenDataContractStandard.model_validate(content)
    except ValidationError as error:
        raise RegistryError(str(path), list(_model_faults(error))) from error


def _model_faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        place = ".".join(str(part) for part in fault["loc"])
        yield f"{place}: {fault['msg']}, found {str(fault['input'])[:60]!r}"
