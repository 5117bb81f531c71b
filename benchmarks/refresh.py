"""Refresh of a large publication under constant reading: time, memory, and reads undisturbed.

    python -m benchmarks.refresh --rows 10000000

Publishes two generations of synthetic data into a folder, then, in one process: activates the
first, starts readers, activates the second while they read, and rolls back and forth. The peer, in
a process of its own, is SHA-256 over the same files and one DuckDB scan of all their columns.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.synthetic import SyntheticPublication, publish
from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.errors import PortalError
from datalayer.portal import Portal, SeriesSelection, questions
from datalayer.settings import Settings

ADMIN = Identity("benchmark", Role.ADMIN)
GENERATIONS = (0.25, 0.5)
READERS = 4
SWITCHES = 20


@dataclass
class Reads:
    """What one reader met."""

    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    mixed: int = 0


def read_constantly(portal: Portal, items: int, start: int, stop: threading.Event) -> Reads:
    """Read one part's series after another until *stop*, checking each answer's generation."""
    reads = Reads()
    number = start
    while not stop.is_set():
        number = number % items + 1
        began = time.perf_counter()
        try:
            publication = portal.open()
            selection = SeriesSelection(f"P{number:07d}")
            question = questions.forecasts.series(
                publication.registry, publication.manifest, selection
            )
            series = publication.table(question)
            item = publication.require_item(f"P{number:07d}")
        except PortalError as error:
            reads.failed.append(str(error))
            continue
        reads.seconds.append(time.perf_counter() - began)
        seen = set(series.table.column("q025").drop_null().unique().to_pylist())
        versions = {series.provenance.model_version, item.provenance.model_version}
        generation = publication.manifest.lineage["generation"]
        reads.mixed += seen != {generation} or versions != {f"generation-{generation}"}
    return reads


def hash_and_scan(store: Path, manifest: Manifest) -> None:
    """The peer's work: SHA-256 and one scan of all columns of every file."""
    with duckdb.connect() as connection:
        for file in manifest.files:
            path = store / file.path
            with path.open("rb") as opened:
                hashlib.file_digest(opened, "sha256")
            query = "select * from read_parquet($path)"
            for _ in connection.sql(query, params={"path": str(path)}).to_arrow_reader():
                pass  # an aggregate would be answered from the file's statistics


def seconds(work: Callable[[], object]) -> float:
    """Return how long *work* takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_megabytes() -> float:
    """Return the most memory that this process has held at once, in MB.

    Linux hands getrusage's figure down from the parent, so it is read from /proc.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def make_latest(store: Path, manifest: Manifest) -> None:
    """Make *manifest* what the store's root announces."""
    kept = store / "publications" / manifest.publication_id / MANIFEST_NAME
    shutil.copy(kept, store / MANIFEST_NAME)


def switch_under_reading(store: Path, state: Path, manifests: list[Manifest]) -> dict[str, object]:
    """Activate, read constantly, activate the next, roll back and forth; return the figures."""
    portal = Portal(Settings(store=str(store), state=state))
    make_latest(store, manifests[0])
    portal.activate(ADMIN)
    make_latest(store, manifests[1])
    items = manifests[0].file("dim_item").rows
    stop = threading.Event()
    with ThreadPoolExecutor(READERS) as pool:
        places = [number * items // READERS for number in range(READERS)]
        readers = [pool.submit(read_constantly, portal, items, at, stop) for at in places]
        refresh_s = seconds(lambda: portal.activate(ADMIN))
        roll_backs = [seconds(lambda: portal.roll_back(ADMIN)) for _ in range(SWITCHES)]
        stop.set()
        reads = [reader.result() for reader in readers]
    taken = [one for each in reads for one in each.seconds]
    return {
        "refresh_under_reading_s": round(refresh_s, 2),
        "roll_back_median_s": round(statistics.median(roll_backs), 3),
        "roll_back_max_s": round(max(roll_backs), 3),
        "reads": len(taken),
        "reads_failed": sum(len(each.failed) for each in reads),
        "reads_mixed": sum(each.mixed for each in reads),
        "read_median_ms": round(statistics.median(taken) * 1e3, 1),
        "peak_memory_mb": round(peak_megabytes()),
    }


def refresh_alone(store: Path, state: Path, manifest: Manifest) -> dict[str, object]:
    """Return the seconds of one refresh with nobody reading, and those of the peer."""
    portal = Portal(Settings(store=str(store), state=state))
    make_latest(store, manifest)
    refresh_s = seconds(lambda: portal.activate(ADMIN))
    own_peak = round(peak_megabytes())
    peer_s = seconds(lambda: hash_and_scan(store, manifest))
    return {
        "refresh_s": round(refresh_s, 2),
        "hash_and_scan_s": round(peer_s, 2),
        "ratio": round(refresh_s / peer_s, 2),
        "peak_memory_mb": own_peak,
    }


def measured_in_child(part: str, folder: Path) -> dict[str, object]:
    """Run one part in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.refresh", "--part", part, "--folder", str(folder)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, object] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def run_part(part: str, folder: Path) -> dict[str, object]:
    """Run one part on the publications that stand in *folder*."""
    registry = load_registry(Path("schema_registry.json"))
    store = folder / "store"
    manifests = [
        parse_manifest(path.read_bytes(), location=str(path), registry=registry)
        for path in sorted(store.glob(f"publications/*/{MANIFEST_NAME}"))
    ]
    if part == "alone":
        return refresh_alone(store, folder / "state-alone", manifests[0])
    return switch_under_reading(store, folder / "state-reading", manifests)


def measure(folder: Path, rows: int) -> dict[str, object]:
    """Publish both generations into *folder* and measure; return all figures."""
    began = datetime.now(UTC)
    manifests = [
        publish(
            folder / "store", SyntheticPublication(rows, generation, began + timedelta(hours=place))
        )
        for place, generation in enumerate(GENERATIONS)
    ]
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "duckdb": duckdb.__version__,
        "rows_of_fact_forecast": manifests[0].file("fact_forecast").rows,
        "megabytes": round(sum(file.size_bytes for file in manifests[0].files) / 1e6),
        "alone": measured_in_child("alone", folder),
        "under_reading": measured_in_child("reading", folder),
    }


def main() -> None:
    """Measure and write the figures to build/bench/refresh.json."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--part", choices=["alone", "reading"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps(run_part(arguments.part, arguments.folder)))
        return
    target = Path("build/bench/refresh.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="refresh-") as folder:
        figures = json.dumps(measure(Path(folder), arguments.rows), indent=2)
    target.write_text(figures + "\n", encoding="utf-8")
    print(figures)


if __name__ == "__main__":
    main()
