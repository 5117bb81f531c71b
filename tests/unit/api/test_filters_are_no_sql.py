"""Whatever is written into a parameter stays a value: nothing runs, leaks or fails by it."""

from __future__ import annotations

import itertools
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from datalayer.api.problems import PROBLEM_TYPES
from tests.api_addresses import filled
from tests.served_portal import ServedPortal

REFUSALS = {400, 401, 404, 406, 410, 422}
TAKEN = "/tmp/farol-taken"
STATEMENTS = [
    "' or '1'='1",
    '" or ""="',
    "'; drop schema main cascade; --",
    "x'; attach '/tmp/farol-taken' as taken; --",
    "'; copy (select 1) to '/tmp/farol-taken'; --",
    "'; install httpfs; load httpfs; --",
    "' union select * from read_csv('/etc/passwd') --",
    "' union select content from read_text('/etc/passwd') --",
    "'||(select content from read_text('/etc/passwd'))||'",
    "'; set enable_external_access = true; --",
    "'; pragma database_list; --",
    "1); export database '/tmp/farol-taken'; --",
    "$1",
    "?",
    "{item_id}",
    "%(item_id)s",
    "/etc/passwd",
    "../../../../etc/passwd",
    "..%2f..%2fapi_keys.json",
    "https://example.org/x.parquet",
    "s3://bucket/x.parquet",
]
TEXTS = [
    "",
    " ",
    "\x00",
    "P00001\x00",
    "\u202eP00001",
    "P\u00e9\u0301",
    "\U0001f4a5",
    "\ufeff",
    "\u2028",
    "\r\nX-Injected: yes",
    "%",
    "_",
    "\\",
    "%%%%",
    "null",
    "NaN",
    "Infinity",
    "-inf",
    "a" * 10_000,
    "<script>alert(1)</script>",
    "__proto__",
]
NUMBERS = [
    "-1",
    "0",
    "-0",
    "1e999",
    "1e-999",
    "0x10",
    "1_000",
    "\u0661\u0662",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "9" * 5000,
    "0000-00-00",
    "9999-12-31",
    "10000-01-01",
    "-0001-01-01",
    "2026-02-30",
    "2026-11-21T00:00:00+99:99",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
]
# As bytes: what is no UTF-8 gets into an address as well.
VALUES = [each.encode() for each in STATEMENTS + TEXTS + NUMBERS] + [
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
]


def parameters(served: ServedPortal) -> list[tuple[str, str, str]]:
    """Return address, name and place of each parameter of each read."""
    active = served.portal.active_id() or ""
    found = []
    for path, operations in served.api.openapi()["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            name, place = parameter["name"], parameter["in"]
            others = {**operations["get"]}
            if place == "path":
                others["parameters"] = [
                    each for each in others["parameters"] if each["name"] != name
                ]
            found.append((filled(path, others, active), name, place))
    return found


def address(template: str, name: str, place: str, value: bytes) -> str:
    """Return the address with *value* in the place of one parameter."""
    written = quote(value, safe="")
    if place == "path":
        return "/api" + template.replace(f"{{{name}}}", written)
    return f"/api{template}?{name}={written}"


def check(served: ServedPortal, asked: str) -> None:
    """Fail if the answer is neither rows nor a problem, or holds what it must not."""
    answer = served.get(asked)

    if answer.status_code != 200:
        assert answer.status_code in REFUSALS, (asked, answer.text)
        assert answer.headers["content-type"] == "application/problem+json", asked
        told = answer.json()
        kind = PROBLEM_TYPES[told["type"].rpartition("/")[2]]
        assert (told["status"], kind.status) == (answer.status_code, answer.status_code)
    assert b"root:" not in answer.content, asked
    assert "x-injected" not in answer.headers


def test_every_value_in_every_parameter_is_answered_or_refused(shared: ServedPortal) -> None:
    places = parameters(shared)

    # A few in each place, so that each value comes to stand in many places of every type.
    values = itertools.cycle(VALUES)
    for place in places:
        for value in itertools.islice(values, 3):
            check(shared, address(*place, value))

    assert len(places) * 3 > len(VALUES) * 5
    assert not Path(TAKEN).exists()
    assert shared.get("/api/v1/items").json()["total"] == 6


@pytest.mark.parametrize(
    ("template", "name", "place"),
    [
        ("/v1/items", "q", "query"),
        ("/v1/items", "category", "query"),
        ("/v1/items/{item_id}", "item_id", "path"),
        ("/v1/datasets/fact_forecast/rows", "forecast_min", "query"),
        ("/v1/datasets/fact_forecast/rows", "date_max", "query"),
        ("/v1/extracts/fact_forecast.csv", "item_id", "query"),
    ],
)
@seed(4)
@settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(value=st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode)))
def test_any_bytes_are_answered_or_refused(
    shared: ServedPortal, template: str, name: str, place: str, value: bytes
) -> None:
    check(shared, address(template, name, place, value))


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_search_for_a_statement_finds_nothing(shared: ServedPortal, statement: str) -> None:
    answer = shared.get(f"/api/v1/items?category={quote(statement, safe='')}")

    assert answer.status_code == 200
    assert (answer.json()["data"], answer.json()["total"]) == ([], 0)


@settings(max_examples=60, deadline=None, database=None)
@seed(4)
@given(value=st.binary(max_size=60))
def test_a_query_of_any_bytes_is_answered_or_refused(shared: ServedPortal, value: bytes) -> None:
    check(shared, "/api/v1/items?" + quote(value, safe="&=;+%"))
