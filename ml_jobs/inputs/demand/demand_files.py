"""From demand files to panels on one calendar, one history at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ml_jobs.errors import InputError, NoRowsError
from ml_jobs.inputs.demand.coverage import Coverage, merge_coverage, scan, span_of
from ml_jobs.inputs.demand.demand import COLUMNS as DEMAND_COLUMNS
from ml_jobs.inputs.demand.demand import build_panel, demand_evidence, demand_of, spelling_notes
from ml_jobs.inputs.demand.demand_folder import (
    DemandFile,
    DemandFolder,
    find_demand,
    overlapping,
    together,
)
from ml_jobs.inputs.demand.demand_rows import Catalogue, DemandRows
from ml_jobs.inputs.demand.invoices import COLUMNS as INVOICE_COLUMNS
from ml_jobs.inputs.demand.invoices import invoice_evidence, invoices_of, merge_catalogues
from ml_jobs.inputs.demand.reasons import (
    USED,
    Accounting,
    Reasons,
    RejectReason,
    write_rejected,
)
from ml_jobs.inputs.demand.rejected_share import refuse_mostly_unusable
from ml_jobs.inputs.demand.repeated_exports import refuse_repeated
from ml_jobs.inputs.demand.row_rules import USUAL, RowRules
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.files.source_file import SourceFile
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.inputs.master_file import samples
from ml_jobs.inputs.styles import cells
from ml_jobs.inputs.styles.styles import StyleEvidence, Styles, styles_of
from ml_jobs.panel import Frequency, Panel
from ml_jobs.progress import ReportWork, Work

# Files that are read together, in the order of their items.
Groups: TypeAlias = tuple[tuple[DemandFile, ...], ...]


@dataclass(frozen=True)
class DemandFormat:
    """How demand files are to be understood.

    Attributes:
        today: The day of the results; rows of later days are set aside.
        present: The day on which they are made, where that is another: rows of the days from one
            to the other are left out on purpose, and are no fault of a file.
        invoices: The files hold invoice lines.
        location_column: Column of invoice lines that names the place; None where none does.
        reading: How they are written.
        rules: What is done with negative rows, and how many rows may be unusable.
        styles: How all files write numbers and dates; None for one file, which tells itself.
    """

    today: date
    invoices: bool = False
    location_column: str | None = None
    reading: ReadingOptions = AS_FOUND
    rules: RowRules = USUAL
    styles: Styles | None = None
    present: date | None = None

    def rows_of(self, sources: Sequence[SourceFile]) -> DemandRows:
        """Return the rows of one history, whose files are *sources*.

        Raises:
            InputError: It can't be used; says what was found and what would be right.
        """
        places = (self.location_column or "location_id").strip().lower()
        source = together(sources, [places, *(name for names in self._columns for name in names)])
        if self.invoices:
            rows = invoices_of(
                source,
                today=self.today,
                location_column=self.location_column,
                styles=self.styles,
            )
        else:
            rows = demand_of(source, today=self.today, rules=self.rules, styles=self.styles)
        counts = [each.table.num_rows for each in sources]
        of_each = np.split(self._faults(rows), np.cumsum(counts)[:-1])
        for each, reasons in zip(sources, of_each, strict=True):
            refuse_mostly_unusable(each, reasons, self.rules.allow_rejected)
        if len(sources) > 1:
            refuse_repeated(rows, counts, [each.name for each in sources])
        return rows

    def _faults(self, rows: DemandRows) -> Reasons:
        """Return the reasons of *rows*, without those left out as later than the results."""
        if self.present is None:
            return rows.reasons
        later = (rows.days > np.datetime64(self.today)) & (rows.days <= np.datetime64(self.present))
        left_out = later & (rows.reasons == RejectReason.DATE_OUT_OF_RANGE.number)
        return np.where(left_out, USED, rows.reasons).astype(np.int8)

    def read(self, files: Sequence[DemandFile]) -> DemandRows:
        """Read files of one history.

        Raises:
            InputError: They can't be used; says what was found and what would be right.
        """
        return self.rows_of([self.source(file) for file in files])

    def source(self, file: DemandFile) -> SourceFile:
        """Read one file, before its cells are looked at.

        Raises:
            InputError: It can't be read.
        """
        return file.read(self.reading, self._columns)

    @property
    def _columns(self) -> tuple[tuple[str, ...], ...]:
        return INVOICE_COLUMNS if self.invoices else DEMAND_COLUMNS

    def evidence_in(self, source: SourceFile) -> StyleEvidence:
        """Return what *source* shows of how numbers and dates are written.

        Raises:
            InputError: It lacks a column.
        """
        return invoice_evidence(source) if self.invoices else demand_evidence(source)

    def item_range(self, source: SourceFile) -> tuple[str, str]:
        """Return the first and the last item that *source* names, by bytes.

        Raises:
            InputError: It has no column of items.
        """
        (column,) = source.require(["stock_code" if self.invoices else "item_id"])
        codes = cells.codes(source, column)
        if self.invoices:
            codes = codes.respell(str.upper)
        named = [code for code in codes.values if code] or [""]
        return named[0], named[-1]


@dataclass(frozen=True)
class InputNote:
    """An input file as the lineage names it.

    Attributes:
        read_as: How its numbers and dates were read, and by what evidence; of files of a folder,
            which are all read alike, the first one says it.
    """

    role: str
    name: str
    sha256: str
    rows: int
    read_as: str


def input_note(role: str, source: SourceFile) -> InputNote:
    """Describe one input file."""
    return InputNote(role, source.name, source.sha256, source.rows, source.read_as)


@dataclass(frozen=True)
class DemandScan:
    """What all demand files hold together.

    Attributes:
        rows: Of the only group, so that it is read once; None where there are several.
        headings: Of all files.
    """

    form: DemandFormat
    groups: Groups
    coverage: Coverage
    catalogue: Catalogue
    inputs: tuple[InputNote, ...]
    notes: tuple[str, ...]
    rows: DemandRows | None
    headings: frozenset[str] = frozenset()


def scan_demand(path: Path, form: DemandFormat, *, report: ReportWork) -> DemandScan:
    """Read a demand file, or every one of a folder, for what the calendar must hold.

    Raises:
        InputError: A file can't be used, or holds what another one of the folder does.
    """
    found = find_demand(path)
    several = len(found.files) > 1
    groups: Groups = (found.files,)
    inputs: tuple[InputNote, ...] = ()
    without_rows: tuple[str, ...] = ()
    if several:
        groups, inputs, form, without_rows = _groups_of(found, form, report, folder=path.name)
    stage = "check" if several else "read"
    scans, catalogues = [], []
    headings: set[str] = set()
    notes = list(_folder_notes(found, without_rows, groups))
    for done, group in enumerate(groups):
        report(Work(stage, done, len(groups), group[0].name))
        rows = form.read(group)
        scans.append(scan(rows))
        headings.update(rows.source.table.column_names)
        catalogues.append(rows.catalogue)
        notes += rows.source.notes
        notes += [f"{rows.source.name}: {n}" if len(groups) > 1 else n for n in rows.notes]
    report(Work(stage, len(groups), len(groups)))
    coverage = merge_coverage(scans)
    if len(groups) > 1:
        notes += spelling_notes("item", coverage.item_ids)
    return DemandScan(
        form,
        groups,
        coverage,
        merge_catalogues(catalogues),
        inputs or (input_note("demand", rows.source),),
        tuple(notes),
        rows if len(groups) == 1 else None,
        frozenset(headings),
    )


def _groups_of(
    found: DemandFolder, form: DemandFormat, report: ReportWork, *, folder: str
) -> tuple[Groups, tuple[InputNote, ...], DemandFormat, tuple[str, ...]]:
    """Return the files to be read together, a note of each, how all of them are written.

    Last come the names of those without rows, as a month or a partition may be.
    """
    files, ranges, inputs, evidence = [], [], [], []
    names: dict[tuple[object, ...], str] = {}
    without_rows = []
    for done, file in enumerate(found.files):
        report(Work("read", done, len(found.files), file.name))
        try:
            source = form.source(file)
        except NoRowsError:
            without_rows.append(file.name)
            continue
        other = names.setdefault((source.sha256, *file.partitions.items()), file.name)
        if other != file.name:
            raise InputError(
                file=file.name, problem=f"is a copy of {other}, byte by byte; keep one of them"
            )
        files.append(file)
        ranges.append(form.item_range(source))
        inputs.append(input_note("demand", source))
        evidence.append(form.evidence_in(source))
    report(Work("read", len(found.files), len(found.files)))
    if not files:
        raise InputError(file=folder, problem="has no rows in any of its files; one is needed")
    styles = styles_of(reduce(or_, evidence), form.reading, file=folder, today=form.today)
    groups = tuple(tuple(files[n] for n in group) for group in overlapping(ranges))
    inputs[0] = replace(inputs[0], read_as=styles.words)
    return groups, tuple(inputs), replace(form, styles=styles), tuple(without_rows)


def _folder_notes(
    found: DemandFolder, without_rows: Sequence[str], groups: Groups
) -> Iterator[str]:
    if without_rows:
        yield f"{len(without_rows):,} file(s) of the folder have no rows: {samples(without_rows)}"
    if found.unread:
        yield f"{len(found.unread):,} file(s) of the folder were not read: {samples(found.unread)}"
    for group in groups:
        if len(group) > 1:
            names = samples([file.name for file in group])
            yield f"{len(group):,} files have one history and were read together: {names}"


def panels(
    look: DemandScan,
    frequency: Frequency,
    hierarchy: Hierarchy,
    *,
    min_sale_days: int,
    rejected: Path,
) -> Iterator[tuple[Panel, Accounting]]:
    """Yield the demand of each group of files laid out, and where its rows went.

    Those set aside go to *rejected*, or, where there are several groups, to a file for each beside
    it. The panels of all begin with the first day of any of them.

    Raises:
        InputError: A file can't be used as a whole.
    """
    span = None if look.rows else span_of(look.coverage, frequency, today=look.form.today)
    for group in look.groups:
        rows = look.rows or look.form.read(group)
        panel, rows = build_panel(
            rows,
            frequency,
            min_sale_days=min_sale_days,
            today=look.form.today,
            hierarchy=hierarchy,
            span=span,
        )
        target = rejected
        if len(look.groups) > 1:
            name = Path(group[0].name).with_suffix("").as_posix().replace("/", "-")
            target = rejected.with_stem(f"{rejected.stem}-{name}")
        write_rejected(rows.source, rows.reasons, target)
        yield panel, rows.accounting


def total_of(parts: list[Accounting]) -> Accounting:
    """Add up where the rows of several files went."""
    aside: Counter[RejectReason] = Counter()
    for part in parts:
        aside.update(part.set_aside)
    used = sum(part.used for part in parts)
    return Accounting(sum(part.read for part in parts), used, dict(aside.most_common()))
