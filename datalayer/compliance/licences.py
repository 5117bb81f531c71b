"""The licences of what is installed, from the packages' own metadata."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from dataclasses import dataclass

from datalayer.compliance.forbidden import normalize

_NOT_SAID = "not said"
_LONGEST = 120


@dataclass(frozen=True)
class Licence:
    """One package's licence, as the package itself puts it."""

    name: str
    version: str
    licence: str


def find_licences(search: Iterable[str] | None = None) -> tuple[Licence, ...]:
    """Return the licences of what is installed in *search* (None: here), by name."""
    found = (
        importlib.metadata.distributions()
        if search is None
        else importlib.metadata.distributions(path=list(search))
    )
    licences = {
        Licence(normalize(name), each.version, _licence(each))
        for each in found
        if (name := each.metadata["Name"])
    }
    return tuple(sorted(licences, key=lambda each: (each.name, each.version)))


def licence_table(licences: Iterable[Licence]) -> str:
    """Return *licences* as text, one a line."""
    return "".join(f"{each.name:<32}{each.version:<20}{each.licence}\n" for each in licences)


def _licence(distribution: importlib.metadata.Distribution) -> str:
    """Return the expression, else the classifiers, else the first line of the old field."""
    metadata = distribution.metadata
    expressions = metadata.get_all("License-Expression")
    if expressions:
        return str(expressions[0])
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or ()
        if text.startswith("License :: ") and text != "License :: OSI Approved"
    ]
    if classifiers:
        return " and ".join(classifiers)
    lines = re.split(r"\n", str((metadata.get_all("License") or [""])[0]).strip())
    return lines[0][:_LONGEST] or _NOT_SAID
