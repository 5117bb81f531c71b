"""The partitions' tables put together to the data sets of the contract, a partition at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pyarrow as pa

from datalayer.kernel.contract.registry import DataSet, Registry
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.run_folder import RunFolder, load_tables
from ml_jobs.progress import ReportWork, Work
from ml_jobs.publishing.layout import ROW_GROUP_ROWS, write_batches
from ml_jobs.publishing.stamp import Stamp, stamp_table


def write_data_sets(
    folder: RunFolder,
    plan: Plan,
    whole: Mapping[str, pa.Table],
    registry: Registry,
    stamp: Stamp,
    work: Path,
    *,
    report: ReportWork,
) -> dict[str, Path]:
    """Write every data set of the contract into the empty folder *work*; return the files by name.

    Data sets that are not among the tables *whole* are put together from the partitions'. Those
    hold whole items in the order of their codes, so what is in key order in each of them is so in
    all of them, one after the other. An optional data set that the job did not make is left out.

    Raises:
        MissingColumnError: The contract requires a column that the job does not make.
    """
    files: dict[str, Path] = {}
    made = [d for d in registry.data_sets.values() if not d.optional or _is_made(d, whole, folder)]
    for data_set in made:
        name = data_set.name
        report(Work("write", len(files), len(made), name))
        tables = (
            iter([whole[name]]) if name in whole else load_tables(folder, name, plan.partitions)
        )
        files[name] = work / f"{name}.parquet"
        _write(tables, data_set, stamp, files[name])
    report(Work("write", len(files), len(files)))
    return files


def _is_made(data_set: DataSet, whole: Mapping[str, pa.Table], folder: RunFolder) -> bool:
    return data_set.name in whole or folder.table(0, data_set.name).exists()


def _write(tables: Iterator[pa.Table], data_set: DataSet, stamp: Stamp, target: Path) -> None:
    stamped = (stamp_table(table, data_set, stamp) for table in tables)
    first = next(stamped)
    batches = (
        batch
        for table in chain([first], stamped)
        for batch in table.to_batches(max_chunksize=ROW_GROUP_ROWS)
    )
    write_batches(first.schema, batches, target)
