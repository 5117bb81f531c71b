"""How long after an activation on one replica the others serve the same.

    python -m benchmarks.replicas

Processes with state folders of their own share a store and a Redis. Each activation is measured
from the switch on the first replica: until each other one has begun to follow, and until its
``/health`` names the publication, so that fetching, verifying and validating it is in that figure.
The peer, in the same run, are the same replicas where Redis lets nobody listen: they look every
five seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import redis

from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.audit.log import AuditEntry, AuditLog
from datalayer.access.identity import operator
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.integration.servers import wait_until
from tests.portals import ROOT
from tests.publisher import Publisher
from tests.redis_server import running_redis
from tests.running_portal import RunningPortal, running_portal

TARGET = Path("build/bench/replicas.json")
WITHIN_S = 120.0


class FollowingReplicas:
    """Running replicas, of which the first one is told to activate."""

    def __init__(self, portals: Sequence[RunningPortal], publisher: Publisher) -> None:
        self._first, *self._others = portals
        self._publisher = publisher
        keys = ApiKeys(self._first.state)
        self._key = keys.add("bench", Scope.REFRESH, by=operator(), expires_in_s=None)

    def follow_s(self, items: int) -> list[tuple[float, float]]:
        """Publish and activate; return after how many seconds each other one began, and served."""
        wanted = self._publisher.publish(items=items).publication_id
        request = urllib.request.Request(
            f"{self._first.address}/api/v1/data/refresh",
            data=json.dumps({"source": "ml_results", "confirm": True}).encode(),
            headers={"X-API-Key": self._key, "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=WITHIN_S).close()
        served: dict[str, float] = {}
        wait_until(
            lambda: self._note(wanted, served),
            within_s=WITHIN_S,
            problem=f"{wanted} is not served everywhere",
        )
        switched = self._switched_at(wanted)
        began = (self._began_at(each, wanted) for each in self._others)
        return [
            (at - switched, served[each.address] - switched)
            for each, at in zip(self._others, began, strict=True)
        ]

    def _note(self, wanted: str, served: dict[str, float]) -> bool:
        for each in self._others:
            if each.address not in served and _served(each) == wanted:
                served[each.address] = time.time()
        return len(served) == len(self._others)

    def _switched_at(self, wanted: str) -> float:
        switch = json.loads((self._first.state / "active.json").read_bytes())
        assert switch["publication_id"] == wanted
        return datetime.fromisoformat(switch["activated_at"]).timestamp()

    def _began_at(self, follower: RunningPortal, wanted: str) -> float:
        log, found = AuditLog(follower.state / "audit.jsonl"), list[AuditEntry]()

        def is_recorded() -> bool:  # a moment after it is served
            found.extend(each for each in log.entries(5) if each.publication_id == wanted)
            return bool(found)

        wait_until(is_recorded, within_s=WITHIN_S, problem=f"nobody followed to {wanted}")
        entry = found[0]
        assert entry.at
        return entry.at.timestamp() - float(entry.details["seconds"])


def measure(replicas: int, runs: int, items: int) -> dict[str, object]:
    """Return the seconds to follow, by rings and by looks alone."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running_redis(folder))
        shared = {"FAROL_STORE": str(folder / "store"), "FAROL_REDIS_URL": server.url}
        portals = []
        for number in range(replicas):
            (folder / str(number)).mkdir()
            portals.append(stack.enter_context(running_portal(folder / str(number), **shared)))
        registry = load_registry(ROOT / "schema_registry.json")
        fleet = FollowingReplicas(portals, Publisher(FolderStore(folder / "store"), registry))
        fleet.follow_s(items)  # the first one is brought in by what is colder than the others
        by_ring = _of(runs, lambda: fleet.follow_s(items))
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("ACL", "SETUSER", "default", "resetchannels")
            client.client_kill_filter(_type="pubsub")
        by_look = _of(runs, lambda: fleet.follow_s(items))
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "replicas": replicas,
        "items": items,
        "activations": runs,
        "ring_s": by_ring,
        "look_s": by_look,
    }


def _of(runs: int, follow_s: Callable[[], list[tuple[float, float]]]) -> dict[str, object]:
    found = [seconds for _ in range(runs) for seconds in follow_s()]
    began, served = zip(*found, strict=True)
    return {"begins": _spread(began), "serves": _spread(served)}


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    found = {"least": min(seconds), "median": statistics.median(seconds), "most": max(seconds)}
    return {name: round(value, 2) for name, value in found.items()}


def _served(portal: RunningPortal) -> str | None:
    try:
        with urllib.request.urlopen(f"{portal.address}/health", timeout=WITHIN_S) as answer:
            found: str | None = json.load(answer)["publication_id"]
            return found
    except OSError:  # it has nothing to serve yet
        return None


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--items", type=int, default=100)
    asked = parser.parse_args()
    text = json.dumps(measure(asked.replicas, asked.runs, asked.items), indent=2)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
