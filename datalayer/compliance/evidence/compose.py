"""Evidence of a compose file: its services, networks and secrets, with defaults filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from datalayer.kernel.errors import EvidenceMissing, NotCheckable

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?([-?+])([^{}]*))?\}|(\w+))")


@dataclass(frozen=True)
class ComposeService:
    """One service.

    Attributes:
        options: Its options as they stand in the file.
    """

    name: str
    options: Mapping[str, Any]

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

    def variables(self) -> dict[str, str]:
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
        """The image's name, with the defaults of variables filled in."""
        return filled_in(str(self.options.get("image", "")))


@dataclass(frozen=True)
class ComposeFile:
    """A compose file.

    Attributes:
        sections: What it is parted into, as in ``services``.
    """

    path: str
    services: tuple[ComposeService, ...]
    networks: Mapping[str, Mapping[str, Any]]
    secrets: Mapping[str, Mapping[str, Any]]
    volumes: Mapping[str, Mapping[str, Any]]
    sections: tuple[str, ...]

    @property
    def summary(self) -> str:
        """Its services."""
        return f"{self.path}: {', '.join(each.name for each in self.services)}"

    def of(self, service: ComposeService) -> str:
        """Return how a sentence about *service* begins."""
        return f"{self.path}: the service {service.name}"


def read_compose(path: Path, *overrides: Path) -> ComposeFile:
    """Return the compose file in *path* with *overrides* merged into it, as ``-f`` does.

    Lists are joined, also where compose would replace them: what stands in either is looked at.

    Raises:
        NotCheckable: One is not there, as within an image.
        EvidenceMissing: One can't be read, or there are no services.
    """
    document: Mapping[str, Any] = {}
    for each in (path, *overrides):
        document = _merge(document, _read(each))
    services = _mapping(document.get("services"))
    if not services:
        raise EvidenceMissing(subject=str(path), problem="has no services; it must have the app")
    return ComposeFile(
        path=" with ".join(map(str, (path, *overrides))),
        services=tuple(ComposeService(str(n), _mapping(o)) for n, o in services.items()),
        networks={str(n): _mapping(o) for n, o in _mapping(document.get("networks")).items()},
        secrets={str(n): _mapping(o) for n, o in _mapping(document.get("secrets")).items()},
        volumes={str(n): _mapping(o) for n, o in _mapping(document.get("volumes")).items()},
        sections=tuple(map(str, document)),
    )


def _read(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        raise NotCheckable(reason=f"there is no {path} here; `make proof` mounts the whole tree")
    try:
        return _mapping(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        problem = f"can't be read: {' '.join(str(error).split())[:200]}"
        raise EvidenceMissing(subject=str(path), problem=problem) from error


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


def filled_in(text: str) -> str:
    """Return *text* with the literal of each variable in its place; of those without, nothing."""
    before = None
    while before != text:
        before = text
        text = _VARIABLE.sub(
            lambda found: found[3] if found[2] in ("-", "+") and found[3] else "", text
        )
    return text


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
