"""What it costs to find a part in one file of very many row groups, and in files by item range.

    python -m benchmarks.item_ranges --groups 8138

8,138 row groups are what a billion rows have, of 122,880 each. Here a row group has 2,048 rows, so
that finding is measured without writing a billion of them; what it costs to decode the group that
was found is not. Each read takes all rows of one part, with DuckDB set as the portal sets it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from rich.progress import track

ROWS_PER_GROUP = 2_048
ROWS_PER_ITEM = 4 * ROWS_PER_GROUP
LEVELS = ("025", "050", "100", "250", "500", "750", "900", "950", "975", "990")
READS = 50
TARGET = Path("build/bench/item_ranges.json")

ROWS = """
select 'P' || lpad(cast(n // {rows_per_item} as varchar), 7, '0') as item_id,
       'network' as location_id,
       ['arima', 'mean', 'naive', 'tsb'][1 + n % {rows_per_item} // {rows}] as source,
       date '2026-01-01' + cast(n % {rows} as integer) as date,
       (n * 7919 % 4096) / 16 as forecast, null::double as actual, date '2025-12-31' as cutoff,
       {quantiles}, 'bench' as dataset_id, '1' as model_version,
       timestamptz '2026-01-01 00:00:00+00' as generated_at
from range({first}, {last}) as numbers (n)
"""


def write(path: Path, first_group: int, groups: int) -> None:
    """Write *groups* row groups of rows as fact_forecast has them, in key order."""
    rows = ROWS.format(
        rows_per_item=ROWS_PER_ITEM,
        rows=ROWS_PER_GROUP,
        quantiles=", ".join(f"(n * 7919 % 4096) / 16 as q{level}" for level in LEVELS),
        first=first_group * ROWS_PER_GROUP,
        last=(first_group + groups) * ROWS_PER_GROUP,
    )
    form = f"format parquet, compression zstd, row_group_size {ROWS_PER_GROUP}"
    duckdb.sql("set preserve_insertion_order = true")
    duckdb.sql(f"copy ({rows}) to '{path}' ({form})")


def read(files: Sequence[str], items: int) -> dict[str, float]:
    """Return the CPU-milliseconds of reading one part after another, each from its file.

    The file is looked up in a list of the first part of each: *files* hold as many parts each.
    """
    connection = duckdb.connect()
    connection.execute("set threads = 1; set parquet_metadata_cache = true")
    before_mb, took = memory_mb(), []
    for number in range(READS):
        item = number * 97 % items
        path = files[item * len(files) // items]
        began = time.process_time()
        question = f"select * from read_parquet('{path}') where item_id = 'P{item:07d}'"
        rows = connection.execute(question).to_arrow_table().num_rows
        took.append((time.process_time() - began) * 1e3)
        assert rows == ROWS_PER_ITEM, rows
    later = statistics.median(took[READS // 2 :])
    return {"first_ms": took[0], "later_ms": later, "memory_mb": memory_mb() - before_mb}


def memory_mb() -> float:
    """Return the memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measured(files: Sequence[Path], items: int) -> dict[str, float]:
    """Return what ``read`` measures, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.item_ranges", "--items", str(items)]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found | {
        "files": len(files),
        "footer_mb": sum(pq.read_metadata(path).serialized_size for path in files) / 1e6,
        "size_mb": sum(path.stat().st_size for path in files) / 1e6,
    }


def main() -> None:
    """Measure one file and files by item range, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=8_138)
    parser.add_argument("--ranges", type=int, default=64)
    parser.add_argument("--items", type=int, help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.files:
        print(json.dumps(read(chosen.files, chosen.items)))
        return
    per_file = max(4, chosen.groups // chosen.ranges // 4 * 4)
    groups = per_file * chosen.ranges
    items = groups * ROWS_PER_GROUP // ROWS_PER_ITEM
    found: dict[str, object] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "row_groups": groups,
        "rows": groups * ROWS_PER_GROUP,
    }
    with tempfile.TemporaryDirectory() as folder:
        ranges = [Path(folder) / f"range-{number:03d}.parquet" for number in range(chosen.ranges)]
        for number, path in track(list(enumerate(ranges)), "by item range"):
            write(path, number * per_file, per_file)
        found["by_item_range"] = measured(ranges, items)
        for path in ranges:
            path.unlink()
        whole = Path(folder) / "whole.parquet"
        write(whole, 0, groups)
        found["one_file"] = measured([whole], items)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(found, indent=2), encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
