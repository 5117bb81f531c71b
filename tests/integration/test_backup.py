"""What the runbook backs up of a running portal brings it back after its state is lost."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from datalayer.access.accounts import SESSION_COOKIE, Accounts
from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.portal import RowKey, Statement
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.runbook import commands, execute
from tests.running_portal import RunningPortal, running_portal

PASSWORD = "correct horse battery staple"
BACK_UP = commands("Back up")
WITHOUT_SNAPSHOTS = BACK_UP.replace("--exclude=./spill", "--exclude=./spill --exclude=./snapshots")


@dataclass(frozen=True)
class BackedUpPortal:
    """What there was when the back-up was made.

    Attributes:
        environment: Of the portal, for commands.
        head: Of the audit log.
    """

    folder: Path
    environment: Mapping[str, str]
    active_id: str
    key: str
    token: str
    head: str


@pytest.fixture(params=[BACK_UP, WITHOUT_SNAPSHOTS], ids=["whole", "without snapshots"])
def before(request: pytest.FixtureRequest, tmp_path: Path, registry: Registry) -> BackedUpPortal:
    """A portal with users, a key, a session and two publications, backed up while it ran, lost."""
    publisher = Publisher(FolderStore(tmp_path / "store"), registry)
    portal = make_portal(tmp_path)
    for salt in ("first", "second"):
        publisher.publish(salt=salt)
        portal.activate(ADMIN)
    row = RowKey("P00001", "network", "order", "-")
    portal.marks.mark(ADMIN, portal.open(), row, Statement("ordered"))
    portal.close()
    with running_portal(tmp_path, FAROL_ACCESS="members") as running:
        accounts = Accounts(tmp_path / "var", bcrypt_rounds=4)
        accounts.add("ana", Role.ANALYST, PASSWORD, by=Identity("cli:test", Role.ADMIN))
        token = accounts.sign_in("ana", PASSWORD).token
        key = running.command("datalayer.access", "key", "add", "bi", "--scope", "read").strip()
        httpx.get(f"{running.address}/api/v1/items", headers={"X-API-Key": key})
        head = re.search(r"^head +(\w{64})$", running.command("datalayer", "verify"), re.M)
        assert head
        environment = {**running.environment, "BACKUP": str(tmp_path / "backup.tar.gz")}
        execute(request.param, environment)
    # The store went on before the state was lost.
    publisher.publish(salt="third")
    subprocess.run(["chmod", "-R", "u+w", tmp_path / "var"], check=True)
    shutil.rmtree(tmp_path / "var")
    active_id = publisher.published[1].publication_id
    return BackedUpPortal(tmp_path, environment, active_id, key, token, head[1])


@pytest.fixture
def restored(before: BackedUpPortal) -> Iterator[RunningPortal]:
    """The portal again, from its back-up by the runbook's commands."""
    code = commands("Restore")
    with tarfile.open(before.environment["BACKUP"]) as archive:
        has_snapshots = any("dim_item.parquet" in name for name in archive.getnames())
    if not has_snapshots:  # then the last command, the status, ends with what is missing
        code = f"{code.rstrip()} || test $? = 1\n{commands('Restore', 1)}"
    execute(code, before.environment)
    with running_portal(before.folder, FAROL_ACCESS="members") as running:
        yield running


def test_all_that_can_not_be_made_again_is_there(
    before: BackedUpPortal, restored: RunningPortal
) -> None:
    by_key = httpx.get(f"{restored.address}/health", headers={"X-API-Key": before.key})
    by_cookie = httpx.get(
        f"{restored.address}/api/v1/items", cookies={SESSION_COOKIE: before.token}
    )

    assert by_key.json()["publication_id"] == before.active_id
    assert by_key.json()["findings"] == []
    marks = httpx.get(f"{restored.address}/api/v1/marks", headers={"X-API-Key": before.key})
    assert [each["state"] for each in marks.json()["data"]] == ["put_aside"]
    assert by_cookie.status_code == 200
    assert by_cookie.json()["metadata"]["publication_id"] == before.active_id
    assert re.search(r"^ana\b.*analyst", restored.command("datalayer.access", "list"), re.M)
    proof = restored.command("datalayer", "verify", "--head", before.head)
    assert re.search("^sought head +line", proof, re.M)
