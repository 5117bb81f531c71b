"""Extracts over publications that are served where they lie, whatever their content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.kernel.contract.manifest import Manifest
from datalayer.reading.extracts.digests import DigestMemo
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.publication import Publication
from tests.extracted import settled_files

OpenPublication = Callable[[Manifest], Publication]


@pytest.fixture
def audit(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "audit.jsonl")


@pytest.fixture
def extracts(tmp_path: Path, audit: AuditLog) -> Extracts:
    return Extracts(
        audit, DigestMemo(tmp_path / "digests.json"), settled_files(tmp_path), members_only=False
    )
