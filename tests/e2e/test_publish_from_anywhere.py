"""The example that publishes another program's forecasts, from its Parquet to page and API."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser

from tests.e2e.demonstrations import ML_PYTHON, PROJECT
from tests.e2e.visits import Visit
from tests.running_portal import RunningPortal, running_portal

EXAMPLE = PROJECT / "docs/examples/publish_from_anywhere.py"
QUANTILES = ("025", "050", "100", "250", "500", "750", "900", "950", "975", "990")
ITEMS = ("B-7", "A-1")
FIRST, KNOWN_DAYS, HORIZON = date(2026, 10, 1), 30, 14
CUTOFF = FIRST + timedelta(days=KNOWN_DAYS - 1)


def demand() -> pa.Table:
    days = [FIRST + timedelta(days=day) for day in range(KNOWN_DAYS)]
    rows = [{"item_id": item, "date": day, "quantity": 2.0} for item in ITEMS for day in days]
    return pa.Table.from_pylist(rows)


def forecasts() -> pa.Table:
    """What a model would have written: each day's mean and its quantiles."""
    spread = {f"q{level}": float(place) for place, level in enumerate(QUANTILES)}
    days = [CUTOFF + timedelta(days=day + 1) for day in range(HORIZON)]
    rows = [
        {"item_id": item, "date": day, "forecast": 4.5, "cutoff": CUTOFF, **spread}
        for item in ITEMS
        for day in days
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """A portal into which the example's forecasts were published and activated."""
    folder = tmp_path_factory.mktemp("anywhere")
    inputs = {"demand.parquet": demand(), "forecasts.parquet": forecasts()}
    for name, table in inputs.items():
        pq.write_table(table, folder / name)
    paths = [str(folder / name) for name in inputs]
    publish = ("-m", "ml_jobs", "publish", str(folder / "results"), "--to", str(folder / "store"))
    execute(sys.executable, str(EXAMPLE), *paths, "model-17", str(folder / "results"))
    execute(str(ML_PYTHON), *publish)
    with running_portal(folder) as running:
        running.command("datalayer", "activate", "--confirm")
        yield running


def execute(*command: str) -> None:
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_needs_nothing_but_pyarrow() -> None:
    tree = ast.parse(EXAMPLE.read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else names_in(node))
    }

    assert imported - sys.stdlib_module_names == {"pyarrow"}


def names_in(node: ast.Import) -> list[str]:
    return [alias.name for alias in node.names]


def test_its_forecasts_are_read_by_the_api(portal: RunningPortal) -> None:
    answer = httpx.get(f"{portal.address}/api/v1/items/A-1/timeseries").json()

    rows = [row for row in answer["data"] if row["forecast"] is not None]
    told = {(row["date"], row["forecast"], row["q500"]) for row in rows}
    assert told == {(str(CUTOFF + timedelta(days=day + 1)), 4.5, 4.0) for day in range(HORIZON)}
    assert answer["metadata"]["model_version"] == "model-17"


def test_what_it_does_not_have_confirms_a_person(portal: RunningPortal) -> None:
    audit = portal.command("datalayer", "audit", "--limit", "1")

    assert "fact_inventory" in audit


@pytest.mark.parametrize("path", ["/", "/forecast", "/orders", "/changes", "/data"])
def test_pages_show_it(browser: Browser, portal: RunningPortal, path: str) -> None:
    context = browser.new_context(locale="en-GB")
    visit = Visit(context.new_page(), portal)

    visit.open(path)

    assert visit.page.get_by_text("Something went wrong").count() == 0
    assert visit.page.get_by_text("Nothing to show yet").count() == 0
    context.close()
