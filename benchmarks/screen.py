"""What a planner waits for at the screen, beside a Dash application with the same charts and data.

    python -m benchmarks.screen --store FOLDER --rounds 7

FOLDER is a store with a publication (``make publish``). Both applications serve it from this
machine; a browser opens a part with an empty cache, opens it again, and goes on to another part,
the two taking turns. Times are taken in the browser, up to the painted charts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.screen_browser import Sight, Visitor
from benchmarks.serving_load import Unfair
from benchmarks.serving_servers import PEERS_PYTHON, free_port, running
from datalayer.portal import Identity, Portal, Role, questions
from datalayer.settings import Settings

CHARTS = 2
TARGET = Path("build/bench/screen.json")
ASKED = ("first view", "reload", "another part")
PACKAGES = PEERS_PYTHON.parents[1] / "lib/python3.11/site-packages"


@dataclass(frozen=True)
class Contender:
    """An application that shows a part.

    Attributes:
        address: Of a part, whose code is still to be put in.
        choose: Makes a part the next to be chosen, and returns what clicks on it.
    """

    name: str
    address: str
    choose: Callable[[Page, str], Callable[[Page], None]]


def activate(store: Path, state: Path) -> tuple[Settings, list[str]]:
    """Activate the latest publication of *store*; return the parts that most was used of."""
    settings = Settings(store=str(store), state=state)
    portal = Portal(settings)
    portal.activate(Identity("cli:bench", Role.ADMIN))
    publication = portal.open()
    parts = publication.table(questions.actions.decisions()).table["item_id"].to_pylist()
    return settings, list(dict.fromkeys(parts))


@contextmanager
def farol(environment: dict[str, str], folder: Path) -> Iterator[Contender]:
    """Serve the portal as ``make run`` does."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with running("farol", command, environment, folder, ready=(port, "/health")):
        yield Contender("Farol", f"http://127.0.0.1:{port}/forecast?item={{}}", _search)


@contextmanager
def dash(environment: dict[str, str], folder: Path) -> Iterator[Contender]:
    """Serve the peer."""
    port = free_port()
    module = "benchmarks.serving_peers.dash_app"
    command = [sys.executable, "-m", module, "--port", str(port), "--packages", str(PACKAGES)]
    with running("dash", command, environment, folder, ready=(port, "/")):
        yield Contender("Dash", f"http://127.0.0.1:{port}/?item={{}}", _drop_down)


def _search(page: Page, item_id: str) -> Callable[[Page], None]:
    page.get_by_role("searchbox").fill(item_id)
    link = page.get_by_role("link", name=item_id).first
    link.wait_for()
    return lambda _: link.click()


def _drop_down(page: Page, item_id: str) -> Callable[[Page], None]:
    page.locator("#part").click()
    page.get_by_role("searchbox").fill(item_id)
    option = page.get_by_role("option").first
    # The list is still being narrowed down until the part is its first.
    expect(option).to_contain_text(item_id)
    return lambda _: option.click()


def visit(visitor: Visitor, contender: Contender, parts: Sequence[str]) -> dict[str, Sight]:
    """Return what one visitor saw of the first of *parts*, and of the second after it."""
    first = visitor.first_view(contender.address.format(parts[0]))
    again = visitor.reload()
    click = contender.choose(visitor.page, parts[1])
    other = visitor.click(click)
    return dict(zip(ASKED, (first, again, other), strict=True))


def measure(
    contenders: Sequence[Contender], parts: Sequence[str], rounds: int
) -> dict[str, list[dict[str, Sight]]]:
    """Return what each contender's visitors saw in *rounds* visits, after one that doesn't count.

    Raises:
        Unfair: There is no browser.
    """
    executable = shutil.which("chromium")
    if executable is None:
        raise Unfair("chromium is missing: make system-packages")
    found: dict[str, list[dict[str, Sight]]] = {each.name: [] for each in contenders}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for turn in track(range(rounds + 1), description="Visiting", transient=True):
            pair = [parts[(2 * turn + place) % len(parts)] for place in range(2)]
            for contender in contenders if turn % 2 else reversed(contenders):
                visitor = Visitor(browser, CHARTS)
                seen = visit(visitor, contender, pair)
                visitor.leave()
                if turn:
                    found[contender.name].append(seen)
        browser.close()
    return found


def summary(found: dict[str, list[dict[str, Sight]]]) -> list[dict[str, object]]:
    """Return medians of what was seen, and of the rounds' ratios of Farol to its peer."""
    rows: list[dict[str, object]] = []
    for asked in ASKED:
        row: dict[str, object] = {"what": asked}
        for name, visits in found.items():
            row[f"{name}_ms"] = round(statistics.median(each[asked].took_ms for each in visits))
            kib = statistics.median(each[asked].received_bytes for each in visits) / 1024
            row[f"{name}_kib"] = round(kib, 1)
        pairs = zip(found["Farol"], found["Dash"], strict=True)
        ratios = [one[asked].took_ms / other[asked].took_ms for one, other in pairs]
        row |= {"ratio": round(statistics.median(ratios), 2)}
        row |= {"least": round(min(ratios), 2), "greatest": round(max(ratios), 2)}
        rows.append(row)
    return rows


def main() -> None:
    """Print a table and write the figures down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--store", type=Path, default=Path("exports/ml_results"))
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        settings, parts = activate(asked.store.resolve(), folder / "state")
        environment = {"FAROL_STORE": str(settings.store), "FAROL_STATE": str(settings.state)}
        with farol(environment, folder) as one, dash(environment, folder) as other:
            rows = summary(measure([one, other], parts, asked.rounds))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "rounds": asked.rounds}
    TARGET.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1), encoding="utf-8")
    table = Table(title=f"Median of {asked.rounds} visits")
    for heading in rows[0]:
        table.add_column(heading)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
