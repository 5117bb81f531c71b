"""What an unreachable Redis adds to a read that is not cached yet.

    python -m benchmarks.redis_down

Each read asks for another key, so nothing is ever found. The peer, in the same run and read for
read, is the cache of the process alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import statistics
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pyarrow as pa

from datalayer.reading.cache.redis_cache import RedisCache
from datalayer.reading.cache.result_cache import CacheKey, ResultCache

TABLE = pa.table({"forecast": [float(day) for day in range(730)]})
TARGET = Path("build/bench/redis_down.json")


def read_ms(cache: ResultCache, number: int) -> float:
    """Return the milliseconds of one read that misses."""
    began = time.perf_counter()
    cache.get_or_make(CacheKey("item", (("n", number),), "p", ()), lambda: TABLE)
    return (time.perf_counter() - began) * 1e3


def measure(reads: int) -> dict[str, object]:
    """Return what a refusing and a mute server add, first read and further reads."""
    with ExitStack() as stack:
        mute = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        refusing = socket.create_server(("127.0.0.1", 0))
        addresses = {"refusing": refusing.getsockname()[1], "mute": mute.getsockname()[1]}
        refusing.close()
        caches = {
            name: stack.enter_context(
                # No room in memory: every read goes to Redis.
                closing(ResultCache(0, RedisCache(f"redis://127.0.0.1:{port}/0")))
            )
            for name, port in addresses.items()
        }
        alone = ResultCache(2**24)
        first = {name: read_ms(cache, -1) for name, cache in caches.items()}
        peer = [read_ms(alone, number) for number in range(reads)]
        added = {
            name: statistics.median(read_ms(cache, n) - peer[n] for n in range(reads))
            for name, cache in caches.items()
        }
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "reads": reads,
        "alone_median_ms": round(statistics.median(peer), 3),
        "first_read_ms": {name: round(value, 1) for name, value in first.items()},
        "added_median_ms": {name: round(value, 3) for name, value in added.items()},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--reads", type=int, default=1000)
    figures = json.dumps(measure(parser.parse_args().reads), indent=2)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(figures + "\n", encoding="utf-8")
    print(figures)
