"""What the job shows in a terminal: progress, where the rows went, and errors line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.report import ValidationFailed
from datalayer.kernel.errors import ManifestError, PortalError, SettingsError
from datalayer.kernel.progress import Progress as StepProgress
from ml_jobs.errors import FolderError, JobFileError
from ml_jobs.inputs.demand.reasons import Accounting
from ml_jobs.pipeline.preparing import Prepared
from ml_jobs.progress import Work
from ml_jobs.publishing.signing import Signer


class Stages:
    """One bar per stage, drawn as reports of it come in."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def work(self, work: Work) -> None:
        """Show progress of the forecast."""
        self._show(work.stage, work.done, work.total, work.subject)

    def step(self, progress: StepProgress) -> None:
        """Show progress of validating and publishing."""
        # The two manifests count by themselves, so their bar is one of its own.
        stage = "commit" if progress.subject == "metadata.json" else progress.step.value
        self._show(stage, progress.done, progress.total, progress.subject)

    def _show(self, stage: str, done: int, total: int, subject: str) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, subject="")
        self._bars.update(
            self._tasks[stage], completed=done, total=max(total, 1), subject=escape(subject)
        )


class Rate(ProgressColumn):
    """Units a second, or seconds a unit where they are slow; empty until it is known."""

    def render(self, task: Task) -> Text:
        """Show the rate of *task*."""
        speed = task.finished_speed or task.speed
        return Text(rate_in_words(speed) if speed else "", style="progress.data.speed")


def rate_in_words(units_per_s: float) -> str:
    """Return a rate with its unit: thousands and millions for fast ones, seconds for slow."""
    if units_per_s < 1:
        return f"{1 / units_per_s:.1f} s each"
    for unit, letter in ((1e6, " M"), (1e3, " k")):
        if units_per_s >= unit:
            return f"{units_per_s / unit:.1f}{letter}/s"
    return f"{units_per_s:.1f}/s"


@contextmanager
def stages(console: Console) -> Iterator[Stages]:
    """Draw the stages of a job until the block ends: how far, how fast, how long still."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %"),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[subject]}"),
    )
    with Progress(*columns, console=console) as bars:
        yield Stages(bars)


def print_line(console: Console, line: str) -> None:
    """Print *line* as it is: nothing in it is markup, and it is never broken."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def show_prepared(console: Console, prepared: Prepared, rejected: Path) -> None:
    """Show what was read, where its rows went, and what had to be assumed."""
    plan = prepared.plan
    last = plan.frequency.last_day(plan.dates[-1])
    print_line(
        console,
        f"{prepared.items.table.num_rows:,} items, {len(plan.dates):,} periods of frequency "
        f"{plan.frequency.value}, {plan.dates[0]} to {last}; {plan.horizon} periods ahead, "
        f"{len(plan.judged)} cutoffs judged",
    )
    console.print(_rows_table(prepared.accounting))
    print_line(console, f"Rows set aside are in {rejected}")
    for file in prepared.inputs:
        if file.read_as:
            print_line(console, f"Read: {file.role}, {file.read_as}")
    for note in prepared.notes:
        print_line(console, f"Note: {note}")
    for assumption in prepared.assumptions:
        print_line(console, f"Assumed: {assumption.en}")


def show_published(
    console: Console, manifest: Manifest, address: str, signer: Signer | None = None
) -> None:
    """Show what was published, where, and by whom it was signed."""
    rows = sum(file.rows for file in manifest.files)
    print_line(
        console,
        f"Published {manifest.publication_id} to {address}: {len(manifest.files)} data sets, "
        f"{rows:,} rows, data through {manifest.data_through}",
    )
    if signer is not None:
        until = signer.expiry_of(manifest.generated_at)
        end = f"until {until.isoformat()}" if until else "for ever"
        print_line(console, f"Signed by the key {signer.key.keyid}, {end}")


def show_error(console: Console, error: PortalError) -> None:
    """Show an error; where it has several faults, all of them, one a line."""
    faults: Sequence[object]
    match error:
        case ValidationFailed():
            faults = error.report.faults
            heading = "Nothing was published: the results break the contract,"
        case FolderError(faults=faults):
            heading = f"Nothing was published: the folder {error.fields['folder']} has"
        case JobFileError(faults=faults):
            heading = f"The job file {error.fields['file']} has"
        case SettingsError(faults=faults):
            heading = "The settings have"
        case ManifestError(faults=faults):
            heading = "The manifest has"
        case _:
            faults = ()
    if not faults:
        print_line(console, str(error))
        return
    print_line(console, f"{heading} {len(faults):,} fault(s):")
    for fault in faults:
        print_line(console, f"- {fault}")


def _rows_table(accounting: Accounting) -> Table:
    table = Table(Column("rows", justify="right"), "", "", box=None, pad_edge=False)
    table.add_row(f"{accounting.read:,}", "read")
    table.add_row(f"{accounting.used:,}", "used")
    for reason, count in accounting.set_aside.items():
        table.add_row(f"{count:,}", f"set aside: {reason}", reason.value)
    return table
