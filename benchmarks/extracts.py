"""Extracts of a large data set against plain ``write()`` of the same bytes: MB per CPU-second, RSS.

    python -m benchmarks.extracts --rows 10000000

Each file is made in a process of its own and written to a file of the same folder, hashed on the
way as every extract is. The peer, in a process of its own too, reads nothing: it writes the bytes
of that file again, in pieces of the same size, held in memory. Rounds are interleaved.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.refresh import peak_megabytes
from benchmarks.synthetic import SyntheticPublication, publish
from datalayer.access.identity import Identity, Role
from datalayer.portal import ExtractRequest, Portal, questions
from datalayer.settings import Settings

ADMIN = Identity("benchmark", Role.ADMIN)
DATA_SET = "fact_forecast"
FORMS = {
    "csv rfc": ExtractRequest(DATA_SET, "csv", "rfc"),
    "csv excel-br": ExtractRequest(DATA_SET, "csv", "excel-br"),
    "arrow": ExtractRequest(DATA_SET, "arrow"),
    "parquet": ExtractRequest(DATA_SET, "parquet"),
}
PIECE_BYTES = 4 * 1024 * 1024
HELD_BYTES = 64 * 1024 * 1024
GOAL_RATIO, GOAL_EXTRA_MB = 0.15, 100.0


def cpu_seconds() -> float:
    """Return the CPU time of this process, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def make(folder: Path, form: str) -> dict[str, float]:
    """Make one file; return its megabytes, the CPU seconds, and the memory that it took."""
    portal = Portal(Settings(store=str(folder / "store"), state=folder / "state"))
    # Opens what a first read opens, so that only the extract itself is counted.
    data_set = portal.registry.data_sets[DATA_SET]
    publication = portal.open()
    publication.table(questions.data_sets.rows(data_set, limit=1))
    (folder / "taken").unlink(missing_ok=True)  # to free its pages is no part of writing
    before_mb = peak_megabytes()
    began = cpu_seconds()
    extract = portal.extracts.extract(publication, FORMS[form], ADMIN)
    with (folder / "taken").open("wb", buffering=0) as file:
        for chunk in extract.chunks:
            file.write(chunk)
    used = cpu_seconds() - began
    size_mb = extract.chunks.digest.size_bytes / 1e6
    portal.close()
    return {"mb": size_mb, "cpu_s": used, "extra_mb": peak_megabytes() - before_mb}


def write_plainly(folder: Path) -> dict[str, float]:
    """Write as many bytes as the file taken last has; return megabytes and CPU seconds."""
    taken = folder / "taken"
    size_bytes = taken.stat().st_size
    with taken.open("rb") as file:
        held = file.read(HELD_BYTES)
    (folder / "written").unlink(missing_ok=True)
    pieces = [held[at : at + PIECE_BYTES] for at in range(0, len(held), PIECE_BYTES)]
    began = cpu_seconds()
    with (folder / "written").open("wb", buffering=0) as file:
        left = size_bytes
        while left > 0:
            for piece in pieces:
                left -= file.write(piece[:left])
                if left <= 0:
                    break
    used = cpu_seconds() - began
    return {"mb": size_bytes / 1e6, "cpu_s": used}


def in_child(folder: Path, part: str) -> dict[str, float]:
    """Run one part in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.extracts", "--part", part, "--folder", str(folder)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def measure(folder: Path, rows: int, rounds: int) -> dict[str, object]:
    """Publish into *folder* and measure; return all figures."""
    manifest = publish(folder / "store", SyntheticPublication(rows, 0.25, datetime.now(UTC)))
    portal = Portal(Settings(store=str(folder / "store"), state=folder / "state"))
    portal.activate(ADMIN)
    portal.close()
    taken: dict[str, list[dict[str, float]]] = {form: [] for form in FORMS}
    plain: dict[str, list[dict[str, float]]] = {form: [] for form in FORMS}
    for _ in track(range(rounds), "Measuring"):
        for form in FORMS:
            taken[form].append(in_child(folder, form))
            plain[form].append(in_child(folder, "write"))
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "versions": {"duckdb": duckdb.__version__, "pyarrow": pa.__version__},
        "rows": manifest.file(DATA_SET).rows,
        "rounds": rounds,
        "goal": {"ratio": GOAL_RATIO, "extra_mb": GOAL_EXTRA_MB},
        "forms": {form: _summary(taken[form], plain[form]) for form in FORMS},
    }


def _summary(taken: list[dict[str, float]], plain: list[dict[str, float]]) -> dict[str, float]:
    speed, peer = (
        statistics.median(each["mb"] / each["cpu_s"] for each in runs) for runs in (taken, plain)
    )
    return {
        "megabytes": round(taken[0]["mb"], 1),
        "mb_per_cpu_s": round(speed, 1),
        "write_mb_per_cpu_s": round(peer, 1),
        "ratio": round(speed / peer, 3),
        "extra_mb": round(max(each["extra_mb"] for each in taken), 1),
    }


def show(figures: dict[str, object]) -> None:
    """Print the figures as a table."""
    table = Table("file", "MB", "MB per CPU-s", "write()", "ratio", "extra MB", "goal")
    forms = figures["forms"]
    assert isinstance(forms, dict)
    for form, each in forms.items():
        met = each["ratio"] >= GOAL_RATIO and each["extra_mb"] <= GOAL_EXTRA_MB
        table.add_row(form, *(str(value) for value in each.values()), "met" if met else "missed")
    Console().print(table)


def main() -> None:
    """Measure and write the figures to build/bench/extracts.json."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=[*FORMS, "write"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        folder = arguments.folder
        part = arguments.part
        print(json.dumps(write_plainly(folder) if part == "write" else make(folder, part)))
        return
    target = Path("build/bench/extracts.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="extracts-") as folder:
        figures = measure(Path(folder), arguments.rows, arguments.rounds)
    target.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures)


if __name__ == "__main__":
    main()
