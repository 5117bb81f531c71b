"""Evidence of a compose file: its services, networks and secrets, with variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from datalayer.kernel.errors import EvidenceMissing
from datalayer.kernel.sentences import Sentence

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?([-?+])([^{}]*))?\}|(\w+))")


@dataclass(frozen=True)
class ComposeService:
    """One service.

    Attributes:
        options: Its options as they stand in the file.
        variables: What ``.env`` gives to the variables in them.
    """

    name: str
    options: Mapping[str, Any]
    variables: Mapping[str, str] = field(default_factory=dict)

    def strings(self, option: str) -> tuple[str, ...]:
        """Return the texts of an option that is a text, a list or a mapping."""
        value = self.options.get(option)
        if isinstance(value, Mapping):
            return tuple(f"{key}={each}" for key, each in value.items())
        values = value if isinstance(value, list) else [] if value is None else [value]
        return tuple(str(each) for each in values)

    def mapping(self, option: str) -> Mapping[str, Any]:
        """Return an option that is a mapping; an empty one for whatever else stands there."""
        return _mapping(self.options.get(option))

    def environment(self) -> dict[str, str]:
        """Return its environment by name; without a value, an empty text."""
        pairs = (text.partition("=") for text in self.strings("environment"))
        return {name: "" if value == "None" else value for name, _, value in pairs}

    @property
    def limits(self) -> Mapping[str, Any]:
        """What ``deploy.resources.limits`` says."""
        return _mapping(_mapping(self.mapping("deploy").get("resources")).get("limits"))

    @property
    def reservations(self) -> Mapping[str, Any]:
        """What ``deploy.resources.reservations`` says."""
        return _mapping(_mapping(self.mapping("deploy").get("resources")).get("reservations"))

    @property
    def image(self) -> str:
        """The image's name, with variables filled in."""
        return self.filled_in(self.options.get("image") or "")

    def filled_in(self, value: object) -> str:
        """Return *value* as text, with what its variables stand for."""
        return filled_in(str(value), self.variables)


@dataclass(frozen=True)
class ComposeFile:
    """A compose file, with the overrides that it is taken together with.

    Attributes:
        files: Their paths below the tree, in the order in which they are merged.
        sections: What it is parted into, as in ``services``.
    """

    files: tuple[str, ...]
    services: tuple[ComposeService, ...]
    networks: Mapping[str, Mapping[str, Any]]
    secrets: Mapping[str, Mapping[str, Any]]
    volumes: Mapping[str, Mapping[str, Any]]
    sections: tuple[str, ...]

    @property
    def path(self) -> str:
        """The files, for sentences; with ``.env`` where that gives values to variables."""
        env = [".env"] if any(each.variables for each in self.services) else []
        return " with ".join([*self.files, *env])

    def of(self, service: ComposeService) -> str:
        """Return how a sentence about *service* begins."""
        return f"{self.path}: the service {service.name}"


def read_compose(
    tree: Path, files: Sequence[str], variables: Mapping[str, str] | None = None
) -> ComposeFile:
    """Return the first of *files* with the others merged into it, as ``-f`` does.

    Lists are joined, also where compose would replace them: what stands in either is looked at.

    Args:
        tree: The folder that *files* are below.
        files: Paths of compose files.
        variables: What ``.env`` gives to variables; the others have their defaults.

    Raises:
        EvidenceMissing: One can't be read, or there are no services.
    """
    document: Mapping[str, Any] = {}
    for each in files:
        document = _merge(document, read_document(tree, each))
    services, given = _mapping(document.get("services")), variables or {}
    if not services:
        problem = Sentence("has no services; it must have the app")
        raise EvidenceMissing(subject=" + ".join(files), problem=problem)
    return ComposeFile(
        files=tuple(files),
        services=tuple(ComposeService(str(n), _mapping(o), given) for n, o in services.items()),
        networks={str(n): _mapping(o) for n, o in _mapping(document.get("networks")).items()},
        secrets={str(n): _mapping(o) for n, o in _mapping(document.get("secrets")).items()},
        volumes={str(n): _mapping(o) for n, o in _mapping(document.get("volumes")).items()},
        sections=tuple(map(str, document)),
    )


def read_document(tree: Path, file: str) -> Mapping[str, Any]:
    """Return what stands in the compose file *file* below *tree*.

    Raises:
        EvidenceMissing: It can't be read.
    """
    try:
        return _mapping(yaml.safe_load((tree / file).read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        problem = Sentence("can't be read: {reason}", reason=reason)
        raise EvidenceMissing(subject=file, problem=problem) from error


def filled_in(text: str, variables: Mapping[str, str] | None = None) -> str:
    """Return *text* with the value of each variable in its place.

    Of those that *variables* has none for the default is taken, and nothing without one. What
    stands there only if a variable is set is taken as if it were.
    """
    values = variables or {}

    def value(found: re.Match[str]) -> str:
        # Within a value nothing else is filled in.
        given = values.get(found[1] or found[4], "").replace("$", "")
        if found[2] == "+":
            return found[3]
        return given or (found[3] if found[2] == "-" else "")

    before = None
    while before != text:
        before = text
        text = _VARIABLE.sub(value, text)
    return text


def _merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    merged = dict(one)
    for key, value in other.items():
        before = merged.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(before, value)
        elif isinstance(before, Mapping) and isinstance(value, list):
            merged[key] = {**before, **dict.fromkeys(value)}
        elif isinstance(before, list) and isinstance(value, list):
            merged[key] = before + value
        else:
            merged[key] = value
    return merged


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
