"""docs/examples/refresh.sh tells a nightly job whether what it published is served."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.portals import ROOT, activate_in
from tests.publisher import Publisher
from tests.running_portal import RunningPortal, running_portal


@dataclass(frozen=True)
class Nightly:
    """The script beside a running portal whose store is published into."""

    portal: RunningPortal
    publisher: Publisher

    def key(self, scope: str) -> str:
        made = self.portal.command("datalayer.access", "key", "add", scope, "--scope", scope)
        return made.strip()

    def refresh(self, key: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "docs/examples/refresh.sh"],
            cwd=ROOT,
            env={**os.environ, "FAROL_URL": self.portal.address, "FAROL_KEY": key},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def nightly(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[Nightly]:
    folder = activate_in(tmp_path_factory.mktemp("nightly"), registry)
    publisher = Publisher(FolderStore(folder / "store"), registry)
    publisher.published.append(publisher.latest)
    with running_portal(folder) as portal:
        yield Nightly(portal, publisher)


@pytest.fixture(scope="module")
def key(nightly: Nightly) -> str:
    return nightly.key("refresh")


def test_a_new_publication_is_served_and_named(nightly: Nightly, key: str) -> None:
    manifest = nightly.publisher.publish(salt="new")

    done = nightly.refresh(key)

    assert (done.returncode, done.stdout) == (0, f"{manifest.publication_id}: activated\n")


def test_what_is_active_already_is_left_as_it_is(nightly: Nightly, key: str) -> None:
    nightly.refresh(key)

    done = nightly.refresh(key)

    assert done.returncode == 0
    assert done.stdout.endswith(": already_current\n")


def test_a_key_may_have_the_line_end_that_a_terminal_gave_it(nightly: Nightly, key: str) -> None:
    done = nightly.refresh(f"{key}\r\n")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_refusal_ends_with_one_and_its_reason(nightly: Nightly, key: str) -> None:
    nightly.publisher.publish(salt="damaged")
    nightly.publisher.corrupt("dim_item")

    done = nightly.refresh(key)

    assert done.returncode == 1
    assert "has a damaged dim_item" in done.stderr


def test_what_would_be_taken_away_waits_for_a_person(nightly: Nightly, key: str) -> None:
    nightly.publisher.publish(items=1)

    done = nightly.refresh(key)

    assert done.returncode == 1
    assert "confirmation-needed" in done.stderr


def test_a_key_that_may_only_read_is_refused(nightly: Nightly) -> None:
    done = nightly.refresh(nightly.key("read"))

    assert done.returncode == 1
    assert "it takes the role admin" in done.stderr
