"""Makes the servers available to the integration tests."""

from __future__ import annotations

from tests.integration.servers import redis_server, s3_server

__all__ = ["redis_server", "s3_server"]
