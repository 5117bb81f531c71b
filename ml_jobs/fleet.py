"""Towers by contract: how many there are, what is promised of them, and which parts they need."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray
from ml_jobs.panel import NETWORK, Panel

DELIVERY, EMERGENCY = WAITING = ("delivery", "emergency")
"""What a tower waits for without a part in stock: the next delivery, or one that is fetched."""


@dataclass(frozen=True)
class Contract:
    """What is promised of some towers.

    Attributes:
        contract_id: Its code.
        name: What people call it.
        towers: How many; None where nobody says.
        target: Share of the time that a tower has to work, as far as parts decide; None without.
        penalty_per_hour: Currency for each hour that a tower stands still; None without.
        penalty_cap: The most that all hours of a month cost, currency; None where there is no such.
    """

    contract_id: str
    name: str
    towers: float | None = None
    target: float | None = None
    penalty_per_hour: float | None = None
    penalty_cap: float | None = None

    @property
    def capped_hours(self) -> float:
        """Tower-hours of a month that have a price; infinite where all have, or none has."""
        if self.penalty_cap is None or not self.penalty_per_hour:
            return math.inf
        return self.penalty_cap / self.penalty_per_hour


WHOLE = Contract(NETWORK, "Network")
"""What stands for all towers where no contract is known."""


@dataclass(frozen=True)
class InstalledPart:
    """How many of a part a contract's towers have at a place, and what its failure does.

    Attributes:
        location_id: The place; `NETWORK` where the file names none.
        installed: Units; None counts as equally many for every contract.
        share_down: Of its failures, the share that takes a tower down; None where not known.
        fetch_hours: That fetching one at once takes beyond what a repair takes with one in stock;
            None where towers wait for the next delivery.
    """

    item_id: str
    location_id: str
    contract_id: str
    installed: float | None = None
    share_down: float | None = None
    fetch_hours: float | None = None

    @property
    def units(self) -> float:
        """What it counts for beside other rows."""
        return 1.0 if self.installed is None else self.installed


@dataclass(frozen=True)
class Fleet:
    """All contracts, sorted by code, K of them, and what is known of installed parts.

    Attributes:
        installed: By item, its rows.
    """

    contracts: tuple[Contract, ...] = (WHOLE,)
    installed: dict[str, tuple[InstalledPart, ...]] = field(default_factory=dict)

    @property
    def contract_ids(self) -> tuple[str, ...]:
        """Their codes."""
        return tuple(contract.contract_id for contract in self.contracts)

    @property
    def caps(self) -> dict[str, float]:
        """The most that hours of a month cost, currency, of the contracts that cap them."""
        return {
            each.contract_id: each.penalty_cap
            for each in self.contracts
            if each.penalty_cap is not None and each.penalty_per_hour
        }

    def by_towers(self) -> FloatArray:
        """Share of each contract in all towers, shape (K,)."""
        towers = np.array([contract.towers or 0.0 for contract in self.contracts])
        if towers.sum() <= 0:
            return np.full(len(towers), 1.0 / len(towers))
        shares: FloatArray = towers / towers.sum()
        return shares

    def towers_waiting(self, panel: Panel, share_down: FloatArray) -> FloatArray:
        """Return how many towers of each contract stand still for a unit that waits, shape (K, S).

        Failures are shared out by what is installed, as nobody is served before another. Of a part
        whose installed units aren't known, contracts have a share as large as theirs of the
        towers.

        Args:
            panel: S series.
            share_down: Of the failures of each series' part, the share that takes a tower down,
                where nothing else is said, shape (S,).
        """
        answer = self.by_towers()[:, None] * share_down
        if not self.installed:
            return answer
        rows_of = {code: row for row, code in enumerate(self.contract_ids)}
        for series, key in enumerate(zip(panel.item_ids, panel.location_ids, strict=True)):
            rows = self._rows(*key)
            if not rows:
                continue
            units: dict[int, float] = defaultdict(float)
            down: dict[int, float] = defaultdict(float)
            for row in rows:
                share = share_down[series] if row.share_down is None else row.share_down
                units[rows_of[row.contract_id]] += row.units
                down[rows_of[row.contract_id]] += row.units * share
            total = sum(units.values())
            answer[:, series] = 0.0
            if total > 0:
                for contract, towers in down.items():
                    answer[contract, series] = towers / total
        return answer

    def fetch_hours(self, panel: Panel) -> FloatArray:
        """Return the hours that fetching each series' part at once takes, shape (S,).

        They are the mean over what is installed. NaN where any of it waits for the next delivery,
        as stock is not kept for one of two.
        """
        answer = np.full(len(panel.item_ids), np.nan)
        every = (row for rows in self.installed.values() for row in rows)
        if all(row.fetch_hours is None for row in every):
            return answer
        for series, key in enumerate(zip(panel.item_ids, panel.location_ids, strict=True)):
            rows = [(row.fetch_hours, row.units) for row in self._rows(*key)]
            total = sum(units for _, units in rows)
            hours = [units * each for each, units in rows if each is not None]
            if total > 0 and len(hours) == len(rows):
                answer[series] = sum(hours) / total
        return answer

    def _rows(self, item_id: str, location_id: str) -> tuple[InstalledPart, ...]:
        """Those of a part at a place; those for the whole network where none is for the place."""
        of_item = self.installed.get(item_id, ())
        here = tuple(row for row in of_item if row.location_id == location_id)
        return (
            here
            or tuple(row for row in of_item if row.location_id == NETWORK)
            or (of_item if location_id == NETWORK else ())
        )


def fleet_of(contracts: pa.Table | None, parts: pa.Table | None) -> Fleet:
    """Return the fleet of both files' rows, as `read_contracts` and `read_installed` return them.

    Parts for a contract that isn't there are left out; those for none in particular are shared out
    by the contracts' towers. Without any contract all are of all towers.
    """
    known: tuple[Contract, ...] = (WHOLE,)
    if contracts is not None and contracts.num_rows:
        rows = sorted(contracts.to_pylist(), key=lambda row: str(row["contract_id"]))
        known = tuple(
            Contract(
                row["contract_id"],
                row["name"] or row["contract_id"],
                row["towers"],
                row["target_availability"],
                row["penalty_per_hour"],
                row["penalty_cap"],
            )
            for row in rows
        )
    shares = dict(zip(Fleet(known).contract_ids, Fleet(known).by_towers().tolist(), strict=True))
    installed: dict[str, list[InstalledPart]] = defaultdict(list)
    for row in [] if parts is None else parts.to_pylist():
        of = {WHOLE.contract_id: 1.0} if known == (WHOLE,) else _shares(row["contract_id"], shares)
        for contract, share in of.items():
            # Where no number is given, contracts count alike, or by their towers.
            count = 1.0 if row["installed"] is None and share < 1.0 else row["installed"]
            part = InstalledPart(
                row["item_id"],
                row["location_id"],
                contract,
                None if count is None else count * share,
                row["share_down"],
                _fetch_hours(row),
            )
            installed[part.item_id].append(part)
    return Fleet(known, {item: tuple(rows) for item, rows in installed.items()})


def _shares(contract_id: str, shares: dict[str, float]) -> dict[str, float]:
    """Which contracts a row is of, each with its share in what is installed: one, none or all."""
    if contract_id == NETWORK:
        return shares
    return {contract_id: 1.0} if contract_id in shares else {}


def _fetch_hours(row: dict[str, Any]) -> float | None:
    """Hours that fetching adds to a repair; None where it waits, or the hours aren't known."""
    hours = row["emergency_hours"]
    if row["waiting"] != EMERGENCY or hours is None:
        return None
    return max(float(hours) - (row["restore_hours"] or 0.0), 0.0)
