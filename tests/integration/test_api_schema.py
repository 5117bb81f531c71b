"""The API keeps its own OpenAPI document, whatever is asked: schemathesis tries to show otherwise.

Longer by hand: ``FAROL_SCHEMA_EXAMPLES=500 python -m pytest tests/integration/test_api_schema.py``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.running_portal import RunningPortal, running_portal

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("FAROL_SCHEMA_EXAMPLES", "4")
LINKS = {
    *("part", "series", "stock", "changes", "files", "marks", "contract", "job", "next_page"),
    *("curve", "why", "worth"),
}


@pytest.fixture(scope="module")
def key(folder: Path) -> str:
    """An API key that may refresh."""
    return ApiKeys(folder / "var").add("schemathesis", Scope.REFRESH, by=ADMIN, expires_in_s=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    """Store and state of a portal with two publications."""
    folder = tmp_path_factory.mktemp("schema")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    portal = make_portal(folder)
    for items in (6, 8):
        publisher.publish(items=items)
        portal.activate(ADMIN)
    portal.close()
    return folder


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[RunningPortal]:
    with running_portal(folder, FAROL_RATE_LIMIT="999999999/second") as running:
        yield running


def schemathesis(
    running: RunningPortal, key: str, *options: str, folder: Path = HERE
) -> tuple[int, str]:
    """Run every check as *folder* sets it; return the exit code and what was told."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
        *("--config-file", str(folder / "schemathesis.toml")),
        *("run", f"{running.address}/api/v1/openapi.json"),
        *("--header", f"X-API-Key: {key}", "--checks", "all"),
        *options,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nothing_is_found_by_any_check(running: RunningPortal, key: str) -> None:
    code, told = schemathesis(running, key, "--max-examples", EXAMPLES)

    assert code == 0, told
    assert re.findall(r"✅ +(Examples|Coverage|Fuzzing|Stateful)$", told, re.MULTILINE) == [
        "Examples",
        "Coverage",
        "Fuzzing",
        "Stateful",
    ]


def test_what_our_own_checks_find_is_told(running: RunningPortal, key: str, tmp_path: Path) -> None:
    for name in ("schemathesis.toml", "schemathesis_hooks.py"):
        asks = (HERE / name).read_text(encoding="utf-8").replace('["nosniff"]', '["sniff"]')
        (tmp_path / name).write_text(asks, encoding="utf-8")
    one = ("--phases", "examples", "--include-path", "/v1/items")

    code, told = schemathesis(running, key, *one, folder=tmp_path)

    assert code == 1
    assert "every_answer_bears_the_headers" in told or "nosniff" in told


def test_the_document_links_answers_to_the_calls_that_follow(running: RunningPortal) -> None:
    with urllib.request.urlopen(f"{running.address}/api/v1/openapi.json") as answer:
        document = json.load(answer)

    operations = {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }
    links = [
        (name, link)
        for operation in operations.values()
        for response in operation["responses"].values()
        for name, link in response.get("links", {}).items()
    ]
    assert {name for name, _ in links} == LINKS
    for _, link in links:
        takes = {each["name"] for each in operations[link["operationId"]]["parameters"]}
        assert set(link["parameters"]) <= takes
