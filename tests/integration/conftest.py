"""Makes the S3 server available to the integration tests."""

from __future__ import annotations

from tests.integration.servers import s3_server

__all__ = ["s3_server"]
