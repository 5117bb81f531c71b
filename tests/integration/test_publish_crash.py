"""A publisher killed at any step leaves the publication before it the latest, and whole."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore, ObjectStore
from datalayer.kernel.storage.s3_store import S3Store
from ml_jobs.publishing.folder import check_folder
from ml_jobs.publishing.publish import Draft, check, publish
from tests.integration.servers import WRITER
from tests.publisher import FIRST_GENERATED_AT, Publisher, data_through, write_tables

if TYPE_CHECKING:
    from tests.integration.servers import S3Server

ROOT = Path(__file__).parents[2]
LATER = FIRST_GENERATED_AT + timedelta(hours=1)

PUBLISHER_TO_KILL = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.storage.settings import StoreSettings
from ml_jobs.publishing.folder import check_folder
from ml_jobs.publishing.publish import publish

folder, work, address, endpoint, access_key, secret_key, step, subject, done = sys.argv[1:]

def kill_at(progress):
    share = "all" if progress.done == progress.total else str(progress.done)
    if (progress.step.value, progress.subject) == (step, subject) and done in (share, "any"):
        os.kill(os.getpid(), signal.SIGKILL)

registry = load_registry(Path("schema_registry.json"))
keys = {"s3_access_key": access_key, "s3_secret_key": secret_key}
settings = {"s3_endpoint": endpoint, "s3_secure": False, **keys}
store = StoreSettings.model_validate(settings).open_store(address)
sound, _ = check_folder(Path(folder), Path(work), registry, report=kill_at)
if subject == "the last":
    subject = sound.manifest.files[-1].data_set
publish(sound, store, registry, report=kill_at)
"""

Kill = Callable[[str, str, str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store of each kind."""
    if request.param == "folder":
        return str(tmp_path / "store")
    server: S3Server = request.getfixturevalue("s3_server")
    return f"s3://{server.bucket}/crash-{os.getpid()}-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:8]}"


@pytest.fixture
def store(request: pytest.FixtureRequest, address: str) -> ObjectStore:
    if not address.startswith("s3://"):
        return FolderStore(Path(address))
    server: S3Server = request.getfixturevalue("s3_server")
    return S3Store(server.options(), server.bucket, address.partition(f"{server.bucket}/")[2])


@pytest.fixture
def before(store: ObjectStore, registry: Registry, tmp_path: Path) -> Manifest:
    """The publication that is the latest before anybody is killed."""
    return publish(check(draft(store, registry, tmp_path / "before"), registry), store, registry)


@pytest.fixture
def kill(request: pytest.FixtureRequest, address: str, registry: Registry, tmp_path: Path) -> Kill:
    """Publish later results in a process that is killed at the step named."""
    endpoint = "127.0.0.1:9"
    if address.startswith("s3://"):
        endpoint = request.getfixturevalue("s3_server").endpoint
    folder, work = tmp_path / "later", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    publisher = Publisher(FolderStore(tmp_path / "unused"), registry)
    write_tables(publisher.tables(generated_at=LATER), folder)

    def killed(step: str, subject: str, done: str) -> subprocess.CompletedProcess[str]:
        arguments = [str(folder), str(work), address, endpoint, *WRITER, step, subject, done]
        return subprocess.run(
            [sys.executable, "-c", PUBLISHER_TO_KILL, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return killed


def draft(store: ObjectStore, registry: Registry, folder: Path) -> Draft:
    folder.mkdir()
    tables = Publisher(store, registry).tables(generated_at=FIRST_GENERATED_AT)
    return Draft(
        files=write_tables(tables, folder),
        dataset_id="demand-2026-11",
        model_version="2026.11.0",
        generated_at=FIRST_GENERATED_AT,
        data_through=data_through(FIRST_GENERATED_AT),
        lineage={},
    )


def latest(store: ObjectStore, registry: Registry) -> Manifest:
    content = store.read(MANIFEST_NAME, limit_bytes=1 << 24)
    return parse_manifest(content, location=MANIFEST_NAME, registry=registry)


def assert_whole(manifest: Manifest, store: ObjectStore) -> None:
    for file in manifest.files:
        content = store.read(file.path, limit_bytes=file.size_bytes)
        assert hashlib.sha256(content).hexdigest() == file.sha256
    beside = f"publications/{manifest.publication_id}/datapackage.json"
    described = json.loads(store.read(beside, limit_bytes=1 << 24))["resources"]
    hashes = {each["name"]: each["hash"] for each in described}
    assert hashes == {file.data_set: f"sha256:{file.sha256}" for file in manifest.files}


@pytest.mark.parametrize(
    "point",
    [
        ("validate", "dim_item", "any"),
        ("upload", "dim_item", "0"),
        ("upload", "the last", "all"),
        ("upload", "datapackage.json", "0"),
        ("upload", "openlineage.ndjson", "0"),
        ("upload", "metadata.json", "0"),
        ("upload", "metadata.json", "1"),
    ],
)
def test_the_publication_before_stays_the_latest_and_a_second_run_completes(
    point: tuple[str, str, str],
    kill: Kill,
    before: Manifest,
    store: ObjectStore,
    registry: Registry,
    tmp_path: Path,
) -> None:
    crashed = kill(*point)

    assert crashed.returncode == -signal.SIGKILL, crashed.stderr
    assert latest(store, registry) == before
    assert_whole(before, store)
    again = tmp_path / "again"
    again.mkdir()
    publish(check_folder(tmp_path / "later", again, registry)[0], store, registry)
    assert latest(store, registry).generated_at == LATER
    assert_whole(latest(store, registry), store)


def test_killed_after_the_commit_the_new_publication_is_the_latest_and_whole(
    kill: Kill, before: Manifest, store: ObjectStore, registry: Registry
) -> None:
    crashed = kill("upload", "metadata.json", "all")

    assert crashed.returncode == -signal.SIGKILL, crashed.stderr
    assert latest(store, registry).generated_at == LATER
    assert_whole(latest(store, registry), store)
    assert_whole(before, store)
