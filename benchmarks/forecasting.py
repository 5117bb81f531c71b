"""Farol's published forecasts against plain statsforecast and AutoGluon-TimeSeries.

    python -m benchmarks.forecasting --data FOLDER [--methods farol AutoETS ...]

FOLDER holds the files that ``forecast_splits.DATA_SETS`` names; what is missing is left out. Each
is cut at its last two origins (and earlier ones for Farol's ensemble); every method is given what
lies before the cutoff, as a file, in a process of its own. Farol is run as a user runs it, and what
it *published* is measured. A run that stands in the work folder is not made again. Writes
build/bench/forecasting.json and .md.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.forecast_methods import (
    AUTOGLUON,
    FAROL,
    STATSFORECAST,
    MethodFailed,
    MethodRun,
    run,
)
from benchmarks.forecast_report import write_report
from benchmarks.forecast_splits import (
    DATA_SETS,
    BenchmarkDemand,
    Split,
    available_data_sets,
    read_panel,
    split,
)

HELD_OUT = 2
BENCH = Path("build/bench")


def jobs_of(splits: list[Split], methods: list[str], work: Path) -> Iterator[MethodRun]:
    """Name every run: peers at the held-out origins, Farol at all of them.

    Farol is told a lead time of the whole horizon; at the held-out origins once more with half of
    it, for the service that its reorder points achieve.
    """
    for each in splits:
        held_out = each.origin < HELD_OUT
        for method in methods:
            folder = work / each.name / method
            horizon = each.data.horizon
            if method == FAROL:
                yield MethodRun(each, method, horizon, folder)
                if held_out:
                    yield MethodRun(
                        each, method, horizon // 2, folder.with_name("farol-half-lead-time")
                    )
            elif held_out and is_run_on(method, each.data):
                yield MethodRun(each, method, horizon, folder)


def is_run_on(method: str, data: BenchmarkDemand) -> bool:
    """AutoGluon is run on the small data set and its middle preset on the daily one too."""
    if method not in AUTOGLUON:
        return True
    return data.name == "carparts-300" or (
        data.name == "online-retail" and method == "medium_quality"
    )


def splits_of(
    folder: Path, data_sets: tuple[BenchmarkDemand, ...], windows: int | None
) -> list[Split]:
    """Return every split, the latest origin of each data set first."""
    found = []
    for data in data_sets:
        whole = read_panel(folder / data.file, data.frequency)
        count = data.windows if windows is None else min(windows, data.windows)
        found += [split(whole, data, origin) for origin in range(count)]
    return found


def run_all(jobs: list[MethodRun], told: argparse.Namespace, console: Console) -> int:
    """Run what has not been run; return how many failed."""
    columns = (
        TextColumn("{task.description:<48}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    failed = 0
    with Progress(*columns, console=console) as bars:
        task = bars.add_task("", total=len(jobs))
        for job in jobs:
            bars.update(task, description=job.name)
            if told.again and job.method in told.again:
                shutil.rmtree(job.folder, ignore_errors=True)
            if not job.cost():
                try:
                    cost = run(job, told.peers, shlex.split(told.farol_arguments))
                except MethodFailed as error:
                    failed += 1
                    console.print(str(error), style="red", highlight=False)
                else:
                    console.print(f"{job.name}: {cost.cpu_s:.0f} CPU s", highlight=False)
            bars.advance(task)
    return failed


def parse_arguments() -> argparse.Namespace:
    methods = (FAROL, *STATSFORECAST, *AUTOGLUON)
    names = [data.name for data in DATA_SETS]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the demand files")
    parser.add_argument("--sets", nargs="+", choices=names, default=names)
    parser.add_argument("--methods", nargs="+", choices=methods, default=list(methods))
    parser.add_argument("--windows", type=int, help="origins at most; default: each data set's")
    parser.add_argument("--again", nargs="+", choices=methods, help="run these once more")
    parser.add_argument("--peers", type=Path, default=Path(".venv-peers/bin/python"))
    parser.add_argument("--farol-arguments", default="", help="more words for `ml_jobs forecast`")
    parser.add_argument("--work", type=Path, default=BENCH / "forecasting", help="runs are kept")
    return parser.parse_args()


def main() -> int:
    """Run, score and report; the exit code is 1 where a method failed."""
    told = parse_arguments()
    # The interpreter of an environment is a link: it must not be resolved.
    told.peers, told.work = told.peers.absolute(), told.work.absolute()
    console = Console()
    data_sets = available_data_sets(told.data, told.sets)
    if not data_sets:
        console.print(f"{told.data} holds none of {', '.join(d.file for d in DATA_SETS)}")
        return 1
    splits = splits_of(told.data, data_sets, told.windows)
    failed = run_all(list(jobs_of(splits, told.methods, told.work)), told, console)
    done = list(jobs_of(splits, [FAROL, *STATSFORECAST, *AUTOGLUON], told.work))
    write_report([job for job in done if job.cost()], told.peers, BENCH, console)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
