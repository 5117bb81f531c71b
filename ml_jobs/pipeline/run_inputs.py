"""The input files of a run, read and held against each other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from datalayer.kernel.clock import utc_now
from datalayer.kernel.errors import InvalidSelection
from ml_jobs.errors import InputError
from ml_jobs.inputs.classes_file import class_notes, read_classes
from ml_jobs.inputs.contracts_file import (
    contract_notes,
    place_notes,
    read_contracts,
    read_installed,
)
from ml_jobs.inputs.demand.demand_files import (
    DemandFormat,
    DemandScan,
    InputNote,
    input_note,
    scan_demand,
)
from ml_jobs.inputs.demand.row_rules import USUAL
from ml_jobs.inputs.drivers import DriverFile, read_drivers
from ml_jobs.inputs.items import read_items
from ml_jobs.inputs.lanes_file import lane_notes, lanes_in, read_lanes
from ml_jobs.inputs.locations import (
    Hierarchy,
    LocationFile,
    hierarchy_of,
    read_locations,
    with_supply_days,
)
from ml_jobs.inputs.master_file import MasterFile, samples
from ml_jobs.inputs.matching import spelt_otherwise
from ml_jobs.inputs.orders_file import read_orders
from ml_jobs.inputs.stock_file import not_coming_back, read_stock, untold_repairs
from ml_jobs.panel import NETWORK, Items
from ml_jobs.pipeline.column_names import refuse_missing_headings, refuse_unknown_names
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_folder import RunFolder
from ml_jobs.progress import ReportWork
from ml_jobs.publishing.lineage import code_version, library_versions


@dataclass(frozen=True)
class RunInputs:
    """What was read for a request; None where there is no such file.

    Attributes:
        look: What the demand files hold, seen once.
        hierarchy: The places that demand comes from.
        notes: All input files.
        remarks: How the files beside demand are written, where that had to be found out, and what
            of them may be spelt otherwise in the demand.
    """

    request: JobRequest
    look: DemandScan
    hierarchy: Hierarchy
    items: MasterFile | None
    stock: MasterFile | None
    orders: MasterFile | None
    contracts: MasterFile | None
    installed: MasterFile | None
    classes: MasterFile | None
    lanes: MasterFile | None
    drivers: DriverFile | None
    notes: tuple[InputNote, ...]
    remarks: tuple[str, ...] = ()

    @property
    def folder(self) -> RunFolder:
        """The run's folder, named after everything that the results depend on."""
        depends_on = {
            "inputs": [asdict(note) for note in self.notes],
            "request": self.request.settings(),
            "code": code_version(),
            "libraries": library_versions(),
        }
        text = json.dumps(depends_on, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return RunFolder((self.request.work / digest[:16]).resolve())

    def unused(self, items: Items) -> list[str]:
        """Return sentences about what of the files is not used, given the *items* forecast."""
        item_ids = tuple(items.table.column("item_id").to_pylist())
        notes: list[str] = []
        for file in (self.items, self.stock, self.orders, self.installed):
            if file is None:
                continue
            notes += [f"{file.source.name}: {note}" for note in file.notes]
            if unknown := file.unknown_to(item_ids):
                said = f"{len(unknown):,} item(s) that are not forecast, and so left out"
                notes.append(f"{file.source.name} has {said}: {samples(unknown)}")
            notes += file.unread_note()
        if self.stock is not None:
            said_of = f"{self.stock.source.name}: "
            for unsaid in (not_coming_back, untold_repairs):
                notes += [said_of + note for note in unsaid(self.stock, items.table)]
        return [*notes, *class_notes(self.classes, items)]


def read_inputs(request: JobRequest, *, report: ReportWork) -> RunInputs:
    """Read the files beside demand, and look at the demand files once.

    Raises:
        InputError: A file can't be used; says what was found and what would be right.
        InvalidSelection: An option is given that goes with invoice lines, or without them only.
        UsageError: A heading is given for a column that is not read, or no file has it.
    """
    refuse_unknown_names(request)
    if request.location_column and not request.invoices:
        expected = "given with --invoices only; a demand file names its places in location_id"
        raise InvalidSelection(
            parameter="location_column", found=request.location_column, expected=expected
        )
    _refuse_rules_of_demand(request)
    reading = request.reading
    items = read_items(request.items, reading) if request.items else None
    stock = read_stock(request.stock, reading, today=request.today) if request.stock else None
    orders = read_orders(request.orders, request.today, reading) if request.orders else None
    contracts = read_contracts(request.contracts, reading) if request.contracts else None
    installed = read_installed(request.installed, reading) if request.installed else None
    classes = read_classes(request.classes, reading) if request.classes else None
    lanes = read_lanes(request.lanes, reading) if request.lanes else None
    drivers = read_drivers(request.drivers, reading) if request.drivers else None
    locations = read_locations(request.locations, reading) if request.locations else None
    form = DemandFormat(
        request.today,
        request.invoices,
        request.location_column,
        reading,
        request.row_rules,
        present=utc_now().date(),
    )
    look = scan_demand(request.demand, form, report=report)
    if locations is not None and look.coverage.location_ids == (NETWORK,):
        problem = "names no location, though there is a file of locations; it needs a location_id"
        raise InputError(file=request.demand.name, problem=problem)
    hierarchy = hierarchy_of(
        look.coverage.location_ids,
        locations,
        names=look.coverage.location_names,
        level="country" if request.location_column == "country" else "location",
    )
    hierarchy = with_supply_days(hierarchy, lanes_in(lanes, hierarchy.location_ids))
    masters = {"items": items, "stock": stock, "orders": orders, "installed": installed}
    others = {"contracts": contracts, "classes": classes, "lanes": lanes, "drivers": drivers}
    files = {**masters, **others, "locations": locations}
    sources = {role: file.source for role, file in files.items() if file is not None}
    headings = [name for source in sources.values() for name in source.table.column_names]
    refuse_missing_headings(request, {*look.headings, *headings})
    notes = [input_note(role, source) for role, source in sources.items()]
    written = [note for source in sources.values() for note in source.notes]
    return RunInputs(
        request,
        look,
        hierarchy,
        items,
        stock,
        orders,
        contracts,
        installed,
        classes,
        lanes,
        drivers,
        notes=(*look.inputs, *notes),
        remarks=(
            *written,
            *_mismatches(look, hierarchy, locations, masters),
            *contract_notes(contracts, installed),
            *lane_notes(lanes, hierarchy.location_ids),
        ),
    )


def _refuse_rules_of_demand(request: JobRequest) -> None:
    """Refuse what invoice lines have no use for: cancellations have rules of their own."""
    rules = request.row_rules
    for name, found in (("returns", rules.returns), ("sign", rules.sign)):
        if request.invoices and found not in (None, USUAL.sign):
            expected = "left out with --invoices, whose cancellations have rules of their own"
            raise InvalidSelection(parameter=name, found=found, expected=expected)


def _mismatches(
    look: DemandScan,
    hierarchy: Hierarchy,
    locations: LocationFile | None,
    masters: Mapping[str, MasterFile | None],
) -> Iterator[str]:
    """Hold the codes of the files, by what they are of, against those of the demand."""
    if locations is not None:
        codes = {place.location_id for place in locations.locations} - {NETWORK}
        demand = look.coverage.location_ids
        yield from spelt_otherwise(locations.source.name, "location", codes, demand)
    known = frozenset(hierarchy.location_ids) - {NETWORK}
    for role, file in masters.items():
        if file is None:
            continue
        name = file.source.name
        yield from spelt_otherwise(name, "item", file.codes("item_id"), look.coverage.item_ids)
        if hierarchy.is_flat or "location_id" not in file.table.column_names:
            continue
        places = file.codes("location_id") - {NETWORK}
        yield from spelt_otherwise(name, "location", places, known)
        if role == "installed":
            yield from place_notes(file, hierarchy)
            continue
        if strange := sorted(places - known):
            counts = "stock counts" if role == "stock" else f"{role} count"
            yield (
                f"{len(strange):,} location(s) of {name} are not among the locations; their "
                f"{counts} for the network: {samples(strange)}"
            )
