"""What the job shows in a terminal: progress, where the rows went, and errors line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from datalayer.contract.publication import Manifest
from datalayer.errors import ManifestError, PortalError, SettingsError, ValidationFailed
from datalayer.progress import Progress as StepProgress
from ml_jobs.errors import FolderError
from ml_jobs.job import Prepared
from ml_jobs.progress import Work
from ml_jobs.reasons import Accounting


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


@contextmanager
def stages(console: Console) -> Iterator[Stages]:
    """Draw the stages of a job until the block ends."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[subject]}"),
    )
    with Progress(*columns, console=console) as bars:
        yield Stages(bars)


def show_prepared(console: Console, prepared: Prepared, rejected: Path) -> None:
    """Show what was read, where its rows went, and what had to be assumed."""
    panel = prepared.panel
    console.print(
        f"{len(panel.item_ids)} items, {len(panel.dates)} periods of frequency "
        f"{panel.frequency.value}, {panel.dates[0]} to {panel.data_through}",
        highlight=False,
    )
    console.print(_rows_table(prepared.rows.accounting))
    console.print(f"Rows set aside are in {escape(str(rejected))}", highlight=False)
    for note in prepared.notes:
        console.print(f"Note: {escape(note)}", highlight=False)
    for assumption in prepared.assumptions:
        console.print(f"Assumed: {escape(assumption.en)}", highlight=False)


def show_published(console: Console, manifest: Manifest, address: str) -> None:
    """Show what was published, and where."""
    rows = sum(file.rows for file in manifest.files)
    console.print(
        f"Published {manifest.publication_id} to {escape(address)}: {len(manifest.files)} data "
        f"sets, {rows} rows, data through {manifest.data_through}",
        highlight=False,
        soft_wrap=True,
    )


def show_error(console: Console, error: PortalError) -> None:
    """Show an error; where it has several faults, all of them, one a line."""
    faults = _faults(error)
    if not faults:
        console.print(escape(str(error)), highlight=False, soft_wrap=True)
        return
    console.print(escape(_heading(error, len(faults))), highlight=False, soft_wrap=True)
    for fault in faults:
        console.print(f"- {escape(fault)}", highlight=False, soft_wrap=True)


def _faults(error: PortalError) -> Sequence[str]:
    match error:
        case ValidationFailed():
            return [str(fault) for fault in error.report.faults]
        case FolderError() | ManifestError() | SettingsError():
            return error.faults
        case _:
            return ()


def _heading(error: PortalError, faults: int) -> str:
    match error:
        case ValidationFailed():
            return f"Nothing was published: the results break the contract, {faults} fault(s):"
        case FolderError():
            folder = error.fields["folder"]
            return f"Nothing was published: the folder {folder} has {faults} fault(s):"
        case SettingsError():
            return f"The settings have {faults} fault(s):"
        case _:
            return f"The manifest has {faults} fault(s):"


def _rows_table(accounting: Accounting) -> Table:
    table = Table(title=None, box=None, pad_edge=False)
    table.add_column("rows", justify="right")
    table.add_column("")
    table.add_column("")
    table.add_row(f"{accounting.read}", "read")
    table.add_row(f"{accounting.used}", "used")
    for reason, count in accounting.set_aside.items():
        table.add_row(f"{count}", f"set aside: {reason}", reason.sentence)
    return table
