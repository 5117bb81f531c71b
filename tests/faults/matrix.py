"""The faults that are put on a site, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import redis

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
from tests.faults.measuring import Fault
from tests.faults.site import Site


def _store(name: str, behaviour: Behaviour, *, works: bool = False) -> Fault:
    return Fault(
        name,
        begin=lambda site: site.store.behave(behaviour),
        end=lambda site: site.store.listen(),
        refresh="works" if works else "is refused",
    )


STORE: Sequence[Fault] = (
    Fault(
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


def _redis_slow(name: str, delay_s: float) -> Fault:
    return Fault(name, begin=partial(_delay, delay_s), end=partial(_delay, 0.0))


REDIS: Sequence[Fault] = (
    Fault(
        "Redis gone: the process has ended",
        begin=lambda site: site.redis_server.stop(),
        end=lambda site: site.redis_server.start(),
    ),
    _redis_slow("Redis slow: each answer 60 ms late", 0.06),
    _redis_slow("Redis slow: each answer 3 s late", 3.0),
    Fault(
        "Redis full: maxmemory reached, nothing is evicted",
        begin=lambda site: _order(site, "CONFIG", "SET", "maxmemory", "1"),
        end=lambda site: _order(site, "CONFIG", "SET", "maxmemory", "0"),
    ),
    Fault(
        "Redis read-only: it has become a replica",
        begin=lambda site: _order(site, "REPLICAOF", "127.0.0.1", "1"),
        end=lambda site: _order(site, "REPLICAOF", "NO", "ONE"),
    ),
)

DISK: Sequence[Fault] = (
    Fault(
        "disk of the state folder full",
        begin=lambda site: site.disk.fill(),
        end=lambda site: site.disk.empty(),
        refresh="is refused",
    ),
    Fault(
        "disk of the state folder read-only",
        begin=lambda site: site.disk.protect(),
        end=lambda site: site.disk.empty(),
        refresh="is refused",
    ),
)

ALL: Sequence[Fault] = (*STORE, *REDIS, *DISK)
SHORT: Sequence[Fault] = (STORE[0], STORE[4], REDIS[0], DISK[0])
