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

    def variables(self) -> dict[str, str]:
        """Return its environment by name; without a value, an empty text."""
        pairs = (text.partition("=") for text in self.strings("environment"))
        return {name: "" if value == "None" else value for name, _, value in pairs}

    @property
    def limits(self) -> Mapping[str, Any]:
        """What ``deploy.resources.limits`` says."""
        resources = _mapping(_mapping(self.options.get("deploy")).get("resources"))
        return _mapping(resources.get("limits"))

    @property
    def image(self) -> str:
        """The image's name, with the defaults of variables filled in."""
        return filled_in(str(self.options.get("image", "")))


@dataclass(frozen=True)
class ComposeFile:
    """A compose file."""

    path: str
    services: tuple[ComposeService, ...]
    networks: Mapping[str, Mapping[str, Any]]
    secrets: Mapping[str, Mapping[str, Any]]

    @property
    def summary(self) -> str:
        """Its services."""
        return f"{self.path}: {', '.join(each.name for each in self.services)}"


def read_compose(path: Path) -> ComposeFile:
    """Return the compose file in *path*.

    Raises:
        NotCheckable: There is none, as within an image.
        EvidenceMissing: It can't be read, or has no services.
    """
    if not path.exists():
        raise NotCheckable(reason=f"there is no {path} here; `make proof` mounts the whole tree")
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        problem = f"can't be read: {' '.join(str(error).split())[:200]}"
        raise EvidenceMissing(subject=str(path), problem=problem) from error
    services = _mapping(_mapping(document).get("services"))
    if not services:
        raise EvidenceMissing(subject=str(path), problem="has no services; it must have the app")
    return ComposeFile(
        path=str(path),
        services=tuple(ComposeService(str(n), _mapping(o)) for n, o in services.items()),
        networks={str(n): _mapping(o) for n, o in _mapping(document.get("networks")).items()},
        secrets={str(n): _mapping(o) for n, o in _mapping(document.get("secrets")).items()},
    )


def filled_in(text: str) -> str:
    """Return *text* with the default of each variable in its place; of those without, nothing."""
    before = None
    while before != text:
        before = text
        text = _VARIABLE.sub(lambda found: found[3] if found[2] == "-" and found[3] else "", text)
    return text


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
