"""The faults that are put on a site, one after another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import redis

from datalayer.kernel.progress import Step
from tests.faults.between import (
    Behaviour,
    cuts_off,
    denies,
    is_busy,
    is_slow,
    says_nothing,
    tells_another_manifest,
    tells_wrong_bytes,
)
from tests.faults.measuring import Act, StrikingFault
from tests.faults.site import Site


def _store(name: str, behaviour: Behaviour, *, works: bool = False) -> StrikingFault:
    return StrikingFault(
        name,
        begin=lambda site: site.store.behave(behaviour),
        end=lambda site: site.store.listen(),
        refresh="works" if works else "is refused",
    )


STORE: Sequence[StrikingFault] = (
    StrikingFault(
        "store gone: connections are refused",
        begin=lambda site: site.store.vanish(),
        end=lambda site: site.store.listen(),
        refresh="is refused",
    ),
    _store("store slow: each answer half a second late", is_slow, works=True),
    _store("store silent: takes requests, never answers", says_nothing),
    _store("store busy: 503, come back in an hour", is_busy),
    _store("store lying: wrong bytes of the right length", tells_wrong_bytes),
    _store("store lying: a sign-in page with status 200 for the manifest", tells_another_manifest),
    _store("store cutting off in the middle of a file", cuts_off),
    _store("store denying: 403", denies),
)


def _order(site: Site, *words: str) -> None:
    with redis.Redis(port=site.redis_server.port) as client:
        client.execute_command(*words)


def _delay(delay_s: float, site: Site) -> None:
    site.redis.delay_s = delay_s


def _redis_slow(name: str, delay_s: float) -> StrikingFault:
    return StrikingFault(name, begin=partial(_delay, delay_s), end=partial(_delay, 0.0))


REDIS: Sequence[StrikingFault] = (
    StrikingFault(
        "Redis gone: the process has ended",
        begin=lambda site: site.redis_server.stop(),
        end=lambda site: site.redis_server.start(),
    ),
    _redis_slow("Redis slow: each answer 60 ms late", 0.06),
    _redis_slow("Redis slow: each answer 3 s late", 3.0),
    StrikingFault(
        "Redis full: maxmemory reached, nothing is evicted",
        begin=lambda site: _order(site, "CONFIG", "SET", "maxmemory", "1"),
        end=lambda site: _order(site, "CONFIG", "SET", "maxmemory", "0"),
    ),
    StrikingFault(
        "Redis read-only: it has become a replica",
        begin=lambda site: _order(site, "REPLICAOF", "127.0.0.1", "1"),
        end=lambda site: _order(site, "REPLICAOF", "NO", "ONE"),
    ),
)

DISK: Sequence[StrikingFault] = (
    StrikingFault(
        "disk of the state folder full",
        begin=lambda site: site.disk.fill(),
        end=lambda site: site.disk.empty(),
        refresh="is refused",
    ),
    StrikingFault(
        "disk of the state folder read-only",
        begin=lambda site: site.disk.protect(),
        end=lambda site: site.disk.empty(),
        refresh="is refused",
    ),
)


def _start_again(site: Site, *damages: Act) -> None:
    """Kill the portal, do what is to be done while it is away, and start it."""
    site.portal.kill()
    for damage in damages:
        damage(site)
    site.portal.start()


def _damage_cache(site: Site) -> None:
    """Turn over every byte of every value in Redis."""
    with redis.Redis(port=site.redis_server.port) as client:
        for name in client.scan_iter():
            if client.type(name) == b"string" and (value := client.get(name)):
                client.set(name, bytes(each ^ 0xFF for each in value))


def _active_folder(site: Site) -> Path:
    active = json.loads((site.state / "active.json").read_text())["publication_id"]
    return site.state / "snapshots" / str(active)


def _overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def _turn_bytes_over(name: str, site: Site) -> None:
    """Turn 16 bytes over in the middle of a file of the active snapshot."""
    path = _active_folder(site) / name
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 16] = bytes(each ^ 0xFF for each in content[middle : middle + 16])
    _overwrite(path, bytes(content))


def _swap_forecasts(site: Site) -> None:
    """Put the forecasts of the publication before into the active snapshot: whole, and wrong."""
    active = _active_folder(site)
    before = sorted(path for path in active.parent.iterdir() if path < active)[-1]
    name = "fact_forecast.parquet"
    _overwrite(active / name, (before / name).read_bytes())


def _cut(name: str, site: Site) -> None:
    path = site.state / name
    _overwrite(path, path.read_bytes()[: path.stat().st_size // 2])


def _damaged(name: str, damage: Act) -> StrikingFault:
    return StrikingFault(
        f"at start: {name}",
        begin=lambda site: _start_again(site, damage),
        refresh="none",
        restarts=True,
        serves=False,
    )


DAMAGE: Sequence[StrikingFault] = (
    StrikingFault(
        "at start: every value in Redis damaged",
        begin=lambda site: _start_again(site, _damage_cache),
        restarts=True,
    ),
    _damaged(
        "bytes of the active snapshot turned over",
        partial(_turn_bytes_over, "fact_forecast.parquet"),
    ),
    _damaged("a file of the active snapshot is that of another publication", _swap_forecasts),
    _damaged(
        "a file of the active snapshot missing",
        lambda site: (
            _active_folder(site).chmod(0o755),
            (_active_folder(site) / "fact_forecast.parquet").unlink(),
        ),
    ),
    _damaged("the active snapshot's manifest damaged", partial(_turn_bytes_over, "metadata.json")),
    StrikingFault(
        "at start: active.json cut off",
        begin=lambda site: _start_again(site, partial(_cut, "active.json")),
        refresh="none",
        restarts=True,
    ),
)


def _kill_at(step: Step, done: str, site: Site) -> None:
    site.portal.kill_at.write_text(f"{step} {done}")
    with suppress(httpx.TransportError):
        site.begin_refresh()
    site.portal.wait_until_killed()
    site.portal.start()


STEPS = (
    (Step.BEGIN, "0", "before the manifest is read"),
    (Step.STAGE, "1", "while files are fetched"),
    (Step.STAGE, "end", "when the last file is fetched"),
    (Step.VERIFY, "0", "before the files are verified"),
    (Step.VERIFY, "end", "when they are verified"),
    (Step.VALIDATE, "0", "before they are validated"),
    (Step.VALIDATE, "end", "when they are validated"),
    (Step.PROMOTE, "0", "before they are moved"),
    (Step.PROMOTE, "end", "when they are moved"),
    (Step.ACTIVATE, "0", "before the database has them"),
    (Step.ACTIVATE, "1", "before active.json is replaced"),
    (Step.ACTIVATE, "2", "before the audit log has it"),
    (Step.ACTIVATE, "end", "when all is done"),
)
KILLED: Sequence[StrikingFault] = (
    StrikingFault("kill -9 at rest", begin=_start_again, restarts=True),
    *(
        StrikingFault(
            f"kill -9 in an activation: {words} ({step} {done})",
            begin=partial(_kill_at, step, done),
            refresh="none",
            restarts=True,
        )
        for step, done, words in STEPS
    ),
)


LIBFAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


def _no_other_clock() -> str:
    return "" if LIBFAKETIME else "libfaketime is not installed: apt-get install libfaketime"


def _clock_file(site: Site) -> Path:
    return site.folder / "clock"


def _with_clock(site: Site) -> None:
    """Start the portal with a clock that ``_set_clock`` moves."""
    _set_clock("+0", site)
    site.portal.stop()
    site.portal.start(
        LD_PRELOAD=str(LIBFAKETIME),
        FAKETIME_TIMESTAMP_FILE=str(_clock_file(site)),
        FAKETIME_CACHE_DURATION="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )


def _set_clock(offset: str, site: Site) -> None:
    _clock_file(site).write_text(offset)


def _skewed(name: str, offset: str) -> StrikingFault:
    return StrikingFault(
        name,
        prepare=_with_clock,
        begin=partial(_set_clock, offset),
        end=partial(_set_clock, "+0"),
        tidy=_start_again,
        refresh="either",
        cannot=_no_other_clock,
    )


CLOCK: Sequence[StrikingFault] = (
    _skewed("clock of the portal three days ahead", "+3d"),
    _skewed("clock of the portal ten days behind", "-10d"),
    StrikingFault(
        "clock of the job two days ahead: a publication from the future",
        begin=lambda site: site.publications.publish(ahead=timedelta(days=2)),
        end=lambda site: site.publications.go_back(),
        refresh="is refused",
    ),
)

ALL: Sequence[StrikingFault] = (*STORE, *REDIS, *DISK, *CLOCK, *DAMAGE, *KILLED)
SHORT: Sequence[StrikingFault] = (STORE[0], STORE[4], REDIS[0], DISK[0], DAMAGE[2], KILLED[-2])
