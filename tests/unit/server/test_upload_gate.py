"""Who may send a file to the pages: administrators alone, one at a time, within the cap."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from datalayer.access.accounts import Accounts
from datalayer.access.authentication import open_authentication
from datalayer.access.identity import Role, operator
from datalayer.server.upload_gate import FRAME_BYTES, UPLOADS, UploadGate, UploadRules
from tests.bounded_server import UPLOAD_BYTES, BoundedServer, ask, bounded_server
from tests.portals import portal_settings

PASSWORD = "a-long-enough-password"
PATH = f"{UPLOADS}session/file"
Answer = list[Message]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return portal_settings(tmp_path).state


@pytest.fixture
def rules(tmp_path: Path) -> UploadRules:
    """Rules of a portal that takes four MiB, beneath /farol."""
    authentication = open_authentication(portal_settings(tmp_path))
    return UploadRules(authentication, UPLOAD_BYTES, "/farol")


def cookie_of(state: Path, role: Role) -> tuple[bytes, bytes]:
    """Return the cookie of a new user who has signed in."""
    accounts = Accounts(state, bcrypt_rounds=4)
    accounts.add(role.value, role, PASSWORD, by=operator())
    token = accounts.sign_in(role.value, PASSWORD).token
    return b"cookie", f"farol_session={token}".encode()


SAME_SITE = (b"sec-fetch-site", b"same-origin")


@pytest.fixture
def admin(state: Path) -> list[tuple[bytes, bytes]]:
    """The headers of an administrator's page."""
    return [cookie_of(state, Role.ADMIN), SAME_SITE]


class TestRules:
    def test_an_administrator_may_send_as_much_as_the_cap_and_its_frame(
        self, rules: UploadRules, admin: list[tuple[bytes, bytes]]
    ) -> None:
        assert rules.admit("PUT", admin).most_bytes == UPLOAD_BYTES + FRAME_BYTES
        assert not rules.admit("PUT", admin).slug

    @pytest.mark.parametrize("role", [Role.PLANNER, Role.ANALYST])
    def test_nobody_else_who_is_signed_in_may(
        self, rules: UploadRules, state: Path, role: Role
    ) -> None:
        assert rules.admit("PUT", [cookie_of(state, role), SAME_SITE]).slug == "not-allowed"

    def test_nobody_who_is_not_signed_in_may(self, rules: UploadRules) -> None:
        assert rules.admit("PUT", [SAME_SITE]).slug == "not-allowed"

    def test_a_page_of_another_site_may_not_use_the_cookie(
        self, rules: UploadRules, admin: list[tuple[bytes, bytes]]
    ) -> None:
        foreign = [admin[0], (b"sec-fetch-site", b"cross-site")]

        assert rules.admit("PUT", foreign).slug == "not-allowed"

    def test_more_than_the_cap_is_refused_by_what_is_announced(
        self, rules: UploadRules, admin: list[tuple[bytes, bytes]]
    ) -> None:
        large = [*admin, (b"content-length", str(UPLOAD_BYTES + FRAME_BYTES + 1).encode())]

        assert rules.admit("PUT", large).slug == "body-too-large"

    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PATCH"])
    def test_files_are_put_or_deleted_and_nothing_else(
        self, rules: UploadRules, admin: list[tuple[bytes, bytes]], method: str
    ) -> None:
        assert rules.admit(method, admin).slug == "method-not-allowed"

    def test_without_a_cap_there_is_no_such_address(
        self, tmp_path: Path, admin: list[tuple[bytes, bytes]]
    ) -> None:
        off = UploadRules(open_authentication(portal_settings(tmp_path)), 0, "")

        assert off.admit("PUT", admin).slug == "not-found"

    @pytest.mark.parametrize(
        "path", [PATH, f"/farol{PATH}", f"{PATH}?x=1", PATH.replace("upload", "%75pload")]
    )
    def test_an_address_is_known_however_it_is_written(self, rules: UploadRules, path: str) -> None:
        assert rules.admit_raw(b"PUT", path.encode(), []) is not None

    @pytest.mark.parametrize("path", ["/", "/admin", "/api/v1/admin/refresh", f"/other{PATH}"])
    def test_other_addresses_are_none_of_its_business(self, rules: UploadRules, path: str) -> None:
        assert rules.admit_raw(b"PUT", path.encode(), []) is None


class TestGate:
    def test_a_refused_body_is_not_read(self, rules: UploadRules) -> None:
        async def receive() -> Message:
            pytest.fail("the body was read")

        answer = asyncio.run(_ask(UploadGate(_reads_all, rules), [], receive))

        assert answer[0]["status"] == 403

    def test_no_more_than_the_cap_is_handed_on(
        self, rules: UploadRules, admin: list[tuple[bytes, bytes]]
    ) -> None:
        pieces = _pieces(UPLOAD_BYTES // 65_536 + 3)

        asyncio.run(_ask(UploadGate(_reads_all, rules), admin, pieces))

        assert _reads_all.ended == "http.disconnect"

    def test_none_arrives_beside_another(
        self, rules: UploadRules, admin: list[tuple[bytes, bytes]]
    ) -> None:
        arriving, ended = asyncio.Event(), asyncio.Event()

        async def slow() -> Message:
            arriving.set()
            await ended.wait()
            return {"type": "http.request", "body": b"", "more_body": False}

        async def both() -> tuple[Answer, Answer, Answer]:
            gate = UploadGate(_reads_all, rules)
            first = asyncio.create_task(_ask(gate, admin, slow))
            await arriving.wait()
            second = await _ask(gate, admin, slow)
            ended.set()
            return await first, second, await _ask(gate, admin, slow)

        first, second, third = asyncio.run(both())

        assert first[0]["status"] == third[0]["status"] == 204
        assert second[0]["status"] == 409


class TestProtocol:
    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[BoundedServer]:
        """A server that takes files of four MiB."""
        with bounded_server(tmp_path) as made:
            yield made

    def test_a_stranger_s_large_body_is_refused_by_its_head(self, server: BoundedServer) -> None:
        with server.connect() as connection:
            answer = ask(connection, _head(3_000_000))

        assert answer.startswith(b"HTTP/1.1 403")
        assert b"Only a signed-in administrator" in answer
        assert server.refused("not_allowed") == 1

    def test_an_administrator_s_large_body_arrives(
        self, server: BoundedServer, admin: list[tuple[bytes, bytes]]
    ) -> None:
        with server.connect() as connection:
            answer = ask(connection, _head(3_000_000, admin) + bytes(3_000_000))

        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"3000000")

    def test_one_that_is_too_large_is_refused_by_its_head(
        self, server: BoundedServer, admin: list[tuple[bytes, bytes]]
    ) -> None:
        with server.connect() as connection:
            answer = ask(connection, _head(UPLOAD_BYTES * 2, admin))

        assert answer.startswith(b"HTTP/1.1 413")

    def test_one_that_hides_its_length_is_cut_at_the_cap(
        self, server: BoundedServer, admin: list[tuple[bytes, bytes]]
    ) -> None:
        chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
        with server.connect() as connection:
            answer = ask(connection, _head(None, admin) + chunk * 80)

        assert answer.startswith(b"HTTP/1.1 413")
        assert server.refused("too_large") == 1


def _head(length: int | None, headers: list[tuple[bytes, bytes]] | None = None) -> bytes:
    framed = b"Transfer-Encoding: chunked" if length is None else b"Content-Length: %d" % length
    lines = [b"%s: %s" % each for each in headers or []]
    first = f"PUT {PATH} HTTP/1.1".encode()
    return b"\r\n".join([first, b"Host: farol", b"Connection: close", framed, *lines, b"", b""])


def _pieces(number: int) -> Receive:
    left = number

    async def receive() -> Message:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": bytes(65_536), "more_body": left > 0}

    return receive


class _ReadsAll:
    """Reads a body to its end, and remembers what that was."""

    ended = ""

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        self.ended = message["type"]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


_reads_all = _ReadsAll()


async def _ask(gate: UploadGate, headers: list[tuple[bytes, bytes]], receive: Receive) -> Answer:
    sent: Answer = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": PATH, "headers": headers}
    await gate(scope, receive, send)
    return sent
