"""The published points of one contract, and which of them meet its target or cost no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from datalayer.portal import NETWORK
from pages.components.charts.chart import Row
from pages.components.language import _

_TENTH: Final = 0.001
_WITHIN: Final = 1e-12
"""How far below a target a share counts as the target, for fractions that have no end."""


@dataclass(frozen=True)
class AvailabilityCurve:
    """What is published of one contract.

    Attributes:
        rows: Its rows of agg_availability: those of the curve, of today's stock and of service
            levels.
    """

    rows: Sequence[Row]

    @cached_property
    def points(self) -> list[Row]:
        """The points of the curve, the least stock first."""
        found = [row for row in self.rows if row["policy"] == "money"]
        return sorted(found, key=lambda row: int(row["point"]))

    @property
    def today(self) -> Row | None:
        """What today's stock leaves down; None where it isn't known."""
        found = self._of("today")
        return None if found is None or found["towers_down"] is None else found

    @property
    def is_unknown(self) -> bool:
        """Whether no part that the contract's towers need is in any figure."""
        return any(row["not_supported_because"] == "no_part" for row in self.rows)

    @property
    def service(self) -> Row | None:
        """What service levels by criticality would leave down; None where it isn't known."""
        return self._of("service")

    @property
    def name(self) -> str:
        """What people call the contract."""
        if self.rows[0]["contract_id"] == NETWORK:
            return _("Whole network")
        return str(self.rows[0]["name"])

    @property
    def target(self) -> float | None:
        """The share of time that the contract asks for; None without one."""
        found = self.rows[0]["target_availability"]
        return None if found is None else float(found)

    @property
    def towers(self) -> float | None:
        """How many towers the contract has; None where nobody says, or where it has none."""
        found = self.rows[0]["towers"]
        return float(found) if found else None

    @property
    def allowed_down(self) -> float | None:
        """How many towers may stand still on average; None without a target or towers."""
        if self.target is None or self.towers is None:
            return None
        return (1 - self.target) * self.towers

    @cached_property
    def reaching(self) -> Row | None:
        """The first point that meets the target; None without one, or without such a point."""
        return next((row for row in self.points if self.meets(row)), None)

    @cached_property
    def reaching_supported(self) -> Row | None:
        """The first point that meets the target and that the past supports; None for none."""
        met = (row for row in self.points if self.meets(row))
        return next((row for row in met if row["supported"]), None)

    @cached_property
    def best_supported(self) -> Row | None:
        """The point with the fewest towers down that the past supports; None for none."""
        supported = [row for row in self.points if row["supported"]]
        return min(supported, key=lambda row: float(row["towers_down"]), default=None)

    def meets(self, row: Row | None) -> bool:
        """Return whether a row meets the target; not without a target or without towers."""
        if row is None or self.target is None or row["availability"] is None:
            return False
        return bool(row["availability"] >= self.target - _WITHIN)

    def for_no_more_than(self, row: Row | None) -> Row | None:
        """Return the last point that costs no more than *row*; None where none does."""
        if row is None:
            return None
        cheaper = [each for each in self.points if each["stock_value"] <= row["stock_value"]]
        return cheaper[-1] if cheaper else None

    def a_tenth_better(self, row: Row) -> Row | None:
        """Return the first point at least a tenth of a percentage point better; None for none."""
        if row["availability"] is None:
            return None
        least = row["availability"] + _TENTH - _WITHIN
        return next((each for each in self.points if (each["availability"] or 0) >= least), None)

    def _of(self, policy: str) -> Row | None:
        return next((row for row in self.rows if row["policy"] == policy), None)
