"""The authentication: who a request comes from, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.access.accounts import SESSION_COOKIE, Accounts, open_accounts
from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.authentication import (
    Authentication,
    client_address,
    open_authentication,
    trusted_networks,
)
from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.kernel.errors import CrossSiteRequest, KeyRefused, NotAllowed, StateError
from tests.portals import portal_settings
from tests.unit.access.conftest import BY

ADMIN = Identity("admin", Role.ADMIN)
READER = Identity("key:bi", Role.ANALYST)
REFRESHER = Identity("key:etl", Role.ADMIN)

Headers = list[tuple[bytes, bytes]]


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path, bcrypt_rounds=4)


@pytest.fixture
def keys(tmp_path: Path) -> ApiKeys:
    return ApiKeys(tmp_path)


@pytest.fixture
def authentication(accounts: Accounts, keys: ApiKeys) -> Authentication:
    return Authentication(accounts, keys, trusted_proxies=trusted_networks("10.0.0.0/8, 192.0.2.1"))


@pytest.fixture
def cookie(accounts: Accounts) -> Headers:
    """What the browser of a signed-in administrator sends."""
    token = accounts.sign_in("admin", accounts.ensure_first_admin() or "").token
    return [(b"cookie", f"theme=dark; {SESSION_COOKIE}={token}; other=1".encode())]


@pytest.fixture
def reading(keys: ApiKeys) -> bytes:
    return keys.add("bi", Scope.READ, by=BY, expires_in_s=None).encode()


@pytest.fixture
def refreshing(keys: ApiKeys) -> bytes:
    return keys.add("etl", Scope.REFRESH, by=BY, expires_in_s=None).encode()


class TestKeysInHeaders:
    def test_who_brings_nothing_is_anyone(self, authentication: Authentication) -> None:
        assert authentication.identify("GET", []) == ANYONE
        assert authentication.identify("POST", {}) == ANYONE

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_key_says_who_it_is_by_either_header(
        self, authentication: Authentication, reading: bytes, refreshing: bytes, method: str
    ) -> None:
        assert authentication.identify(method, [(b"x-api-key", reading)]) == READER
        assert (
            authentication.identify(method, {b"authorization": b"Bearer " + refreshing})
            == REFRESHER
        )
        assert (
            authentication.identify(method, [(b"authorization", b"bearer  " + reading)]) == READER
        )

    def test_the_same_key_twice_is_one(
        self, authentication: Authentication, reading: bytes
    ) -> None:
        headers = [(b"x-api-key", reading), (b"authorization", b"Bearer " + reading)]

        assert authentication.identify("GET", headers) == READER

    @pytest.mark.parametrize("second", [b"x-api-key", b"authorization"])
    def test_two_different_keys_are_refused_though_both_are_good(
        self, authentication: Authentication, reading: bytes, refreshing: bytes, second: bytes
    ) -> None:
        other = refreshing if second == b"x-api-key" else b"Bearer " + refreshing

        with pytest.raises(KeyRefused):
            authentication.identify("GET", [(b"x-api-key", reading), (second, other)])

    @pytest.mark.parametrize(
        "header",
        [
            (b"x-api-key", b""),
            (b"x-api-key", b"x"),
            (b"x-api-key", b"\xff\x00"),
            (b"authorization", b"Bearer"),
            (b"authorization", b"Bearer x"),
            (b"authorization", b"Bearer \xe9"),
        ],
    )
    def test_a_bad_key_is_refused_and_not_taken_for_nobody(
        self, authentication: Authentication, cookie: Headers, header: tuple[bytes, bytes]
    ) -> None:
        with pytest.raises(KeyRefused):
            authentication.identify("GET", [header])
        with pytest.raises(KeyRefused):
            authentication.identify("GET", [header, *cookie])

    def test_what_a_proxy_authenticates_with_is_its_own_affair(
        self, authentication: Authentication
    ) -> None:
        assert authentication.identify("GET", [(b"authorization", b"Basic dXNlcjpwYXNz")]) == ANYONE

    def test_a_key_counts_more_than_a_cookie(
        self, authentication: Authentication, cookie: Headers, reading: bytes
    ) -> None:
        assert authentication.identify("GET", [*cookie, (b"x-api-key", reading)]) == READER

    def test_a_read_key_may_not_refresh_and_a_refresh_key_may(
        self, authentication: Authentication, reading: bytes, refreshing: bytes
    ) -> None:
        reader = authentication.identify("POST", [(b"x-api-key", reading)])

        authentication.identify("POST", [(b"x-api-key", refreshing)]).require(Role.ADMIN, "refresh")
        with pytest.raises(NotAllowed):
            reader.require(Role.ADMIN, "refresh")

    def test_damaged_keys_are_an_error_and_nobody_is_let_in(
        self, authentication: Authentication, reading: bytes, tmp_path: Path
    ) -> None:
        (tmp_path / "api_keys.json").write_text("{", encoding="utf-8")

        with pytest.raises(StateError):
            authentication.identify("GET", [(b"x-api-key", reading)])


class TestCookies:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    @pytest.mark.parametrize("site", [b"same-origin", b"cross-site", b"none"])
    def test_a_session_reads_whoever_linked_here(
        self, authentication: Authentication, cookie: Headers, method: str, site: bytes
    ) -> None:
        assert authentication.identify(method, [*cookie, (b"sec-fetch-site", site)]) == ADMIN

    @pytest.mark.parametrize("value", [b"", b"x", b"a.b.c", b"\xff", b"eyJhbGciOiJub25lIn0.e30."])
    def test_a_cookie_that_is_no_session_is_nobody(
        self, authentication: Authentication, value: bytes
    ) -> None:
        headers = [(b"cookie", SESSION_COOKIE.encode() + b"=" + value)]

        assert authentication.identify("GET", headers) == ANYONE

    def test_a_session_that_was_ended_is_nobody(
        self, authentication: Authentication, accounts: Accounts, cookie: Headers
    ) -> None:
        accounts.set_password("admin", "another password", by=BY)

        assert authentication.identify("GET", cookie) == ANYONE

    @pytest.mark.parametrize(
        "told",
        [
            [(b"sec-fetch-site", b"same-origin")],
            [(b"origin", b"https://farol.example:8501"), (b"host", b"farol.example:8501")],
            [(b"origin", b"http://FAROL.example"), (b"host", b"farol.example")],
        ],
    )
    def test_a_session_changes_things_from_the_portals_own_pages(
        self, authentication: Authentication, cookie: Headers, told: Headers
    ) -> None:
        assert authentication.identify("POST", [*cookie, *told]) == ADMIN

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "WHATEVER"])
    def test_a_session_changes_nothing_where_the_browser_does_not_say_whence(
        self, authentication: Authentication, cookie: Headers, method: str
    ) -> None:
        assert authentication.identify(method, [*cookie, (b"host", b"farol.example")]) == ANYONE

    @pytest.mark.parametrize(
        "told",
        [
            [(b"sec-fetch-site", b"cross-site")],
            [(b"sec-fetch-site", b"same-site")],
            [(b"sec-fetch-site", b"none")],
            [(b"sec-fetch-site", b"same-origin"), (b"sec-fetch-site", b"cross-site")],
            [(b"sec-fetch-site", b"cross-site"), (b"origin", b"https://farol.example")],
            [(b"origin", b"https://evil.example")],
            [(b"origin", b"https://evilfarol.example")],
            [(b"origin", b"https://evil.example://farol.example")],
            [(b"origin", b"https://farol.example:444")],
            [(b"origin", b"null")],
            [(b"origin", b"https://farol.example"), (b"origin", b"https://evil.example")],
        ],
    )
    def test_another_sites_page_changes_nothing_by_the_cookie(
        self, authentication: Authentication, cookie: Headers, told: Headers
    ) -> None:
        with pytest.raises(CrossSiteRequest):
            authentication.identify("POST", [*cookie, (b"host", b"farol.example"), *told])

    def test_an_origin_without_a_host_to_compare_is_elsewhere(
        self, authentication: Authentication, cookie: Headers
    ) -> None:
        with pytest.raises(CrossSiteRequest):
            authentication.identify("POST", [*cookie, (b"origin", b"https://farol.example")])

    def test_a_key_changes_things_from_wherever(
        self, authentication: Authentication, cookie: Headers, refreshing: bytes
    ) -> None:
        headers = [*cookie, (b"x-api-key", refreshing), (b"sec-fetch-site", b"cross-site")]

        assert authentication.identify("POST", headers) == REFRESHER


class TestAddress:
    TRUSTED = trusted_networks("10.0.0.0/8, 192.0.2.1, fd00::/8")

    @pytest.mark.parametrize(
        ("peer", "forwarded_for", "expected"),
        [
            ("203.0.113.7", None, "203.0.113.7"),
            ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.2.3.4, 192.0.2.1", "198.51.100.1"),
            ("10.0.0.1", "1.1.1.1,198.51.100.1 ,  10.2.3.4", "198.51.100.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", None, "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
            ("10.0.0.1", "1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
            ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
            ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
            ("fd00::1", "198.51.100.1", "198.51.100.1"),
            ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("::ffff:203.0.113.7", "198.51.100.1", "203.0.113.7"),
            (None, "198.51.100.1", "-"),
            ("", "198.51.100.1", "-"),
            ("testclient", "198.51.100.1", "testclient"),
        ],
    )
    def test_it_is_the_right_most_that_is_no_trusted_proxy(
        self, peer: str | None, forwarded_for: str | None, expected: str
    ) -> None:
        assert client_address(peer, forwarded_for, self.TRUSTED) == expected

    def test_without_trusted_proxies_it_is_who_opened_the_connection(self) -> None:
        assert client_address("10.0.0.1", "198.51.100.1", ()) == "10.0.0.1"

    def test_a_header_sent_twice_is_read_as_one(self, authentication: Authentication) -> None:
        headers = [
            (b"x-forwarded-for", b"1.1.1.1, 198.51.100.1"),
            (b"x-forwarded-for", b"10.0.0.9"),
        ]

        assert authentication.address("10.0.0.1", headers) == "198.51.100.1"


def test_the_gate_of_the_settings_knows_their_accounts_keys_and_proxies(tmp_path: Path) -> None:
    settings = portal_settings(tmp_path, trusted_proxies="10.0.0.1", session_hours=1)
    accounts = open_accounts(settings)
    signed_in = accounts.sign_in("admin", accounts.ensure_first_admin() or "")

    authentication = open_authentication(settings)

    cookie = f"{SESSION_COOKIE}={signed_in.token}".encode()
    assert authentication.identify("GET", {b"cookie": cookie}) == ADMIN
    assert (
        authentication.address("10.0.0.1", {b"x-forwarded-for": b"198.51.100.1"}) == "198.51.100.1"
    )
