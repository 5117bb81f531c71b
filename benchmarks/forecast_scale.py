"""What a run of many simulated series costs, in time and memory, by engine.

    python -m benchmarks.forecast_scale --series 10000 100000 --engine dask --processes 2

Simulates intermittent demand (a negative binomial number of units on some days, months or weeks,
levels spread over three orders of magnitude) into a folder of Parquet files, forecasts it with
``python -m ml_jobs forecast`` as a user would, and reads the memory of every process of the run
once a second. Several numbers of series or engines are run one after the other. Needs the packages
of ml_jobs/requirements-extras.txt for Dask. Writes JSON to standard output and build/bench.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from ml_jobs.panel import Frequency

BENCH = Path("build/bench")
SERIES_PER_FILE = 5_000
FIRST = np.datetime64("2020-12-28")  # a Monday; months begin with the next
SEED = 7
MIB = 1 << 20


@dataclass(frozen=True)
class Measured:
    """One run.

    Attributes:
        cpu_ms_per_series: CPU time of all processes, over the number of series.
        parent_mib: Greatest resident memory of the process that was started.
        worker_mib: Greatest of any of its descendants.
        worker_mib_first_half: The same in the first half of the run.
    """

    series: int
    engine: str
    processes: int
    wall_s: float
    cpu_s: float
    cpu_ms_per_series: float
    parent_mib: int
    worker_mib: int
    worker_mib_first_half: int
    published_mib: int


def simulate(folder: Path, series: int, periods: int, frequency: Frequency) -> None:
    """Write the demand of *series* items over *periods* periods, zeros left out."""
    first = frequency.following(frequency.first_days(np.array([FIRST]))[0], 1)[0]
    dates = frequency.calendar(first, periods)
    for begin in range(0, series, SERIES_PER_FILE):
        count = min(SERIES_PER_FILE, series - begin)
        random = np.random.default_rng([SEED, begin])
        level = np.exp(random.normal(0.0, 1.5, (count, 1)))
        occurs = random.random((count, periods)) < random.uniform(0.1, 0.9, (count, 1))
        size = 1 + random.negative_binomial(1.0, 1.0 / (1.0 + level), (count, periods))
        demand = np.where(occurs, size, 0)
        demand[:, 0] = np.maximum(demand[:, 0], 1)
        item, period = np.nonzero(demand)
        codes = np.array([f"P{begin + row:07d}" for row in range(count)])
        table = pa.table(
            {
                "item_id": pa.array(codes).take(pa.array(item)),
                "date": dates[period],
                "quantity": demand[item, period],
            }
        )
        pq.write_table(table, folder / f"items-{begin:07d}.parquet")


def measure(told: argparse.Namespace, series: int, engine: str, processes: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="farol-scale-", dir=told.work) as scratch:
        work = Path(scratch)
        demand = work / "demand"
        demand.mkdir()
        simulate(demand, series, told.periods, Frequency(told.frequency))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        samples = list(_watch(_command(told, work, engine, processes)))
        wall_s = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        published = sum(p.stat().st_size for p in (work / "store").rglob("*") if p.is_file())
    workers = [worker for _, worker in samples]
    return Measured(
        series=series,
        engine=engine,
        processes=processes,
        wall_s=round(wall_s, 1),
        cpu_s=round(cpu_s, 1),
        cpu_ms_per_series=round(1000 * cpu_s / series, 2),
        parent_mib=max(parent for parent, _ in samples) // MIB,
        worker_mib=max(workers) // MIB,
        worker_mib_first_half=max(workers[: len(workers) // 2 + 1]) // MIB,
        published_mib=published // MIB,
    )


def _command(told: argparse.Namespace, work: Path, engine: str, processes: int) -> list[str]:
    return [
        *(sys.executable, "-m", "ml_jobs", "forecast"),
        *("--demand", str(work / "demand"), "--frequency", told.frequency),
        *("--engine", engine, "--processes", str(processes)),
        *("--to", str(work / "store"), "--rejected", str(work / "rejected.parquet")),
        *("--work", str(work / "runs"), "--min-sale-days", "3"),
        *(["--sources", told.sources] if told.sources else []),
        *(["--origins", str(told.origins)] if told.origins is not None else []),
    ]


def _watch(command: list[str]) -> Iterator[tuple[int, int]]:
    """Run *command*; give resident bytes of it and of its largest descendant once a second."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        parent = psutil.Process(process.pid)
        while True:
            yield _resident(parent), max(map(_resident, _descendants(parent)), default=0)
            try:
                code = process.wait(timeout=1.0)
            except subprocess.TimeoutExpired:
                continue
            if code:
                raise SystemExit(f"{' '.join(command[1:4])} ended with {code}")
            return


def _descendants(parent: psutil.Process) -> list[psutil.Process]:
    try:
        return parent.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--series", type=int, nargs="+", default=[10_000])
    parser.add_argument("--periods", type=int, default=104)
    parser.add_argument("--frequency", choices=[f.value for f in Frequency], default="W")
    parser.add_argument("--engine", nargs="+", default=["dask"], help="one or more")
    parser.add_argument("--processes", type=int, nargs="+", default=[2], help="one per engine")
    parser.add_argument("--sources", help="default: all")
    parser.add_argument("--origins", type=int, help="default: the job's")
    parser.add_argument("--work", type=Path, help="a folder with room; default: the system's")
    told = parser.parse_args()
    runs = [
        asdict(measure(told, series, engine, processes))
        for series in told.series
        for engine, processes in zip(told.engine, told.processes, strict=True)
    ]
    report = {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 1024 / MIB),
        "periods": told.periods,
        "frequency": told.frequency,
        "sources": told.sources or "all",
        "origins": told.origins,
        "runs": runs,
    }
    BENCH.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2)
    (BENCH / "forecast_scale.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
