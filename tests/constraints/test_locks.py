"""What the lock files may and must not hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datalayer.compliance.forbidden import FORBIDDEN_DISTRIBUTIONS, normalize

PROJECT = Path(__file__).parents[2]
DEPLOYED = ("requirements.in", "requirements.txt", "requirements-dev.in", "requirements-dev.txt")
LOCKS = sorted(
    path.relative_to(PROJECT)
    for pattern in (
        "requirements*.txt",
        "ml_jobs/requirements*.txt",
        "tests/judges/*.txt",
        "deploy/sbom/*.txt",
    )
    for path in PROJECT.glob(pattern)
)


def packages(path: Path) -> set[str]:
    """Return the normalised (PEP 503) names that a requirements file asks for."""
    asked = re.findall(r"^([A-Za-z0-9][\w.-]*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {normalize(name) for name in asked}


@pytest.mark.parametrize("name", DEPLOYED)
def test_no_machine_learning_package_is_locked_for_the_deployment(name: str) -> None:
    asked = packages(PROJECT / name)

    assert asked
    assert not asked & FORBIDDEN_DISTRIBUTIONS


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_every_locked_package_is_pinned_with_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", (PROJECT / lock).read_text(encoding="utf-8").strip())
    pinned = [entry for entry in entries if not entry.startswith(("#", "--no-binary "))]

    assert pinned
    assert [e.split()[0] for e in pinned if "==" not in e or "--hash=sha256:" not in e] == []


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_no_lock_names_an_index(lock: Path) -> None:
    text = (PROJECT / lock).read_text(encoding="utf-8")

    assert "://" not in text
    assert "index-url" not in text
    assert "find-links" not in text


def test_the_locks_are_all_found() -> None:
    assert {str(lock) for lock in LOCKS} == {
        "requirements.txt",
        "requirements-dev.txt",
        "ml_jobs/requirements.txt",
        "ml_jobs/requirements-dev.txt",
        "ml_jobs/requirements-extras.txt",
        "tests/judges/requirements.txt",
        "deploy/sbom/requirements.txt",
    }
