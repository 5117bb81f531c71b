"""Who gets in, what every answer bears, and what no answer and no line of the log ever shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from datalayer.access.accounts import SESSION_COOKIE
from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.identity import Role
from datalayer.api.problems import PROBLEM_TYPES
from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Publication
from datalayer.publications.attempts import LockHolder, refresh_lock
from tests.api_addresses import reads
from tests.served_portal import OPERATOR, PASSWORD, ServedPortal, served_portal
from tests.unit.api.served_answers import ITEMS, problem

REFRESH = "/api/v1/data/refresh"
ROLL_BACK = "/api/v1/data/rollback"
LATEST = {"source": "ml_results"}
CHANGES = "/publications/20261119T060000Z-00000000/changes/20261120T060000Z-00000000"


@pytest.fixture
def members(activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
    """A portal of six parts for its members only."""
    with served_portal(tmp_path, access="members") as served:
        yield served


class TestHeaders:
    @pytest.mark.parametrize(
        "address",
        [ITEMS, "/api/v1/nothing", "/api/v1/extracts/dim_item.csv", "/health", "/metrics"],
    )
    def test_data_run_nothing_and_are_framed_nowhere(
        self, shared: ServedPortal, address: str
    ) -> None:
        headers = shared.get(address).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"

    def test_kept_and_refused_answers_bear_them_too(self, shared: ServedPortal) -> None:
        shared.get(ITEMS)

        for answer in (shared.get(ITEMS), shared.get(ITEMS, **{"X-API-Key": "wrong"})):
            assert answer.headers.get_list("x-content-type-options") == ["nosniff"]

    @pytest.mark.parametrize("address", ["/api/v1/docs", "/overview", "/"])
    def test_documents_load_from_their_own_host_only(
        self, shared: ServedPortal, address: str
    ) -> None:
        headers = shared.get(address).headers

        policy = dict(
            each.strip().split(" ", 1) for each in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] in ("'none'", "'self'")
        assert policy["frame-ancestors"] in ("'none'", "'self'")
        assert policy["base-uri"] in ("'none'", "'self'")
        allowed = {source for sources in policy.values() for source in sources.split()}
        assert not [each for each in allowed if "." in each or "*" in each or each == "https:"]
        assert headers["permissions-policy"]

    def test_pages_run_scripts_of_their_own_files_only(self, shared: ServedPortal) -> None:
        policy = shared.get("/").headers["content-security-policy"]

        assert "script-src 'self';" in policy
        assert "ws:" not in policy

    def test_the_documentation_runs_no_inline_script(self, shared: ServedPortal) -> None:
        answer = shared.get("/api/v1/docs")

        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert "<script>" not in answer.text
        assert "http" not in answer.text

    def test_no_header_tells_another_site_that_it_may_read(self, shared: ServedPortal) -> None:
        answer = shared.get(ITEMS, Origin="https://elsewhere.example")

        assert not [name for name in answer.headers if name.startswith("access-control")]


class TestMembersOnly:
    def test_nobody_reads_anything_unasked(self, members: ServedPortal) -> None:
        addresses = reads(members)

        answers = {address: members.get(address) for address in addresses}

        assert len(answers) > 15
        refused = {address: problem(answer) for address, answer in answers.items()}
        assert refused == dict.fromkeys(addresses, (401, "sign-in-required"))
        assert all(each.headers["www-authenticate"] for each in answers.values())

    @pytest.mark.parametrize("role", list(Role))
    def test_every_member_reads(self, members: ServedPortal, role: Role) -> None:
        headers = {"Cookie": members.cookie("maria", role)}
        # The whole of a data set takes an analyst, and jobs an administrator.
        addresses = [
            each for each in reads(members) if not re.search("/extracts/|/files/|/data/", each)
        ]

        statuses = {each: members.get(each, **headers).status_code for each in addresses}

        assert statuses == dict.fromkeys(addresses, 200)

    def test_a_planner_may_extract_one_part_and_not_the_whole(self, members: ServedPortal) -> None:
        headers = {"Cookie": members.cookie("paulo", Role.PLANNER)}
        address = "/api/v1/extracts/fact_forecast.csv"

        part = members.get(f"{address}?item_id=P00001", **headers)
        whole = members.get(address, **headers)

        assert part.status_code == 200
        assert problem(whole) == (403, "not-allowed")

    def test_what_was_read_by_a_member_is_not_handed_to_others(self, members: ServedPortal) -> None:
        for address in reads(members):
            members.get(address, **{"X-API-Key": members.key(Scope.READ)})

        for address in reads(members):
            assert members.get(address).status_code == 401, address

    def test_a_probe_learns_the_state_and_nothing_else(self, members: ServedPortal) -> None:
        told = members.get("/health").json()

        assert (told["status"], told["readiness"]) == ("ok", "ready")
        assert members.portal.active_id() not in json.dumps(told)
        assert str(members.settings.store) not in json.dumps(told)
        assert members.get("/metrics").status_code == 401

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-API-Key": "farol_000000000000_" + "0" * 64},
            {"Authorization": "Bearer nonsense"},
            {"Authorization": "Bearer "},
            {"X-API-Key": ""},
        ],
    )
    def test_a_key_that_is_none_is_refused(
        self, members: ServedPortal, headers: dict[str, str]
    ) -> None:
        assert problem(members.get(ITEMS, **headers)) == (401, "key-refused")

    def test_two_different_keys_are_refused(self, members: ServedPortal) -> None:
        answer = members.get(
            ITEMS,
            **{
                "X-API-Key": members.key(Scope.READ),
                "Authorization": f"Bearer {members.key(Scope.REFRESH)}",
            },
        )

        assert problem(answer) == (401, "key-refused")

    def test_a_revoked_key_is_refused_at_once(self, members: ServedPortal) -> None:
        headers = {"X-API-Key": members.key(Scope.READ)}
        before = members.get(ITEMS, **headers)
        keys = ApiKeys(members.settings.state)

        keys.revoke(keys.all()[0].id, by=OPERATOR)

        assert before.status_code == 200
        assert problem(members.get(ITEMS, **headers)) == (401, "key-refused")

    @pytest.mark.parametrize("how", ["signed out", "disabled", "other password"])
    def test_a_session_that_was_ended_reads_nothing(self, members: ServedPortal, how: str) -> None:
        cookie = members.cookie("paulo", Role.PLANNER)
        before = members.get(ITEMS, Cookie=cookie)

        if how == "signed out":
            members.accounts.sign_out(cookie.partition("=")[2])
        elif how == "disabled":
            members.accounts.add("ana", Role.ADMIN, PASSWORD, by=OPERATOR)
            members.accounts.disable("paulo", by=OPERATOR)
        else:
            members.accounts.set_password("paulo", PASSWORD + "!", by=OPERATOR)

        assert before.status_code == 200
        assert problem(members.get(ITEMS, Cookie=cookie)) == (401, "sign-in-required")

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", '"', "=" * 5000])
    def test_a_forged_cookie_is_nobodys(self, members: ServedPortal, token: str) -> None:
        raw = f"{SESSION_COOKIE}={token}".encode("latin-1")

        answer = members.call("GET", ITEMS, headers={"Cookie": raw})  # type: ignore[dict-item]

        assert problem(answer) == (401, "sign-in-required")


class TestChanges:
    """What changes something is for administrators, by key or from the portal's own pages."""

    @pytest.mark.parametrize(("address", "body"), [(REFRESH, LATEST), (ROLL_BACK, {})])
    @pytest.mark.parametrize(
        ("who", "refusal"),
        [
            ("nobody", (401, "sign-in-required")),
            ("bad key", (401, "key-refused")),
            ("read key", (403, "not-allowed")),
            ("planner", (403, "not-allowed")),
            ("analyst", (403, "not-allowed")),
            ("admin elsewhere", (403, "cross-site")),
            ("admin, origin unknown", (401, "sign-in-required")),
        ],
    )
    def test_others_are_refused(
        self, served: ServedPortal, who: str, refusal: tuple[int, str], address: str, body: object
    ) -> None:
        answer = served.call("POST", address, self.headers(served, who), json=body)

        assert problem(answer) == refusal

    @pytest.mark.parametrize("who", ["refresh key", "admin"])
    def test_administrators_may(self, served: ServedPortal, who: str) -> None:
        headers = self.headers(served, who)

        begun = served.call("POST", REFRESH, headers, json=LATEST)

        assert begun.status_code == 202
        assert served.get(begun.headers["location"], **headers).status_code == 200

    @pytest.mark.parametrize(
        ("body", "stated", "refusal"),
        [
            (b"{", "application/json", (400, "unreadable-body")),
            (b'{"source": "ml_results"}', "text/plain", (415, "unsupported-media-type")),
            (b"source=x", "application/x-www-form-urlencoded", (415, "unsupported-media-type")),
            (b'{"source": "other"}', "application/json", (422, "invalid-body")),
            (b'{"source": "ml_results", "x": 1}', "application/json", (422, "invalid-body")),
            (b"null", "application/json", (422, "invalid-body")),
            (b" " * 70_000, "application/json", (413, "body-too-large")),
        ],
    )
    def test_each_bad_body_has_its_own_problem(
        self, served: ServedPortal, body: bytes, stated: str, refusal: tuple[int, str]
    ) -> None:
        headers = {**self.headers(served, "refresh key"), "Content-Type": stated}

        assert problem(served.call("POST", REFRESH, headers, content=body)) == refusal

    @pytest.mark.parametrize(
        ("address", "body", "lock"),
        [(REFRESH, LATEST, "refresh.lock"), (ROLL_BACK, {}, "switch.lock")],
    )
    def test_one_at_a_time(
        self, served: ServedPortal, address: str, body: object, lock: str
    ) -> None:
        holder = LockHolder("bruno", "activate", "2026-11-21T06:00:00+00:00")
        headers = self.headers(served, "refresh key")

        with refresh_lock(served.settings.state / lock, holder):
            answer = served.call("POST", address, headers, json=body)

        assert problem(answer) == (409, "refresh-in-progress")

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "TRACE"])
    @pytest.mark.parametrize("address", [ITEMS, "/api/v1/publications", "/api/v1/datasets"])
    def test_reads_take_no_other_method(
        self, served: ServedPortal, method: str, address: str
    ) -> None:
        answer = served.call(method, address, self.headers(served, "refresh key"))

        assert problem(answer) == (405, "method-not-allowed")
        assert answer.headers["allow"]

    def headers(self, served: ServedPortal, who: str) -> dict[str, str]:
        """Return what *who* sends."""
        if who == "nobody":
            return {}
        if who.endswith("key"):
            scopes = {"read key": Scope.READ, "refresh key": Scope.REFRESH}
            return {"X-API-Key": served.key(scopes[who]) if who in scopes else "wrong"}
        role, _, where = who.replace(",", "").partition(" ")
        cookie = {"Cookie": served.cookie(role, Role[role.upper()])}
        sites = {"": "same-origin", "elsewhere": "cross-site"}
        return cookie | ({"Sec-Fetch-Site": sites[where]} if where in sites else {})


class TestProblems:
    @pytest.mark.parametrize(
        ("address", "headers", "expected"),
        [
            ("/items?limit=0", {}, (422, "invalid-parameter")),
            ("/items?limit=10001", {}, (422, "invalid-parameter")),
            ("/items?limit=99999999999999999999999", {}, (422, "invalid-parameter")),
            ("/items?limit=1&limit=2", {}, (422, "invalid-parameter")),
            ("/items?limit=", {}, (422, "invalid-parameter")),
            ("/items/P00001/timeseries?" + "&source=naive" * 201, {}, (422, "invalid-parameter")),
            (f"{CHANGES}?reason=whim", {}, (422, "invalid-parameter")),
            (f"{CHANGES}?{'&reason=new' * 201}", {}, (422, "invalid-parameter")),
            (CHANGES, {}, (410, "publication-gone")),
            ("/items/a%0Ab", {}, (404, "unknown-part")),
            ("/items%0A", {}, (404, "not-found")),
            ("/items?q=%00", {}, (422, "invalid-parameter")),
            ("/items?colour=red", {}, (422, "unknown-parameter")),
            ("/items?cursor=x", {}, (422, "invalid-cursor")),
            ("/items?cursor=", {}, (422, "invalid-cursor")),
            ("/items/nobody", {}, (404, "unknown-part")),
            ("/items/nobody/timeseries", {}, (404, "unknown-part")),
            ("/items/P00001/timeseries?source=oracle", {}, (422, "invalid-parameter")),
            ("/items/P00001/timeseries?location=moon", {}, (422, "invalid-parameter")),
            ("/items/P00001/timeseries?start=yesterday", {}, (422, "invalid-parameter")),
            ("/items/P00001/timeseries?start=2026-13-01", {}, (422, "invalid-parameter")),
            (
                "/items/P00001/timeseries?start=2026-02-01&end=2026-01-01",
                {},
                (422, "invalid-parameter"),
            ),
            ("/items?p=20261120T060000Z-00000000", {}, (410, "publication-gone")),
            ("/items?p=latest", {}, (422, "invalid-parameter")),
            ("/items", {"Accept": "text/html"}, (406, "not-acceptable")),
            ("/items", {"X-API-Key": "wrong"}, (401, "key-refused")),
            ("/datasets/oracle", {}, (404, "unknown-data-set")),
            ("/datasets/oracle/rows", {}, (404, "unknown-data-set")),
            ("/extracts/oracle.csv", {}, (404, "unknown-data-set")),
            ("/extracts/dim_item.xlsx", {}, (422, "invalid-parameter")),
            ("/extracts/dim_item.csv?dialect=us", {}, (422, "invalid-parameter")),
            ("/extracts/dim_item.parquet?dialect=rfc", {}, (422, "invalid-parameter")),
            ("/publications/x/changes/y", {}, (422, "invalid-parameter")),
            ("/data/refresh/1", {}, (401, "sign-in-required")),
            ("/nothing", {}, (404, "not-found")),
            ("/problems/nothing", {}, (404, "not-found")),
        ],
    )
    def test_each_bad_request_has_its_own_kind(
        self,
        shared: ServedPortal,
        address: str,
        headers: dict[str, str],
        expected: tuple[int, str],
    ) -> None:
        answer = shared.get(f"/api/v1{address}", **headers)

        assert problem(answer) == expected
        told = answer.json()
        kind = PROBLEM_TYPES[expected[1]]
        assert (told["title"], told["status"]) == (kind.title, kind.status)
        assert told["detail"]
        assert shared.get(told["type"]).json()["data"]["slug"] == expected[1]

    def test_a_list_may_be_given_whole(self, shared: ServedPortal) -> None:
        for address in ("items/P00001/timeseries", "extracts/fact_forecast.csv"):
            answer = shared.get(f"/api/v1/{address}?source=naive&source=arima")

            assert answer.status_code == 200, answer.text

    def test_nothing_published_is_a_portal_not_ready(self, tmp_path: Path) -> None:
        with served_portal(tmp_path) as served:
            answer = served.get(ITEMS)

            assert problem(answer) == (503, "nothing-published")
            assert served.get("/health").status_code == 503

    def test_what_nobody_foresaw_names_the_log_entry_and_shows_nothing(
        self, served: ServedPortal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*arguments: object, **more: object) -> None:
            raise ZeroDivisionError("a secret detail")

        monkeypatch.setattr(Publication, "json_page", fail)

        with capture_logs() as logs:
            answer = served.get(ITEMS)

        assert problem(answer) == (500, "internal-error")
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        (entry,) = [each for each in logs if each["log_level"] == "error"]
        assert entry["reference"] == answer.json()["reference"]
