"""What made two publications differ: their lineages beside each other, only where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from datalayer.kernel.contract.manifest import Manifest

_TOLD: Final = (
    "code_version",
    "seed",
    "frequency",
    "currency",
    "settings",
    "forecast",
    "inputs",
    "libraries",
    "items",
)
_LEFT_OUT: Final = frozenset(
    {
        # Told as ``seed``, or what a run made of its settings, not what it was asked for.
        ("settings", "options", "seed"),
        ("settings", "frequency"),
        ("settings", "today"),
        ("forecast", "ensemble"),
        ("forecast", "corrected_scatter"),
        ("forecast", "corrected_widths"),
        ("forecast", "cost_spread"),
        ("forecast", "tower_hours"),
        ("forecast", "two_levels"),
    }
)

Path = tuple[str, ...]


@dataclass(frozen=True)
class LineageDifference:
    """One thing that two publications were made with differently.

    Attributes:
        path: Where it stands in the lineage, as in ``("settings", "options", "origins")``; for an
            input ``("inputs", <role>, "rows")``.
        before, after: A number, a text, a truth value or a list of those; None where it is not
            stated.
    """

    path: Path
    before: object
    after: object


def differences(before: Manifest, after: Manifest) -> tuple[LineageDifference, ...]:
    """Return what differs: versions and data first, then seed, settings, forecasts and inputs."""
    ends = [dict(_facts(each)) for each in (before, after)]
    return tuple(
        LineageDifference(path, ends[0].get(path), ends[1].get(path))
        for path in dict.fromkeys((*ends[0], *ends[1]))
        if ends[0].get(path) != ends[1].get(path)
    )


def _facts(manifest: Manifest) -> Iterator[tuple[Path, object]]:
    yield ("model_version",), manifest.model_version
    yield ("dataset_id",), manifest.dataset_id
    yield ("contract",), manifest.contract.version
    yield ("data_through",), manifest.data_through.isoformat()
    for name in _TOLD:
        if name in manifest.lineage:
            yield from _leaves((name,), manifest.lineage[name])


def _leaves(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    """Yield the values below *path* in their order, a list of plain ones as one."""
    if path in _LEFT_OUT:
        return
    if path == ("forecast", "sources") and isinstance(value, Mapping):
        # What is said of each is how it came out; that it was there is what made the difference.
        yield path, tuple(map(str, value))
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves((*path, str(name)), each)
    elif path == ("inputs",) and isinstance(value, list | tuple):
        yield from _inputs(value)
    elif isinstance(value, list | tuple):
        yield (
            path,
            tuple(each if isinstance(each, str | int | float) else str(each) for each in value),
        )
    else:
        yield path, value


def _inputs(inputs: list[object] | tuple[object, ...]) -> Iterator[tuple[Path, object]]:
    for number, each in enumerate(inputs, start=1):
        if isinstance(each, Mapping):
            role = str(each.get("role") or number)
            for name in ("name", "rows", "sha256"):
                yield ("inputs", role, name), each.get(name)
