"""The parts of a refresh, joined for tests as the portal joins them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from datalayer.access.audit.log import AuditEntry, AuditLog
from datalayer.access.identity import Identity, Role
from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.publications.activation import Activations, Attachable, Limits
from datalayer.publications.announcements import SharedActivation
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import Snapshot
from datalayer.reading.database import Database

UPLOAD_BYTES = 8_000_000
ANA = Identity("ana", Role.ADMIN)
PLANNER = Identity("paulo", Role.PLANNER)


@dataclass
class Refreshing:
    """Activations and all that they work on."""

    snapshots: SnapshotStore
    database: Attachable
    audit: AuditLog
    activations: Activations

    @property
    def active_id(self) -> str | None:
        """The publication that is served."""
        return self.snapshots.active_id()

    @property
    def last_entry(self) -> AuditEntry:
        """The latest line of the audit log."""
        return self.audit.entries(1)[0]


@dataclass
class Reports:
    """Remembers every report of progress."""

    all: list[Progress] = field(default_factory=list)

    def __call__(self, progress: Progress) -> None:
        self.all.append(progress)

    @property
    def steps(self) -> list[Step]:
        """The steps reported, each once, in order."""
        return list(dict.fromkeys(report.step for report in self.all))


def joined(
    state: Path,
    store: ObjectStore,
    registry: Registry,
    *,
    keep: int = 5,
    quota_bytes: int = 1 << 40,
    make_database: Callable[[Path, Registry], Attachable] | None = None,
    trusted: TrustedKeys | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Refreshing:
    """Return activations over the state folder *state*."""
    read_keys = (lambda: trusted) if trusted else None
    snapshots = SnapshotStore(state, registry, clock, read_keys)
    database = (make_database or _real_database)(snapshots.folder, registry)
    audit = AuditLog(state / "audit.jsonl")
    shared = SharedActivation(None)
    limits = Limits(keep, quota_bytes, upload_bytes=UPLOAD_BYTES)
    activations = Activations(registry, store, snapshots, database, audit, shared, limits)
    return Refreshing(snapshots, database, audit, activations)


def damage(snapshot: Snapshot) -> None:
    """Change a byte of a snapshot's file, past its permissions."""
    path = snapshot.path("fact_forecast")
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _real_database(folder: Path, registry: Registry) -> Attachable:
    return Database(folder, registry, memory_limit="256MiB")
