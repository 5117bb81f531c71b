"""polars, pandas, pyarrow and DuckDB read extracts by address, against a running portal."""

from __future__ import annotations

import base64
import hashlib
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.running_portal import RunningPortal, running_portal

COLUMNS = ["item_id", "source", "date", "forecast"]


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry
) -> Iterator[tuple[RunningPortal, Path]]:
    """A portal with one publication, and the folder of its snapshot."""
    folder = tmp_path_factory.mktemp("readers")
    published: Manifest = Publisher(FolderStore(folder / "store"), registry).publish()
    portal = make_portal(folder)
    portal.activate(ADMIN)
    portal.close()
    with running_portal(folder) as running:
        yield running, folder / "var" / "snapshots" / published.publication_id


@pytest.fixture(scope="module")
def key(running: tuple[RunningPortal, Path]) -> dict[str, str]:
    made = running[0].command("datalayer.access", "key", "add", "reader", "--scope", "read")
    return {"X-API-Key": made.strip()}


@pytest.fixture(scope="module")
def extracts(running: tuple[RunningPortal, Path]) -> str:
    return f"{running[0].address}/api/v1/extracts/"


@pytest.fixture(scope="module")
def expected(running: tuple[RunningPortal, Path]) -> pa.Table:
    """Forecasts of one source, as they were published."""
    table = pq.read_table(running[1] / "fact_forecast.parquet", columns=COLUMNS)
    return table.filter(pa.compute.equal(table["source"], "naive"))


def polars_scan(address: str, key: dict[str, str]) -> pa.Table:
    return naive(pl.scan_parquet(address))


def polars_with_a_key(address: str, key: dict[str, str]) -> pa.Table:
    return naive(pl.scan_pyarrow_dataset(opened(address, key)))


def naive(forecasts: pl.LazyFrame) -> pa.Table:
    rows = forecasts.filter(pl.col("source") == "naive").select(COLUMNS)
    return rows.collect().to_arrow()


def pandas_read(address: str, key: dict[str, str]) -> pa.Table:
    read = pd.read_parquet(address, storage_options=key, columns=COLUMNS)
    return pa.Table.from_pandas(read[read["source"] == "naive"], preserve_index=False)


def opened(address: str, key: dict[str, str]) -> Any:
    http = fsspec.filesystem("http", client_kwargs={"headers": key})
    return pyarrow.dataset.dataset(address, filesystem=http)


def pyarrow_dataset(address: str, key: dict[str, str]) -> pa.Table:
    of_naive = pyarrow.dataset.field("source") == "naive"
    return opened(address, key).to_table(COLUMNS, filter=of_naive)


def duckdb_query(address: str, key: dict[str, str]) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("forecast", opened(address, key))
        rows = f"select {', '.join(COLUMNS)} from forecast where source = 'naive'"
        return connection.sql(rows).to_arrow_table()


@pytest.mark.parametrize("query", ["", "?source=naive"], ids=["published", "made"])
@pytest.mark.parametrize(
    "read", [polars_scan, polars_with_a_key, pandas_read, pyarrow_dataset, duckdb_query]
)
def test_parquet_is_read_by_address(
    extracts: str,
    key: dict[str, str],
    expected: pa.Table,
    read: Callable[[str, dict[str, str]], pa.Table],
    query: str,
) -> None:
    found = read(f"{extracts}fact_forecast.parquet{query}", key)

    assert sorted(map(repr, found.to_pylist())) == sorted(map(repr, expected.to_pylist()))


@pytest.mark.parametrize("coding", ["gzip", "zstd", "identity"])
@pytest.mark.parametrize("file", ["dim_item.csv", "dim_item.parquet", "dim_item.arrow"])
def test_what_is_told_of_a_file_is_true_of_the_bytes_that_arrive(
    extracts: str, file: str, coding: str
) -> None:
    asked = urllib.request.Request(extracts + file, headers={"Accept-Encoding": coding})
    urllib.request.urlopen(asked).read()  # the second time all of it is told up front

    with urllib.request.urlopen(asked) as answer:
        sent = answer.read()

    digest = base64.b64encode(hashlib.sha256(sent).digest()).decode()
    assert answer.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert int(answer.headers["Content-Length"]) == len(sent)
    packed = file.endswith("csv") and coding != "identity"
    assert answer.headers["Content-Encoding"] == (coding if packed else None)
    assert answer.headers.get_all("Vary") == (["Accept-Encoding"] if file[-3:] == "csv" else None)


@pytest.mark.parametrize("reader", ["polars", "pandas"])
def test_csv_is_read_by_address(
    extracts: str, key: dict[str, str], running: tuple[RunningPortal, Path], reader: str
) -> None:
    address = f"{extracts}dim_item.csv"
    if reader == "polars":
        codes = pl.scan_csv(address).collect()["item_id"].to_list()
    else:
        codes = pd.read_csv(address, storage_options=key)["item_id"].to_list()

    assert codes == pq.read_table(running[1] / "dim_item.parquet")["item_id"].to_pylist()


def test_a_scan_fetches_ranges_and_never_the_whole(
    extracts: str, key: dict[str, str], running: tuple[RunningPortal, Path]
) -> None:
    polars_scan(f"{extracts}fact_forecast.parquet?item_id=P00002", key)

    entries = AuditLog(running[0].state / "audit.jsonl").entries(1000)
    taken = [each for each in entries if each.details.get("item_id") == "P00002"]
    assert taken
    assert [each for each in taken if "range" not in each.details] == []
