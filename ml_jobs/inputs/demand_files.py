"""From demand files to panels on one calendar, one file at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ml_jobs.inputs.coverage import (
    Coverage,
    demand_files,
    in_item_order,
    merge_coverage,
    scan,
    span_of,
)
from ml_jobs.inputs.demand import build_panel, read_demand
from ml_jobs.inputs.demand_rows import Catalogue, DemandRows
from ml_jobs.inputs.invoices import merge_catalogues, read_invoices
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.inputs.reading import AS_FOUND, Reading
from ml_jobs.inputs.reasons import Accounting, RejectReason, write_rejected
from ml_jobs.inputs.source_file import SourceFile
from ml_jobs.panel import Frequency, Panel
from ml_jobs.progress import ReportWork, Work


@dataclass(frozen=True)
class DemandFormat:
    """How demand files are to be understood.

    Attributes:
        today: Rows of later days are set aside.
        invoices: The files hold invoice lines.
        location_column: Column of invoice lines that names the place; None where none does.
        reading: How they are written.
    """

    today: date
    invoices: bool = False
    location_column: str | None = None
    reading: Reading = AS_FOUND

    def read(self, path: Path) -> DemandRows:
        """Read one file.

        Raises:
            InputError: The file can't be used; says what was found and what would be right.
        """
        if self.invoices:
            return read_invoices(
                path, self.reading, today=self.today, location_column=self.location_column
            )
        return read_demand(path, self.reading, today=self.today)


@dataclass(frozen=True)
class InputNote:
    """An input file as the lineage names it."""

    role: str
    name: str
    sha256: str
    rows: int


def input_note(role: str, source: SourceFile) -> InputNote:
    """Describe one input file."""
    return InputNote(role, source.name, source.sha256, source.rows)


@dataclass(frozen=True)
class DemandScan:
    """What all demand files hold together.

    Attributes:
        paths: In the order of their items.
        rows: Of the only file, so that it is read once; None where there are several.
    """

    form: DemandFormat
    paths: tuple[Path, ...]
    coverage: Coverage
    catalogue: Catalogue
    inputs: tuple[InputNote, ...]
    notes: tuple[str, ...]
    rows: DemandRows | None


def scan_demand(path: Path, form: DemandFormat, *, report: ReportWork) -> DemandScan:
    """Read a demand file, or every one of a folder, for what the calendar must hold.

    Raises:
        InputError: A file can't be used, or two files of a folder share a range of items.
    """
    paths = demand_files(path)
    scans, catalogues, inputs, notes = [], [], [], []
    rows: DemandRows | None = None
    for done, file in enumerate(paths):
        report(Work("read", done, len(paths), file.name))
        rows = form.read(file)
        scans.append(scan(rows))
        catalogues.append(rows.catalogue)
        inputs.append(input_note("demand", rows.source))
        found = (*rows.source.notes, *rows.notes)
        notes += [f"{file.name}: {note}" if len(paths) > 1 else note for note in found]
    report(Work("read", len(paths), len(paths)))
    order = in_item_order(scans)
    return DemandScan(
        form,
        tuple(paths[place] for place in order),
        merge_coverage(scans),
        merge_catalogues(catalogues),
        tuple(inputs),
        tuple(notes),
        rows if len(paths) == 1 else None,
    )


def panels(
    look: DemandScan,
    frequency: Frequency,
    hierarchy: Hierarchy,
    *,
    min_sale_days: int,
    rejected: Path,
) -> Iterator[tuple[Panel, Accounting]]:
    """Yield each file's demand laid out, and where its rows went; some go to *rejected*.

    Where there are several files, each has a file of its own beside *rejected*, and the panels
    of all begin with the first day of any of them.

    Raises:
        InputError: A file can't be used as a whole.
    """
    span = None if look.rows else span_of(look.coverage, frequency, today=look.form.today)
    for path in look.paths:
        rows = look.rows or look.form.read(path)
        panel, rows = build_panel(
            rows,
            frequency,
            min_sale_days=min_sale_days,
            today=look.form.today,
            hierarchy=hierarchy,
            span=span,
        )
        target = rejected
        if len(look.paths) > 1:
            target = rejected.with_stem(f"{rejected.stem}-{path.stem}")
        write_rejected(rows.source, rows.reasons, target)
        yield panel, rows.accounting


def total_of(parts: list[Accounting]) -> Accounting:
    """Add up where the rows of several files went."""
    aside: Counter[RejectReason] = Counter()
    for part in parts:
        aside.update(part.set_aside)
    used = sum(part.used for part in parts)
    return Accounting(sum(part.read for part in parts), used, dict(aside.most_common()))
