"""The publications that are served, made once and kept in build/bench-data."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks import synthetic
from benchmarks.serving_load import Unfair
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry_loader import load_registry

KEPT = Path("build/bench-data")
GENERATION = 0.25
BYTES_PER_ROW = 17
"""Of a published row and the other data sets; they stand in the store and in the state folder."""


@dataclass(frozen=True)
class ServedPublication:
    """One publication, activated.

    Attributes:
        folder: Holds its store and the state of the server that serves it.
        manifest: What it says of itself.
    """

    folder: Path
    manifest: Manifest

    @property
    def rows(self) -> int:
        """Of fact_forecast."""
        return self.manifest.file("fact_forecast").rows

    @property
    def items(self) -> int:
        """Number of parts; P0000001 is the first."""
        return self.manifest.file("dim_item").rows

    @property
    def megabytes(self) -> float:
        """Of all its files."""
        return sum(file.size_bytes for file in self.manifest.files) / 1e6

    @property
    def fact_forecast(self) -> Path:
        """The Parquet file that all contenders read."""
        return (self.folder / "store" / self.manifest.file("fact_forecast").path).resolve()

    def settings(self) -> dict[str, str]:
        """Return the environment of a portal that serves it."""
        store, state = (self.folder / "store").resolve(), (self.folder / "state").resolve()
        return {"FAROL_STORE": str(store), "FAROL_STATE": str(state)}

    def sqlite(self) -> Path:
        """Return the rows of fact_forecast as an SQLite file, ordered by their key; made once."""
        path = self.folder / "facts.db"
        if not path.exists():
            half = path.with_suffix(".half")
            half.unlink(missing_ok=True)
            _write_sqlite(self.fact_forecast, half)
            half.rename(path)
        return path.resolve()


def published(rows: int) -> ServedPublication:
    """Return an active publication of *rows* rows of fact_forecast, made at its first use.

    Raises:
        Unfair: The disk has too little room for it.
    """
    folder = KEPT / f"{rows}-{_recipe()}"
    manifest = folder / "store" / MANIFEST_NAME
    if not manifest.exists():
        _require_room(rows)
        shutil.rmtree(folder, ignore_errors=True)
        plan = synthetic.Plan(rows, GENERATION, datetime.now(UTC))
        synthetic.publish(folder / "store", plan)
    registry = load_registry(synthetic.REGISTRY)
    found = parse_manifest(manifest.read_bytes(), location=str(manifest), registry=registry)
    made = ServedPublication(folder, found)
    command = [sys.executable, "-m", "datalayer", "activate"]
    environment = {**os.environ, **made.settings()}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return made


def _recipe() -> str:
    """Return what the data depend on, so that another contract or recipe makes them anew."""
    parts = (Path(synthetic.__file__), synthetic.REGISTRY)
    return hashlib.sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()[:8]


def _require_room(rows: int) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    needed, free = 2.5 * rows * BYTES_PER_ROW, shutil.disk_usage(KEPT).free
    if free < needed:
        raise Unfair(
            f"{rows:,} rows need {needed / 1e9:.1f} GB under {KEPT}; {free / 1e9:.1f} are free"
        )


def _write_sqlite(parquet: Path, target: Path) -> None:
    """Write the rows clustered by their key, which is the best index for reading one part."""
    with duckdb.connect() as source, sqlite3.connect(target) as database:
        rows = source.sql("select * from read_parquet($path)", params={"path": str(parquet)})
        kinds = {str(name): str(kind) for name, kind in zip(rows.columns, rows.types, strict=True)}
        columns = ", ".join(f"{n} {'real' if k == 'DOUBLE' else 'text'}" for n, k in kinds.items())
        key = "primary key (item_id, location_id, source, date)"
        database.execute("pragma journal_mode=off")
        database.execute(f"create table fact_forecast ({columns}, {key}) without rowid")
        marks = ", ".join("?" * len(kinds))
        plain = rows.project(", ".join(_plain(name, kind) for name, kind in kinds.items()))
        for batch in plain.to_arrow_reader(50_000):
            columns_of_batch = (column.to_pylist() for column in batch.columns)
            database.executemany(
                f"insert into fact_forecast values ({marks})",
                zip(*columns_of_batch, strict=True),
            )
    database.close()


def _plain(name: str, kind: str) -> str:
    return name if kind == "DOUBLE" else f"cast({name} as varchar) as {name}"
