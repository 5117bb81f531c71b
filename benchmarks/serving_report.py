"""What was measured, beside its goal: as a table on the terminal and as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

TARGET = Path("build/bench/serving.json")
OWN_PACKAGES = ("duckdb", "fastapi", "httptools", "pyarrow", "starlette", "streamlit", "uvicorn")


@dataclass(frozen=True)
class Goal:
    """What a figure has to be.

    Attributes:
        bound: The figure must not be below (*at_least*) or above it.
        unit: ``x`` for a ratio.
    """

    bound: float
    at_least: bool
    unit: str = "x"

    def met_by(self, value: float) -> bool:
        """Say whether *value* is good enough."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{_suffix(self.unit)}"


@dataclass(frozen=True)
class Figure:
    """One row of the report.

    Attributes:
        what: What was measured.
        rows: Of fact_forecast.
        ours: Farol's figure with its unit.
        theirs: What it is compared with; empty where the goal is absolute.
        values: What the goal speaks of, once per round.
        goal: None where nothing was promised.
        note: What one must know to read it.
    """

    what: str
    rows: int
    ours: str
    theirs: str
    values: tuple[float, ...]
    goal: Goal | None
    unit: str = "x"
    note: str = ""

    @property
    def value(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        return None if self.goal is None else self.goal.met_by(self.value)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Return ours over theirs, round by round."""
    return tuple(one / other for one, other in zip(ours, theirs, strict=True))


def middle(values: Sequence[float], unit: str) -> str:
    """Return the median with its unit, in three figures."""
    return f"{_short(statistics.median(values))} {unit}"


def machine() -> dict[str, object]:
    """Return what ran all this."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    names = [line.split(":")[1].strip() for line in info.splitlines() if "model name" in line]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": names[0] if names else platform.machine(),
        "cpus": os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(more: Mapping[str, str]) -> dict[str, str]:
    """Return the versions of everything that took part; *more* are the peers'."""
    return {**{name: version(name) for name in OWN_PACKAGES}, **more}


def write(about: Mapping[str, object], figures: Sequence[Figure], target: Path = TARGET) -> None:
    """Write everything as JSON."""
    listed = [{**asdict(each), "value": each.value, "met": each.met} for each in figures]
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**about, "figures": listed}, indent=2, ensure_ascii=False)
    target.write_text(text + "\n", encoding="utf-8")


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the figures as a table."""
    table = Table(title="Serving", title_justify="left")
    table.add_column("what", overflow="fold")
    for heading in ("rows", "Farol", "compared with", "figure", "rounds", "goal"):
        table.add_column(heading, justify="right")
    table.add_column("met")
    for each in figures:
        suffix = _suffix(each.unit)
        span = f"{_short(min(each.values))} to {_short(max(each.values))}"
        table.add_row(
            each.what,
            f"{each.rows / 1e6:.3g}M" if each.rows else "-",
            each.ours,
            each.theirs or "-",
            f"{_short(each.value)}{suffix}",
            span if len(each.values) > 1 else "-",
            str(each.goal) if each.goal else "-",
            {True: "yes", False: "[bold red]no[/]", None: "-"}[each.met],
        )
    console.print(table)
    for note in dict.fromkeys(each.note for each in figures if each.note):
        console.print(f"  {note}")


def _suffix(unit: str) -> str:
    return "x" if unit == "x" else f" {unit}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
