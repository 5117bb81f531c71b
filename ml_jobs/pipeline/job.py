"""The whole forecast job: input files -> run folder -> partitions worked off -> a draft."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from datalayer.kernel.contract.registry import Registry
from ml_jobs.options import settings_of, thresholds_of
from ml_jobs.pipeline.combine import write_data_sets
from ml_jobs.pipeline.engine import Engine, open_engine
from ml_jobs.pipeline.learning import learn, learn_tasks
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.members import forecast_members
from ml_jobs.pipeline.partition_gold import PartitionResults, judge_partition
from ml_jobs.pipeline.partitioning import PartitionTask
from ml_jobs.pipeline.preparing import Prepared
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_folder import is_whole, load, save
from ml_jobs.pipeline.stocking_up import learn_prices, stock_partition
from ml_jobs.pipeline.weighing import weigh
from ml_jobs.pipeline.whole import forecast_notes, whole_tables
from ml_jobs.progress import ReportWork, Work, silent
from ml_jobs.publishing.lineage import code_version, library_versions, model_version, rows_entry
from ml_jobs.publishing.publish import Draft
from ml_jobs.publishing.stamp import Stamp

Task = TypeVar("Task")


def under_contract(request: JobRequest, registry: Registry) -> JobRequest:
    """Return *request* with the thresholds and settings of the contract."""
    of_contract = replace(
        request.options, thresholds=thresholds_of(registry), settings=settings_of(registry)
    )
    return replace(request, options=of_contract)


def run(
    request: JobRequest,
    prepared: Prepared,
    work: Path,
    registry: Registry,
    *,
    report: ReportWork = silent,
) -> Draft:
    """Work off what was prepared from *request*, and write the gold into the empty folder *work*.

    What is finished is kept in the run's folder until the draft is published (`forget`); a run
    that is killed goes on there when it is started again.

    Raises:
        InvalidSelection: There is no such engine.
        MissingExtraError: The engine needs a package that is not installed.
        WorkerLostError: A worker process ended; the run can be gone on with.
    """
    folder, plan = prepared.folder, prepared.plan
    with open_engine(request.engine, request.processes) as engine:
        _each(engine, learn, learn_tasks(folder, plan), "learn", report)
        partitions = [PartitionTask(folder, number) for number in range(plan.partitions)]
        _each(engine, forecast_members, partitions, "forecast", report)
        if not is_whole(folder.lessons):
            save(folder.lessons, weigh(folder, plan, report=report))
        _each(engine, judge_partition, partitions, "judge", report)
        lessons = load(folder.lessons, Lessons)
        if not is_whole(folder.prices):
            save(folder.prices, learn_prices(folder, plan, lessons, report=report))
        _each(engine, stock_partition, partitions, "stock", report)
    results = [load(folder.results(task.number), PartitionResults) for task in partitions]
    stamp = Stamp(
        request.dataset_id or _dataset_id(request, prepared),
        request.generated_at,
        model_version(),
    )
    whole = whole_tables(prepared, lessons)
    files = write_data_sets(folder, plan, whole, registry, stamp, work, report=report)
    return Draft(
        files=files,
        dataset_id=stamp.dataset_id,
        model_version=stamp.model_version,
        generated_at=request.generated_at,
        data_through=plan.frequency.last_day(plan.dates[-1]).astype(object),
        lineage=_lineage(request, prepared, forecast_notes(prepared, lessons, results)),
    )


def forget(prepared: Prepared) -> None:
    """Remove the run's folder: its results are published."""
    shutil.rmtree(prepared.folder.path, ignore_errors=True)


def _each(
    engine: Engine,
    function: Callable[[Task], None],
    tasks: Sequence[Task],
    stage: str,
    report: ReportWork,
) -> None:
    report(Work(stage, 0, len(tasks)))
    for done, _ in enumerate(engine.each(function, tasks), start=1):
        report(Work(stage, done, len(tasks)))


def _dataset_id(request: JobRequest, prepared: Prepared) -> str:
    digests = [note.sha256 for note in prepared.inputs if note.role == "demand"]
    digest = digests[0]
    if len(digests) > 1:
        digest = hashlib.sha256("".join(f"{each}\0" for each in digests).encode()).hexdigest()
    return f"{request.demand.stem}-{digest[:8]}"


def _lineage(
    request: JobRequest, prepared: Prepared, notes: Mapping[str, object]
) -> dict[str, object]:
    plan = prepared.plan
    assumptions = (*((request.synthetic,) if request.synthetic else ()), *prepared.assumptions)
    return {
        "inputs": [asdict(note) for note in prepared.inputs],
        "rows": rows_entry(prepared.accounting),
        "items": prepared.items.table.num_rows,
        "frequency": plan.frequency.value,
        "currency": request.currency or "",
        "license": request.license or "",
        "settings": {**request.settings(), "min_sale_days": prepared.min_sale_days},
        "engine": request.engine.split(":")[0],
        "seed": plan.options.seed,
        "forecast": dict(notes),
        "libraries": library_versions(),
        "code_version": code_version(),
        "demonstration": request.demonstration,
        "synthetic": request.synthetic is not None,
        "notes": list(prepared.notes),
        "assumptions": [asdict(sentence) for sentence in assumptions],
    }
