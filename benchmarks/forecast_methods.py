"""Runs one method on one split as a user would, and says what it took of the machine.

A method has a folder of its own. ``run.json`` is written there last: where it stands, the method
has been run and is not run again.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.forecast_splits import Split
from benchmarks.published_forecasts import write_master_files

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "benchmarks" / "peers"
FAROL = "farol"
STATSFORECAST = (
    "AutoETS",
    "AutoTheta",
    "CrostonSBA",
    "ADIDA",
    "IMAPA",
    "TSB",
    "SeasonalNaive",
    "HistoricAverage",
)
AUTOGLUON = ("medium_quality", "high_quality", "every_local_model")
# Peers get one thread: the CPU that they need without the cost of sharing it out.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "AG_CPU_COUNT": "1",
    "LOKY_MAX_CPU_COUNT": "1",
    "HF_HUB_OFFLINE": "1",
}


@dataclass(frozen=True)
class Cost:
    """What one run took, with all processes that it started.

    Attributes:
        cpu_s: User and system time.
        wall_s: From start to end.
        peak_mb: Most memory of any one process.
    """

    cpu_s: float
    wall_s: float
    peak_mb: float


@dataclass(frozen=True)
class MethodRun:
    """One method on one split.

    Attributes:
        method: ``farol``, or the name of a peer.
        lead_periods: Lead time that Farol is told of every item; no matter to a peer.
        folder: Where the run keeps its files.
    """

    split: Split
    method: str
    lead_periods: int
    folder: Path

    @property
    def name(self) -> str:
        """What the terminal shows."""
        return f"{self.split.name} {self.folder.name}"

    def cost(self) -> Cost | None:
        """Return what the run took; None where it has not been made."""
        record = self.folder / "run.json"
        return Cost(**json.loads(record.read_text("utf-8"))) if record.is_file() else None


class MethodFailed(Exception):
    """A method ended with an error; its log says why."""

    def __init__(self, job: MethodRun, status: int) -> None:
        super().__init__(f"{job.name} ended with {status}; see {job.folder.name}/log.txt")


def run(job: MethodRun, peers_python: Path, farol_arguments: Sequence[str]) -> Cost:
    """Run *job* and keep its cost.

    Raises:
        MethodFailed: It ended with an error.
    """
    job.folder.mkdir(parents=True, exist_ok=True)
    job.split.write_history(job.folder / "history.parquet")
    is_farol = job.method == FAROL
    command = farol_command(job, farol_arguments) if is_farol else peer_command(job, peers_python)
    cost, status = measure(command, {} if is_farol else ONE_THREAD, job.folder / "log.txt")
    if status:
        raise MethodFailed(job, status)
    (job.folder / "run.json").write_text(json.dumps(asdict(cost)) + "\n", "utf-8")
    return cost


def measure(command: Sequence[str], settings: dict[str, str], log: Path) -> tuple[Cost, int]:
    """Run *command*; return its cost, with all processes that it started, and its exit code."""
    adopt_orphans()
    began = time.perf_counter()
    with log.open("wb") as opened:
        opened.write(f"{shlex.join(Path(part).name for part in command)}\n".encode())
        opened.flush()
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | settings, stdout=opened, stderr=opened
        )
        _, waited, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(waited)
    usages = [usage, *orphans()]
    cpu_s = round(sum(each.ru_utime + each.ru_stime for each in usages), 2)
    peak_mb = round(max(each.ru_maxrss for each in usages) / 1024)
    return Cost(cpu_s, round(wall_s, 2), peak_mb), process.returncode


def adopt_orphans() -> None:
    """Become the parent of processes whose own has ended (Linux).

    A pool's fork server outlives the process that made it, and all that its workers took is booked
    on it; nobody else would wait for it.
    """
    set_child_subreaper = 36
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(set_child_subreaper, 1, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def orphans() -> Iterator[resource.struct_rusage]:
    """Wait for every process that was adopted; yield what each took."""
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


def farol_command(job: MethodRun, extra: Sequence[str]) -> list[str]:
    """Return the command of one publication; its master files are written on the way."""
    folder, country = job.folder, job.split.data.country
    write_master_files(job.split, job.lead_periods, folder)
    return [
        sys.executable, "-m", "ml_jobs", "forecast",
        "--demand", str(folder / "history.parquet"),
        "--items", str(folder / "items.parquet"),
        "--stock", str(folder / "stock.parquet"),
        "--frequency", str(job.split.data.frequency),
        "--horizon", str(job.split.data.horizon),
        "--min-sale-days", "1",
        "--to", str(folder / "store"),
        "--rejected", str(folder / "rejected.parquet"),
        *(("--country", country) if country else ()),
        *extra,
    ]  # fmt: skip


def peer_command(job: MethodRun, python: Path) -> list[str]:
    """Return the command of a peer."""
    script = "statsforecast_peer.py" if job.method in STATSFORECAST else "autogluon_peer.py"
    return [
        str(python), str(PEERS / script), job.method,
        "--history", str(job.folder / "history.parquet"),
        "--horizon", str(job.split.data.horizon),
        "--frequency", str(job.split.data.frequency),
        "--to", str(job.folder),
    ]  # fmt: skip
