"""The image's health check is that of /health/ready, whatever the container's environment holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.portals import ROOT

NOWHERE = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), "http://127.0.0.1:9")
"""As engines hand the proxy of their machine on."""


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Answer /health/ready with *status*, all else with 404; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/ready" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def check(port: int) -> int:
    """Run the Dockerfile's health check at *port*; return its exit code."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    command = json.loads(text.partition("HEALTHCHECK ")[2].partition("CMD ")[2].splitlines()[0])
    command = [part.replace(":8501/", f":{port}/") for part in command]
    return subprocess.run(
        [sys.executable, *command[1:]],
        env={"PATH": os.environ["PATH"], **NOWHERE},
        capture_output=True,
        check=False,
    ).returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_a_container_is_healthy_where_the_portal_is_ready(status: int, code: int) -> None:
    with answering(status) as port:
        assert check(port) == code


def test_a_container_is_unhealthy_where_nothing_answers() -> None:
    with answering(200) as port:
        pass

    assert check(port) == 1
