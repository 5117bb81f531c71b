"""No key, password, cookie or credential of a server shows in the log, an answer or the audit."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from datalayer.access.accounts import SESSION_COOKIE, open_accounts
from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.identity import Role
from tests.integration.servers import READER, S3Server, wait_until
from tests.portals import ADMIN, make_portal, portal_settings
from tests.publisher import Publisher
from tests.redis_server import free_port
from tests.running_portal import RunningPortal, running_portal

PASSWORD = "a-password-of-a-member"
REDIS_PASSWORD = "kept-from-everyone-by-redis"
LAST = "the-last-of-them"


@contextmanager
def redis_with_a_password(folder: Path) -> Iterator[int]:
    """Run a redis-server that asks for REDIS_PASSWORD."""
    program = shutil.which("redis-server")
    assert program, "these tests take redis-server: apt-get install redis-server"
    port = free_port()
    options = f"--port {port} --bind 127.0.0.1 --appendonly no --dir {folder} --save"
    command = [program, *options.split(), "", "--requirepass", REDIS_PASSWORD]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        assert any("Ready to accept connections" in line for line in server.stdout)
        yield port
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


@pytest.fixture
def settings(s3_server: S3Server, prefix: str, tmp_path: Path) -> Iterator[dict[str, object]]:
    """Settings with every kind of secret in them."""
    with redis_with_a_password(tmp_path) as port:
        yield {
            **s3_server.settings(prefix),
            "redis_url": f"redis://:{REDIS_PASSWORD}@127.0.0.1:{port}/0",
            "access": "members",
            "log_level": "DEBUG",
        }


@pytest.fixture
def running(
    settings: dict[str, object], publisher: Publisher, tmp_path: Path
) -> Iterator[RunningPortal]:
    """A portal for its members that reads from S3 and shares its cache by Redis."""
    publisher.publish()
    portal = make_portal(tmp_path, **settings)
    portal.activate(ADMIN)
    portal.close()
    # Whose password would be told to the terminal at the first start.
    open_accounts(portal_settings(tmp_path, **settings)).ensure_first_admin()
    environment = {f"FAROL_{name.upper()}": str(value) for name, value in settings.items()}
    with running_portal(tmp_path, **environment) as running:
        yield running


def ask(running: RunningPortal, path: str, data: bytes | None = None, **headers: str) -> str:
    """Return head and body of an answer, whatever its status."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(running.address + path, data, names)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return f"{answer.headers}{answer.read().decode(errors='replace')}"
    except urllib.error.HTTPError as answer:
        with answer:
            return f"{answer.headers}{answer.read().decode(errors='replace')}"


def test_no_secret_is_shown_anywhere(
    running: RunningPortal, settings: dict[str, object], tmp_path: Path
) -> None:
    read = portal_settings(tmp_path, **settings)
    accounts = open_accounts(read)
    accounts.add("maria", Role.ADMIN, PASSWORD, by=ADMIN)
    token = accounts.sign_in("maria", PASSWORD).token
    key = ApiKeys(read.state).add("reports", Scope.REFRESH, by=ADMIN, expires_in_s=None)
    secrets = [key.rpartition("_")[2], token, PASSWORD, REDIS_PASSWORD, READER[1]]
    secrets.append(accounts.cookie_key())
    cookie = f"{SESSION_COOKIE}={token}"
    sent = urllib.parse.quote(key)

    answers = [
        ask(running, path, data, **headers)
        for path, data, headers in [
            ("/api/v1/items", None, {"X_API_Key": key}),
            ("/api/v1/items", None, {"Authorization": f"Bearer {key}"}),
            ("/api/v1/items", None, {"Cookie": cookie}),
            ("/api/v1/items", None, {"X_API_Key": key, "Authorization": f"Bearer {token}"}),
            ("/api/v1/items", None, {"X_API_Key": key + "0"}),
            ("/api/v1/items", None, {"X_API_Key": key, "Accept": "text/html"}),
            ("/api/v1/items/nobody", None, {"X_API_Key": key}),
            ("/api/v1/items?limit=0", None, {"Cookie": cookie}),
            ("/api/v1/data/refresh", b"{}", {"X_API_Key": key}),
            ("/api/v1/data/refresh", b'{"source": "ml_results"}', {"Cookie": cookie}),
            ("/health", None, {"X_API_Key": key}),
            ("/health", None, {}),
            ("/metrics", None, {"X_API_Key": key}),
            ("/", None, {"Cookie": cookie}),
            (f"/api/v1/items?api_key={sent}", None, {"X_API_Key": key}),
            ("/api/v1/nothing", None, {"X_API_Key": key, "X_Request_ID": LAST}),
        ]
    ]
    wait_until(
        lambda: LAST in running.log.read_text(errors="replace"),
        within_s=30,
        problem="the log did not come",
    )

    places = {
        "the log": running.log.read_text(errors="replace"),
        "the audit": (read.state / "audit.jsonl").read_text(),
        "the settings": repr(read),
        "an answer": "\n".join(answers),
    }
    for place, text in places.items():
        assert len(text) > 100
        for secret in secrets:
            assert secret not in text, f"{secret!r} in {place}"
    assert "reports" in places["the audit"]


def test_the_log_is_one_json_object_a_line(running: RunningPortal) -> None:
    ask(running, "/api/v1/items?q=%0A%22%7D%E2%80%A8", X_API_Key="wrong")
    ask(running, "/api/v1/nothing/%0A%7B%22event%22%3A1%7D%1B%5B31m", X_Request_ID=LAST)
    wait_until(
        lambda: LAST in running.log.read_text(errors="replace"),
        within_s=30,
        problem="the log did not come",
    )

    lines = [each for each in running.log.read_text().split("\n") if each]
    told = [each for each in lines if each.startswith("{")]
    assert all(isinstance(json.loads(each)["event"], str) for each in told)
    # uvicorn's own lines come before the portal is loaded, which takes them over.
    assert [each for each in lines if not each.startswith(("{", "INFO:  "))] == []
