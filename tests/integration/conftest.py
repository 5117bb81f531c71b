"""An S3 server for the integration tests, and a publisher into a corner of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.integration.servers import s3_server

if TYPE_CHECKING:
    from datalayer.contract.registry import Registry
    from tests.integration.servers import S3Server
    from tests.publisher import Publisher

__all__ = ["s3_server"]


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A prefix of the bucket that no other test uses."""
    return f"{os.getpid()}/{request.node.name}"


@pytest.fixture
def publisher(s3_server: S3Server, prefix: str, registry: Registry) -> Publisher:
    """Publishes into the bucket."""
    from tests.integration.servers import publisher_into

    return publisher_into(s3_server, prefix, registry)
