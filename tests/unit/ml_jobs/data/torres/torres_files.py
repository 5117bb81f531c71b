"""The files of the synthetic demonstration, read as a planner's spreadsheet would."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from ml_jobs.data.torres.files import THROUGH

Row = Mapping[str, str]
Place = tuple[str, str]

YEAR = timedelta(weeks=52)


@dataclass(frozen=True)
class TorresFiles:
    """Rows by role, and what follows from them by part and depot."""

    rows: Mapping[str, list[Row]]

    @cached_property
    def weekly(self) -> Mapping[Place, float]:
        """Units used a week over the last year."""
        used: Counter[Place] = Counter()
        for row in self.rows["demand"]:
            usable = row["item_id"] and _is_day(row["date"]) and _is_number(row["quantity"])
            if usable and day(row["date"]) > THROUGH - YEAR:
                used[place(row)] += number(row["quantity"]) / 52
        return used

    @cached_property
    def on_hand(self) -> Mapping[Place, float]:
        """Units on the shelf."""
        return {place(row): number(row["current_stock"]) for row in self.rows["stock"]}

    @cached_property
    def lead_days(self) -> Mapping[str, float]:
        """Lead time of each part; a month where it is not known."""
        return {row["item_id"]: number(row["lead_time_days"] or "30") for row in self.rows["items"]}

    def weeks_left(self, at: Place) -> float:
        """Weeks that the shelf lasts; without end where nothing is used."""
        weekly = self.weekly.get(at, 0.0)
        return self.on_hand[at] / weekly if weekly > 0 else float("inf")

    def open_orders(self) -> list[Row]:
        """Lines of parts and depots that there are, of which something is to come."""
        return [
            row
            for row in self.rows["orders"]
            if place(row) in self.on_hand and number(row["quantity"]) > number(row["received"])
        ]


def read_files(paths: Mapping[str, Path]) -> TorresFiles:
    """Read the files by role."""
    return TorresFiles({role: _rows(path) for role, path in paths.items()})


def place(row: Row) -> Place:
    """Return part and depot of a row."""
    return row["item_id"], row["location_id"]


def number(text: str) -> float:
    """Read a number with a decimal comma."""
    return float(text.replace(",", "."))


def day(text: str) -> date:
    """Read a date with the day first."""
    return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _is_day(text: str) -> bool:
    try:
        return day(text) <= THROUGH
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    return text.replace(",", "").lstrip("-").isdecimal()
