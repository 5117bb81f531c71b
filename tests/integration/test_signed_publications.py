"""Signed by the job, accepted by the portal: from a folder and from S3, whatever is killed."""

from __future__ import annotations

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

from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.manifest import Manifest, SignedManifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import NotSigned, SignatureExpired, SignedOtherwise
from datalayer.kernel.storage.object_store import FolderStore, ObjectStore
from datalayer.kernel.storage.s3_store import S3Store
from ml_jobs.publishing.publish import Draft, check, publish
from ml_jobs.publishing.signing import Signer
from tests.integration.servers import READER
from tests.publisher import FIRST_GENERATED_AT, Publisher, data_through, write_tables
from tests.signing import KEY, folder_of, sign_in
from tests.unit.publications.refreshing import ANA, Refreshing, joined

if TYPE_CHECKING:
    from tests.integration.servers import S3Server

PROJECT = Path(__file__).parents[2]
LONG = timedelta(days=3650)

PORTAL_TO_KILL = """
import os, signal, sys
from pathlib import Path
from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications import active, trust
from tests.unit.publications.refreshing import ANA, joined

store, state, keys, point = sys.argv[1:]

def killed(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)

if point == "before the record":
    trust.write_durably = killed
else:
    active.write_durably = killed
registry = load_registry(Path("schema_registry.json"))
trusted = TrustedKeys.read(Path(keys))
joined(Path(state), FolderStore(Path(store)), registry, trusted=trusted).activations.activate(ANA)
"""

Job = Callable[..., Manifest]


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    return f"signed-{os.getpid()}-{tmp_path.name}"


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> ObjectStore:
    """An empty store of each kind, as the job sees it."""
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    server: S3Server = request.getfixturevalue("s3_server")
    return S3Store(server.options(), server.bucket, prefix)


@pytest.fixture
def portal(
    request: pytest.FixtureRequest,
    store: ObjectStore,
    registry: Registry,
    tmp_path: Path,
    prefix: str,
) -> Refreshing:
    """What the portal does with the store, with a key that may only read where there is one."""
    seen = store
    if isinstance(store, S3Store):
        server: S3Server = request.getfixturevalue("s3_server")
        seen = S3Store(server.options(READER), server.bucket, prefix)
    return joined(tmp_path / "state", seen, registry, trusted=TrustedKeys((KEY.public,)))


@pytest.fixture
def job(store: ObjectStore, registry: Registry, tmp_path: Path) -> Job:
    """Publish as the job does, an hour later each time."""
    publisher = Publisher(store, registry)

    def published(
        hour: int = 0, *, signer: Signer | None = None, to: ObjectStore = store
    ) -> Manifest:
        at = FIRST_GENERATED_AT + timedelta(hours=hour)
        files = write_tables(publisher.tables(generated_at=at, items=2), tmp_path / f"gold{hour}")
        draft = Draft(files, "demand-2026-11", "2026.11.0", at, data_through(at), {})
        return publish(check(draft, registry), to, registry, signer=signer)

    return published


def test_what_the_job_signed_is_accepted(portal: Refreshing, job: Job) -> None:
    manifest = job(signer=Signer(KEY, LONG))

    portal.activations.activate(ANA)

    kept = portal.snapshots.get(manifest.publication_id).manifest
    assert isinstance(kept, SignedManifest)
    assert kept.expires_at == FIRST_GENERATED_AT + LONG


def test_what_it_did_not_sign_is_not(portal: Refreshing, job: Job) -> None:
    served = job(signer=Signer(KEY))
    portal.activations.activate(ANA)
    job(1)

    with pytest.raises(NotSigned):
        portal.activations.activate(ANA)

    assert portal.active_id == served.publication_id


def test_a_signature_lent_by_another_publication_is_refused(
    portal: Refreshing, job: Job, store: ObjectStore
) -> None:
    served = job(signer=Signer(KEY))
    portal.activations.activate(ANA)
    forged = job(1)
    lent = store.read(f"{folder_of(served)}/{ATTESTATION_NAME}", limit_bytes=1 << 20)
    store.write(f"{folder_of(forged)}/{ATTESTATION_NAME}", lent)

    with pytest.raises(SignedOtherwise):
        portal.activations.activate(ANA)

    assert portal.active_id == served.publication_id


def test_an_expired_one_is_refused(portal: Refreshing, job: Job, store: ObjectStore) -> None:
    sign_in(store, job(), expires_at=utc_now() - timedelta(seconds=1))

    with pytest.raises(SignatureExpired):
        portal.activations.activate(ANA)

    assert portal.active_id is None


def test_a_job_that_dies_between_signature_and_manifest_leaves_what_was_the_latest(
    portal: Refreshing, job: Job, store: ObjectStore
) -> None:
    before = job(signer=Signer(KEY))
    with pytest.raises(_Died):
        job(1, signer=Signer(KEY), to=_DiesAfter(store, ATTESTATION_NAME))

    assert portal.activations.latest().publication_id == before.publication_id

    completed = job(1, signer=Signer(KEY))
    portal.activations.activate(ANA)

    assert portal.active_id == completed.publication_id


class _Died(Exception):
    """Stands for the end of the process."""


class _DiesAfter(ObjectStore):
    """A store whose user dies right after writing an object of a name."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._store = store
        self._name = name
        self.chunks = store.chunks
        self.upload = store.upload

    @property
    def address(self) -> str:
        return self._store.address

    def write(self, key: str, content: bytes, *, must_be_new: bool = False) -> None:
        self._store.write(key, content, must_be_new=must_be_new)
        if key.endswith(self._name):
            raise _Died


@pytest.mark.parametrize("point", ["before the record", "before the switch"])
def test_a_portal_killed_on_its_way_to_the_switch_serves_what_it_served_and_goes_on(
    point: str, registry: Registry, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.pem"
    keys.write_text(KEY.public_pem())
    state, store = tmp_path / "state", FolderStore(tmp_path / "store")
    publisher = Publisher(store, registry)
    trusted = TrustedKeys((KEY.public,))
    served = publisher.publish(items=2)
    sign_in(store, served)
    joined(state, store, registry, trusted=trusted).activations.activate(ANA)
    newer = publisher.publish(items=2)
    sign_in(store, newer)

    crashed = subprocess.run(
        [sys.executable, "-c", PORTAL_TO_KILL, store.address, state, keys, point],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert crashed.returncode == -signal.SIGKILL, crashed.stderr
    again = joined(state, store, registry, trusted=trusted)
    again.activations.recover()
    assert again.active_id == served.publication_id
    assert isinstance(again.snapshots.get(served.publication_id).manifest, SignedManifest)
    again.activations.activate(ANA)
    assert again.active_id == newer.publication_id
    newest = json.loads((state / "newest_signed.json").read_bytes())
    assert newest["publication_id"] == newer.publication_id
