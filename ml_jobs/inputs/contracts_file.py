"""Files of contracts and of installed parts: what is promised, and which towers need what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_jobs.columns import column_of
from ml_jobs.fleet import EMERGENCY, WAITING
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.inputs.master_file import (
    MasterFile,
    MasterKey,
    NumberColumn,
    TextColumn,
    read_master,
    samples,
)
from ml_jobs.panel import NETWORK

CONTRACT_COLUMNS = (
    TextColumn("name"),
    NumberColumn("towers"),
    NumberColumn("target_availability", 0.5, 1.0, example="0.9995 for 99.95 %"),
    TextColumn("measured_per", ("month",)),
    NumberColumn("penalty_per_hour"),
    NumberColumn("penalty_cap"),
)
INSTALLED_COLUMNS = (
    TextColumn("location_id"),
    TextColumn("contract_id", codes=True),
    NumberColumn("installed"),
    NumberColumn("share_down", maximum=1.0, example="0.5 for 50 %"),
    TextColumn("waiting", WAITING),
    NumberColumn("emergency_hours"),
    NumberColumn("restore_hours"),
)


def read_contracts(path: Path, reading: ReadingOptions = AS_FOUND) -> MasterFile:
    """Read a file of contracts: ``contract_id`` and any of `CONTRACT_COLUMNS`.

    A contract without towers says nothing of anything: it is left out, and said so. One with
    neither target nor penalty promises nothing and only has its figures shown, where another
    contract promises something; where none does, all hours cost the same. None may be called
    what all towers together are.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    key = MasterKey("contract_id")
    file = read_master(path, CONTRACT_COLUMNS, reading, key=key, faults_of=_code_faults)
    file.refuse(_cap_faults(file))
    towers = column_of(file.table, "towers")
    without = file.table.filter(pa.array(~(towers > 0)))
    table = file.table.filter(pa.array(towers > 0))
    return replace(file, table=table, notes=tuple(_contract_notes(table, without)))


def read_installed(path: Path, reading: ReadingOptions = AS_FOUND) -> MasterFile:
    """Read a file of installed parts: ``item_id`` and any of `INSTALLED_COLUMNS`.

    A row without a location is of the whole network, one without a contract of all towers.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    file = read_master(
        path,
        INSTALLED_COLUMNS,
        reading,
        key=MasterKey(also={"location_id": NETWORK, "contract_id": NETWORK}),
    )
    file.refuse(_hour_faults(file))
    return file


def installed_at(file: MasterFile, hierarchy: Hierarchy) -> pa.Table:
    """Return the rows of installed parts at places where stock can lie, or of the whole network.

    Without places all rows are of the network.
    """
    if hierarchy.is_flat:
        return file.table
    places = pa.array(sorted(_where_stock_lies(hierarchy)), pa.string())
    return file.table.filter(pc.is_in(file.table.column("location_id"), places))


def place_notes(file: MasterFile, hierarchy: Hierarchy) -> Iterator[str]:
    """Return sentences about rows of installed parts that `installed_at` leaves out."""
    strange = sorted(file.codes("location_id") - _where_stock_lies(hierarchy))
    if strange:
        rows = file.table.num_rows - installed_at(file, hierarchy).num_rows
        yield (
            f"{len(strange):,} location(s) of {file.source.name} are not among the locations, or "
            f"have others below them where the stock lies; {rows:,} row(s) of parts installed "
            f"there were left out: {samples(strange)}"
        )


def _where_stock_lies(hierarchy: Hierarchy) -> set[str]:
    leaves = zip(hierarchy.location_ids, hierarchy.is_leaf.tolist(), strict=True)
    return {NETWORK, *(place for place, is_leaf in leaves if is_leaf)}


def contract_notes(contracts: MasterFile | None, installed: MasterFile | None) -> Iterator[str]:
    """Return sentences about the contracts' file, and about parts that no contract is known for."""
    if contracts is not None:
        yield from (f"{contracts.source.name}: {note}" for note in contracts.notes)
        yield from contracts.unread_note()
    if installed is None:
        return
    yield from _waiting_notes(installed)
    named, name = installed.codes("contract_id") - {NETWORK}, installed.source.name
    if contracts is None:
        if named:
            yield (
                f"{name} names {len(named):,} contract(s), and there is no file of contracts; all "
                "towers count as one"
            )
    elif contracts.table.num_rows and (strange := sorted(named - contracts.codes("contract_id"))):
        yield (
            f"{len(strange):,} contract(s) of {name} are not in {contracts.source.name}, or have "
            f"no towers there, and their parts were left out: {samples(strange)}"
        )


def _code_faults(table: pa.Table) -> Iterator[str]:
    if NETWORK in table.column("contract_id").to_pylist():
        yield f"contract_id has {NETWORK!r}, which stands for all towers; it must be another code"


def _waiting_notes(installed: MasterFile) -> Iterator[str]:
    rows = installed.table.select(["item_id", "waiting", "emergency_hours"]).to_pylist()
    fetched = {row["item_id"] for row in rows if row["waiting"] == EMERGENCY}
    unknown = {
        row["item_id"]
        for row in rows
        if row["waiting"] == EMERGENCY and row["emergency_hours"] is None
    }
    if unknown:
        yield (
            f"{installed.source.name}: {len(unknown):,} part(s) are fetched when there are none, "
            "and emergency_hours doesn't say how long it takes; they count as waiting for the next "
            f"delivery: {samples(sorted(unknown))}"
        )
    idle = {
        row["item_id"]
        for row in rows
        if row["waiting"] != EMERGENCY and row["emergency_hours"] is not None
    }
    if idle:
        yield (
            f"{installed.source.name}: {len(idle):,} part(s) have emergency_hours and don't say "
            f"that they are fetched (waiting is {EMERGENCY}); their hours are not counted: "
            f"{samples(sorted(idle))}"
        )
    waiting = {row["item_id"] for row in rows if row["waiting"] != EMERGENCY}
    if mixed := sorted(fetched & waiting - unknown):
        yield (
            f"{installed.source.name}: {len(mixed):,} part(s) are fetched for some towers and not "
            "for others; where both stand at one place they count as waiting for the next "
            f"delivery: {samples(mixed)}"
        )


def _cap_faults(file: MasterFile) -> Iterator[str]:
    """Caps without the price that they cap, or below it."""
    names = ("penalty_per_hour", "penalty_cap")
    pairs = (file.table.column(name).to_pylist() for name in names)
    for row, price, cap in zip(file.source.row_numbers.tolist(), *pairs, strict=True):
        if cap is not None and (price is None or cap < price):
            found = "missing" if price is None else f"{price:g}"
            yield (
                f"{file.source.place(row)}: penalty_cap is {cap:g} and penalty_per_hour is "
                f"{found}; a cap must be at least what an hour costs"
            )


def _hour_faults(file: MasterFile) -> Iterator[str]:
    """Parts that would work sooner when they are fetched than when they are there."""
    names = ("emergency_hours", "restore_hours")
    pairs = (file.table.column(name).to_pylist() for name in names)
    for row, fetched, there in zip(file.source.row_numbers.tolist(), *pairs, strict=True):
        if fetched is not None and there is not None and there > fetched:
            yield (
                f"{file.source.place(row)}: emergency_hours is {fetched:g} and restore_hours "
                f"{there:g}; it must be at most as long as with a part that is fetched"
            )


def _contract_notes(table: pa.Table, without: pa.Table) -> Iterator[str]:
    if without.num_rows and not table.num_rows:
        yield "no contract has towers; all towers count as one, and nothing is promised of them"
    elif without.num_rows:
        codes = sorted(without.column("contract_id").to_pylist())
        yield f"{len(codes):,} contract(s) without towers were left out: {samples(codes)}"
    target, penalty = (column_of(table, n) for n in ("target_availability", "penalty_per_hour"))
    silent = np.isnan(target) & ~(penalty > 0)
    if silent.any():
        codes = sorted(table.column("contract_id").filter(pa.array(silent)).to_pylist())
        follows = (
            "all towers' hours cost what service levels' money buys them for"
            if silent.all()
            else "nothing is bought for them alone"
        )
        yield (
            f"{len(codes):,} contract(s) have neither target_availability nor penalty_per_hour, "
            f"so {follows}: {samples(codes)}"
        )
    if whole := pc.sum(pc.equal(table.column("target_availability"), 1.0)).as_py():
        yield (f"{whole:,} contract(s) ask for towers that never stand still, which no stock gives")
