"""Validations and readings that tests of other things need not wait for a second time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.contract.report import ValidationReport
from datalayer.kernel.progress import Progress, ReportProgress, silent
from datalayer.kernel.validation.validator import validate
from tests.portals import ROOT

_kept: dict[str, tuple[Registry, ValidationReport, list[Progress]]] = {}
"""Contract, report and steps, by what was validated and what was claimed of it."""


@pytest.fixture(autouse=True, scope="module")
def validated_once() -> Iterator[None]:
    """All activations of the module as in ``validating_once``: none of them is what is tested."""
    with validating_once():
        yield


@pytest.fixture(autouse=True, scope="module")
def registry_read_once(registry: Registry) -> Iterator[None]:
    """Start portals on this repository's registry as it was read for ``registry``.

    To read and check it takes most of the time of a start, and a third of that of a page.
    """
    own = ROOT / "schema_registry.json"

    def read(path: Path) -> Registry:
        return registry if path == own else load_registry(path)

    with mock.patch("datalayer.portal.load_registry", read):
        yield


@contextmanager
def validating_once() -> Iterator[None]:
    """Activate what this run has validated already, to the byte, by the report there is of it.

    To validate takes most of the time of an activation. Not for one that is tested itself.
    """
    with mock.patch("datalayer.publications.activation.validate", _validate_once):
        yield


def _validate_once(
    files: Mapping[str, Path],
    registry: Registry,
    *,
    report: ReportProgress = silent,
    work: Path | None = None,
    **more: Any,
) -> ValidationReport:
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    asked = repr((digests, more))
    kept = _kept.get(asked)
    if kept and kept[0] == registry:
        for step in kept[2]:
            report(step)
        return kept[1]
    steps: list[Progress] = []

    def keep(step: Progress) -> None:
        steps.append(step)
        report(step)

    found = validate(files, registry, report=keep, work=work, **more)
    _kept[asked] = registry, found, steps
    return found
