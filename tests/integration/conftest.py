"""Servers for the integration tests, a publisher into a corner of S3, and replicas that read it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Portal
from datalayer.reading.cache.redis_cache import RedisCache
from tests.integration.servers import S3Server, publisher_into, s3_server
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.redis_server import PATIENT_S, RedisServer, running_redis

__all__ = ["s3_server"]

OpenPortal = Callable[..., Portal]


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A prefix of the bucket that no other test uses."""
    return f"{os.getpid()}/{request.node.name}"


@pytest.fixture
def publisher(s3_server: S3Server, prefix: str, registry: Registry) -> Publisher:
    """Publishes into the bucket."""
    return publisher_into(s3_server, prefix, registry)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that holds nothing yet and that the test may stop."""
    with running_redis(tmp_path) as server:
        yield server


@pytest.fixture
def open_portal(
    s3_server: S3Server,
    prefix: str,
    redis_server: RedisServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OpenPortal]:
    """Open a replica by its name, with a state folder of its own, on the one S3 and Redis.

    On a busy machine, too, an answer of Redis is waited for: what Redis counts is what was asked.
    """
    monkeypatch.setattr("datalayer.portal.RedisCache", partial(RedisCache, timeout_s=PATIENT_S))
    opened: list[Portal] = []

    def open_replica(name: str, **more: object) -> Portal:
        shared = {**s3_server.settings(prefix), "redis_url": redis_server.url, **more}
        opened.append(make_portal(tmp_path / name, **shared))
        return opened[-1]

    yield open_replica
    for portal in opened:
        portal.close()


@pytest.fixture
def portal(open_portal: OpenPortal, publisher: Publisher) -> Portal:
    """A portal that serves a publication of the store."""
    publisher.publish()
    portal = open_portal("only")
    portal.activate(ADMIN)
    return portal
