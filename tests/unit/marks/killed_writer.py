"""A process that marks rows, or remembers publications, and kills itself at a step on request.

It reads a line of JSON for each attempt, makes a child that does it, and answers with a line:
``done``, ``refused`` or ``killed``. The child counts the calls that change what is on the disk,
and at the one asked for sends itself SIGKILL: before it, or with half of its bytes written.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.errors import CallerError
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.marks.marking import RowKey
from datalayer.marks.planner_marks import PlannerMarks
from datalayer.marks.statements import Statement
from datalayer.reading.database import Database
from datalayer.reading.publication import Publication
from tests.reading import publication_of, publications_folder, snapshot_of

REGISTRY = load_registry(Path("schema_registry.json"))


def kill_at(step: int | None) -> None:
    """Count changes of the disk from here on, and die at number *step*, from 0."""
    passed = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def call_or_die(*arguments: Any) -> Any:
            nonlocal passed
            if passed == step:
                if call is written:
                    call(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            passed += 1
            return call(*arguments)

        return call_or_die

    written = os.write
    for name in ("write", "fsync", "replace", "rename", "open", "unlink", "mkdir"):
        setattr(os, name, counted(getattr(os, name)))


def opened(store: FolderStore, publication_id: str) -> Publication:
    """Return a publication of *store* to be read."""
    key = f"publications/{publication_id}/metadata.json"
    content = store.read(key, limit_bytes=2**30)
    manifest = parse_manifest(content, location=key, registry=REGISTRY)
    database = Database(publications_folder(store), REGISTRY, memory_limit="128MiB")
    return publication_of(snapshot_of(manifest, store), REGISTRY, database)


def attempt(state: Path, store: FolderStore, asked: dict[str, Any]) -> None:
    """Do what is *asked*, in a child that may die of it."""
    now = datetime.fromisoformat(asked["now"])
    audit = AuditLog(state / "audit.jsonl", lambda: now)
    marks = PlannerMarks(state, audit, members_only=False, clock=lambda: now)
    publication = opened(store, asked["publication_id"])
    kill_at(asked["kill_at"])
    if asked["kind"] == "remember":
        marks.remember([publication], asked["kept"])
        return
    writer, key = Identity(asked["writer"], Role.PLANNER), RowKey(*asked["row"])
    if asked["kind"] == "undo":
        marks.undo(writer, publication, key, seen=asked["seen"])
    else:
        marks.mark(writer, publication, key, Statement(asked["kind"]), seen=asked["seen"])


def outcome(state: Path, store: FolderStore, asked: dict[str, Any]) -> str:
    """Return how a child ended that did what is *asked*."""
    child = os.fork()
    if child == 0:
        try:
            attempt(state, store, asked)
        except CallerError:
            os._exit(3)
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for this child
            sys.stderr.write(f"{error!r}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed"
    return {0: "done", 3: "refused"}.get(os.WEXITSTATUS(status), "failed")


if __name__ == "__main__":
    for line in sys.stdin:
        ended = outcome(Path(sys.argv[1]), FolderStore(Path(sys.argv[2])), json.loads(line))
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()
