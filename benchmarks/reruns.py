"""What thousands of reruns of the pages leave behind: the trend of memory and of time.

    python -m benchmarks.reruns --store FOLDER --reruns 10000

All publications of the store are activated, so that two can be compared if it has two. Then comes
a closed loop over the websocket of a portal that Streamlit serves: each page in turn is drawn anew,
a part's page for another part each time its session begins. Sessions end after some reruns and
others begin. The trend is the slope of a straight line through the means of blocks of equal
length, the first ones left out; its interval takes the blocks for independent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np

from datalayer.kernel.contract.manifest import is_publication_id
from tests.faults.page_visits import PageVisit
from tests.running_portal import RunningPortal, running_portal

PAGES = (
    "monday",
    "forecast",
    "orders",
    "changes",
    "availability",
    "inventory",
    "accuracy",
    "data",
    "guide",
)
PARTS = 200
RERUNS_OF_A_SESSION = 25
BLOCKS = 20
LEFT_OUT = 2
STUDENT = 2.120
"""Quantile 0.975 of Student's t for the 18 blocks that are left, less two."""
TARGET = Path("build/bench/reruns.json")
FAILED = ("Something went wrong", "Traceback (most recent call last)")


@dataclass
class Measured:
    """What was measured after each rerun.

    Attributes:
        resident_mib: Memory of the portal's process.
        took_ms: From the wish for a page until it was drawn.
        failed: Pages that showed an error.
    """

    pages: list[str] = field(default_factory=list)
    resident_mib: list[float] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Trend:
    """By how much something grows over 1,000 reruns, with the interval of 95 %."""

    per_thousand: float
    low: float
    high: float


class Session:
    """A page that is open; after some reruns another one, of another part, takes its place."""

    def __init__(self, address: str, page: str, queries: Iterator[str]) -> None:
        self._address, self._page, self._queries = address, page, queries
        self._visit = PageVisit(address, page, next(queries))
        self._drawn = 0

    async def draw(self) -> list[str]:
        """Draw the page anew; return its texts."""
        if self._drawn == RERUNS_OF_A_SESSION:
            await self._visit.leave()
            self._visit = PageVisit(self._address, self._page, next(self._queries))
            self._drawn = 0
        self._drawn += 1
        return await self._visit.draw()

    async def leave(self) -> None:
        """Close it."""
        await self._visit.leave()


async def measure(portal: RunningPortal, pages: Sequence[str], parts: int, reruns: int) -> Measured:
    """Draw *pages* in turn until there were so many *reruns*, that of a part for some *parts*."""
    queries = cycle([f"item={code}" for code in part_codes(portal.address, parts)])
    sessions = {
        page: Session(portal.address, page, queries if page == "forecast" else cycle([""]))
        for page in pages
    }
    found = Measured()
    for page in (pages[number % len(pages)] for number in range(reruns)):
        began = time.perf_counter()
        whole = "\n".join(await sessions[page].draw())
        found.took_ms.append((time.perf_counter() - began) * 1000)
        found.pages.append(page)
        found.resident_mib.append(resident_mib(portal.pid))
        if any(each in whole for each in FAILED):
            found.failed.append(page)
    for session in sessions.values():
        await session.leave()
    return found


def published(store: Path) -> list[str]:
    """Return the publications that the folder *store* has, the oldest first."""
    names = (path.name for path in (store / "publications").iterdir())
    return sorted(filter(is_publication_id, names))


def part_codes(address: str, count: int) -> list[str]:
    """Return codes of so many parts, as the portal's API has them."""
    with urllib.request.urlopen(f"{address}/api/v1/items?limit={count}") as answer:
        return [row["item_id"] for row in json.load(answer)["data"]]


def resident_mib(pid: int) -> float:
    """Return the memory that a process has resident."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def trend(values: Sequence[float]) -> Trend:
    """Return the trend of what was measured after each rerun, at least ``BLOCKS`` values."""
    blocks = np.array_split(np.asarray(values, float), BLOCKS)[LEFT_OUT:]
    means = np.array([block.mean() for block in blocks])
    at = np.arange(len(means)) * (len(values) / BLOCKS / 1000)
    slope, start = np.polyfit(at, means, 1)
    scatter = float(((means - start - slope * at) ** 2).sum()) / (len(means) - 2)
    half = STUDENT * (scatter / float(((at - at.mean()) ** 2).sum())) ** 0.5
    return Trend(float(slope), float(slope) - half, float(slope) + half)


def report(found: Measured, took_s: float) -> dict[str, object]:
    """Return what *found* comes to."""
    times: dict[str, list[float]] = {page: [] for page in dict.fromkeys(found.pages)}
    for page, took_ms in zip(found.pages, found.took_ms, strict=True):
        times[page].append(took_ms)
    edge = len(found.took_ms) // BLOCKS * LEFT_OUT
    return {
        "reruns": len(found.took_ms),
        "took_s": round(took_s),
        "failed": len(found.failed),
        "median_ms": {page: round(float(np.median(each)), 1) for page, each in times.items()},
        "resident_mib": {
            "after the first blocks": round(found.resident_mib[edge], 1),
            "at the end": round(found.resident_mib[-1], 1),
            "most": round(max(found.resident_mib), 1),
        },
        "mib_per_1000_reruns": vars(trend(found.resident_mib)),
        "ms_per_1000_reruns": vars(trend(found.took_ms)),
        "machine": f"{os.cpu_count()} {platform.machine()} cores, load {os.getloadavg()[1]:.1f}",
    }


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--reruns", type=int, default=10_000)
    parser.add_argument("--pages", nargs="+", default=list(PAGES))
    parser.add_argument("--parts", type=int, default=PARTS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = str(chosen.store.resolve())
        with running_portal(Path(folder), "streamlit", FAROL_STORE=store) as portal:
            for publication_id in published(chosen.store):
                portal.command("datalayer", "activate", publication_id, "--confirm")
            began = time.perf_counter()
            found = asyncio.run(measure(portal, chosen.pages, chosen.parts, chosen.reruns))
            told = report(found, time.perf_counter() - began)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(told, indent=2), encoding="utf-8")
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
