"""Farol's API under load, against its peers and against what is possible, in one run.

    python -m benchmarks.serving --rows 1000000 10000000

Serves synthetic publications with the real application, ROAPI, Datasette and a raw ASGI
application, one process each, and loads them with wrk. Before anything is timed, what the
contenders answer is compared value by value; while it is timed, every answer's status and size are
checked, and Farol's log tells whether it came from the cache. Contenders take turns; a figure is
the median over the rounds. Writes build/bench/serving.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import serving_measures as measures
from benchmarks import serving_report as report
from benchmarks.serving_data import ServedPublication, published
from benchmarks.serving_load import Unfair, wrk_version
from benchmarks.serving_measures import Effort
from benchmarks.serving_report import Figure, Goal
from benchmarks.serving_servers import UVICORN, peer_versions

BENCH = Path("build/bench")
LOGS = BENCH / "serving-logs"
"""What the servers wrote; kept where a run was stopped."""

EXTRACT_ROUNDS = 1
"""Each takes a minute with 10 million rows; benchmarks.extracts alone measures more of them."""

MOST_EXTRACTED_ROWS = 10_000_000
WIDTH = 160
"""Of the table where there is no terminal."""

QUIET = 0.3
"""Load average above which the machine is called busy."""

console = Console(stderr=True)


def redis_figures() -> list[Figure]:
    """Return what an unreachable Redis adds to a read."""
    found = _of_script("redis_down")
    figures = []
    for server, added in found["added_median_ms"].items():
        figures.append(_added(f"Redis {server}: added to a read, median", added, judged=True))
        first = found["first_read_ms"][server]
        figures.append(_added(f"Redis {server}: the first read", first, judged=False))
    return figures


def extract_figures(rows: int) -> list[Figure]:
    """Return the speed of CSV extracts against writing the same bytes, and their memory."""
    found = _of_script("extracts", "--rows", str(rows), "--rounds", str(EXTRACT_ROUNDS))
    figures = []
    for form in (each for each in found["forms"] if each.startswith("csv")):
        one = found["forms"][form]
        figures += [
            Figure(
                f"extract as {form}: MB per CPU-second over plain write()",
                found["rows"],
                f"{one['mb_per_cpu_s']:.0f} MB/CPU-s",
                f"{one['write_mb_per_cpu_s']:,.0f} MB/CPU-s",
                (one["ratio"],),
                Goal(found["goal"]["ratio"], at_least=True),
            ),
            Figure(
                f"extract as {form}: memory beyond what the portal holds",
                found["rows"],
                f"{one['extra_mb']:.0f} MB",
                "",
                (one["extra_mb"],),
                Goal(found["goal"]["extra_mb"], at_least=False, unit="MB"),
                unit="MB",
            ),
        ]
    return figures


def _of_script(name: str, *options: str) -> dict[str, Any]:
    """Run another benchmark and return the figures that it writes."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise Unfair(f"benchmarks.{name} failed: {run.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads((BENCH / f"{name}.json").read_text(encoding="utf-8"))
    return figures


def _added(what: str, milliseconds: float, *, judged: bool) -> Figure:
    goal = Goal(5.0, at_least=False, unit="ms") if judged else None
    return Figure(what, 0, f"{milliseconds:.3g} ms", "", (milliseconds,), goal, unit="ms")


def steps(
    kept: Sequence[ServedPublication], folder: Path, effort: Effort
) -> list[tuple[str, Callable[[], list[Figure]]]]:
    """Return what is measured, in order, each under its name."""
    small, largest = kept[0], kept[-1]
    planned: list[tuple[str, Callable[[], list[Figure]]]] = [
        ("cached answers", lambda: measures.cached_answers(small, folder, effort))
    ]
    for each in kept:
        size = f"{each.rows:,} rows"
        planned += [
            (
                f"uncached rows of a part, {size}",
                lambda each=each: measures.uncached_series(each, folder, effort),
            ),
            (f"REST peers, {size}", lambda each=each: measures.rest_peers(each, folder, effort)),
        ]
    if len(kept) > 1:
        planned.append(("sizes", lambda: measures.sizes(kept, folder, effort)))
    planned += [
        ("users' bounds", lambda: measures.bounds(largest, folder, effort)),
        ("Redis unreachable", redis_figures),
        ("extracts", lambda: extract_figures(min(largest.rows, MOST_EXTRACTED_ROWS))),
    ]
    return planned


def measure(rows: Sequence[int], *, rounds: int, seconds: float) -> list[Figure]:
    """Measure everything, write it and return it.

    Raises:
        Unfair: A contender did not answer as it must.
    """
    about: dict[str, object] = {
        "machine": report.machine(),
        "versions": report.versions({**peer_versions(), "wrk": wrk_version()}),
        "uvicorn": " ".join(UVICORN),
        "rounds": rounds,
        "seconds": seconds,
    }
    _tell_busy(about)
    kept = []
    for number in sorted(set(rows)):
        console.print(f"Data: {number:,} rows")
        kept.append(published(number))
    about["data"] = [
        {"rows": each.rows, "items": each.items, "megabytes": round(each.megabytes, 1)}
        for each in kept
    ]
    figures: list[Figure] = []
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    with console.status("starting") as status:
        effort = Effort(rounds, seconds, status.update)
        planned = steps(kept, LOGS, effort)
        for place, (name, run) in enumerate(planned, start=1):
            began = time.monotonic()
            figures += run()
            report.write(about, figures)
            took = f"{time.monotonic() - began:.0f} s"
            console.print(f"[{place}/{len(planned)}] {name}: {took}", markup=False)
    shutil.rmtree(LOGS)
    return figures


def _tell_busy(about: dict[str, object]) -> None:
    machine = about["machine"]
    load = machine["load_before"] if isinstance(machine, dict) else 0
    if load > QUIET:
        console.print(
            f"The machine is busy (load {load}): the figures will say little", style="red"
        )


def main() -> int:
    """Measure, show and write; 1 where a contender did not answer as it must."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one measurement, at least 1")
    arguments = parser.parse_args()
    began = time.monotonic()
    try:
        figures = measure(arguments.rows, rounds=arguments.rounds, seconds=arguments.seconds)
    except Unfair as fault:
        console.print(f"Stopped: {fault}", style="bold red", markup=False)
        return 1
    report.show(figures, Console(width=None if sys.stdout.isatty() else WIDTH))
    console.print(f"{(time.monotonic() - began) / 60:.1f} minutes; {report.TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
