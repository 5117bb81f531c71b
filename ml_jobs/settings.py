"""The environment of the libraries that the job loads; the store's settings are the kernel's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def quieten_mlflow() -> None:
    """Set what mlflow reads from the environment when it is first imported.

    It reports its use home unless told not to, and keeps runs in a folder only where asked to. A
    tracking server that doesn't answer is given up after seconds, not after minutes.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")


@contextmanager
def one_processor() -> Iterator[None]:
    """Let libraries that look for NPROC while they start find one processor."""
    before = os.environ.get("NPROC")
    os.environ["NPROC"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["NPROC"]
        else:
            os.environ["NPROC"] = before
