"""What it costs to read the list of actions, of a publication that is made many times as large.

    python -m benchmarks.action_list --publication FOLDER --times 9

FOLDER is the folder of one publication. Each part is repeated so many times under other codes, and
every question of the list is asked of the result, with DuckDB set as the portal sets it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.marks.tables import STANDING, standing_table
from datalayer.reading.question import Question
from datalayer.reading.questions import actions, listings

READ = (
    *("dim_item", "dim_location", "fact_action", "fact_exception", "fact_inventory"),
    *("fact_metrics", "fact_period"),
)
MARKED = 300
RUNS = 12


def enlarge(publication: Path, times: int, registry: Registry, target: Path) -> None:
    """Write the data sets that are read to *target*, each part so many *times*, in key order."""
    for name in READ:
        columns = {column.name for column in registry.data_sets[name].columns}
        new = {"item_id": "item_id || '-' || copy", "rank": f"(rank - 1) * {times} + copy + 1"}
        replaced = ", ".join(
            f"{made} as {column}" for column, made in new.items() if column in columns
        )
        repeated = (
            f"select rows.* replace ({replaced}), from {{rows}}, range({times}) as copies (copy)"
        )
        rows = f"read_parquet('{publication / name}.parquet') as rows"
        sql = repeated.format(rows=rows) if replaced else f"from {rows}"
        key = ", ".join(registry.data_sets[name].key)
        form = "format parquet, compression zstd"
        duckdb.sql(f"copy ({sql} order by {key}) to '{target / name}.parquet' ({form})")


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a database with a view of each data set in *folder*."""
    connection = duckdb.connect()
    connection.execute("set threads = 1; set parquet_metadata_cache = true")
    connection.execute("set disabled_optimizers = 'partitioned_execution'")
    for name in READ:
        connection.execute(f"create view {name} as from read_parquet('{folder / name}.parquet')")
    return connection


def questions(
    connection: duckdb.DuckDBPyConnection, registry: Registry
) -> Iterator[tuple[str, Question]]:
    """Yield every question of the list, with what it is called."""
    wanted = listings.listing(registry, (), standing=marked(connection), new=range(1, 20_000, 40))
    everything = connection.execute("select rank from fact_action").to_arrow_table()["rank"]
    page = actions.listed(registry, wanted, limit=10, after=(connection_rows(connection) // 2,))
    yield "a page of ten in the middle", page
    yield (
        "the same where everything is new",
        actions.listed(registry, replace(wanted, new=tuple(everything.to_pylist())), limit=10),
    )
    told = [column.name for column in listings.told_columns(registry)]
    yield "the same with all columns", actions.listed(registry, wanted, limit=10, columns=told)
    rows = ask(connection, page).slice(0, 10)
    yield "all of them, for pages and ticks", actions.ranks(wanted)
    cards = actions.cards(rows, wanted.standing)
    yield "their cards", cards
    yield "their weeks", actions.periods(ask(connection, cards))
    yield "tiers", actions.tiers(wanted)
    yield "orders due", actions.orders_due(registry, wanted)
    yield "facets", actions.facets(wanted)
    yield "facet of actions", actions.action_facet(wanted)
    yield "facet of locations", actions.location_facet(wanted)


def marked(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return some rows of the list as put aside."""
    sql = (
        f"select item_id, location_id, action, ref from fact_action where is_leading limit {MARKED}"
    )
    rows = connection.execute(sql).to_arrow_table().to_pylist()
    said = {column.name: None for column in STANDING} | {"state": "put_aside", "kind": "ordered"}
    return pa.Table.from_pylist([said | row for row in rows], schema=standing_table(()).schema)


def connection_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many actions there are."""
    (rows,) = connection.execute("select count(*) from fact_action").fetchone() or (0,)
    return int(rows)


def ask(connection: duckdb.DuckDBPyConnection, question: Question) -> pa.Table:
    """Return the answer to *question*, its first page where it has a limit."""
    sql, parameters = question.page_query()
    return connection.cursor().execute(sql, dict(parameters)).to_arrow_table()


def measure(connection: duckdb.DuckDBPyConnection, question: Question) -> list[float]:
    """Return how long each of some runs took, in ms; the first reads the files' descriptions."""
    took = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        ask(connection, question)
        took.append(1000 * (time.perf_counter() - begun))
    return took


def main() -> None:
    """Print a table of the questions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--publication", type=Path, required=True)
    parser.add_argument("--times", type=int, default=9)
    asked = parser.parse_args()
    registry = load_registry(Path("schema_registry.json"))
    with tempfile.TemporaryDirectory() as folder:
        enlarge(asked.publication, asked.times, registry, Path(folder))
        connection = connect(Path(folder))
        table = Table(title=f"{connection_rows(connection):,} actions, ms")
        for heading in ("question", "first", "median", "longest after the first"):
            table.add_column(heading)
        for name, question in questions(connection, registry):
            first, *rest = measure(connection, question)
            table.add_row(
                name, f"{first:.0f}", f"{statistics.median(rest):.1f}", f"{max(rest):.1f}"
            )
    Console().print(table)


if __name__ == "__main__":
    main()
