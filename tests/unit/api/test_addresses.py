"""Addresses: a code may hold every character, a slash too, and the API's own are forgiving."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.api.addresses import PLAIN, CodeConvertor, routing_path
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.portals import ADMIN
from tests.publisher import Publisher, replace_column
from tests.served_portal import ServedPortal, served_portal

NAMES = {
    "P00001": "A",
    "P00002": "A/timeseries",
    "P00003": "A/timeseries/timeseries",
    "P00004": "B%2Fé",
    "P00005": "C.50%",
    "P00006": "D?x#y;z",
}
CODES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[ServedPortal]:
    """A portal whose parts have codes that look like addresses."""
    folder = tmp_path_factory.mktemp("awkward")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    tables = publisher.tables(items=6)
    for name, table in tables.items():
        if "item_id" in table.column_names:
            codes = [NAMES[code] for code in table["item_id"].to_pylist()]
            tables[name] = replace_column(table, "item_id", codes)
    publisher.publish(tables=tables)
    with served_portal(folder) as served:
        served.portal.activate(ADMIN)
        yield served
    shutil.rmtree(folder)


def scope(raw_path: str) -> dict[str, object]:
    """Return the scope of a request, as servers make it."""
    return {"path": unquote(raw_path), "raw_path": raw_path.encode()}


@pytest.mark.parametrize("code", NAMES.values())
def test_a_part_is_found_whatever_its_code(awkward: ServedPortal, code: str) -> None:
    encoded = quote(code, safe="")

    part = awkward.get(f"/api/v1/items/{encoded}").json()["data"]
    stock = awkward.get(f"/api/v1/inventory/{encoded}").json()["data"]

    assert part["item_id"] == stock["item_id"] == code


def test_an_encoded_slash_is_never_the_end_of_a_code(awkward: ServedPortal) -> None:
    series = awkward.get("/api/v1/items/A/timeseries").json()
    part = awkward.get("/api/v1/items/A%2Ftimeseries").json()

    assert {"date", "forecast"} <= series["data"][0].keys()
    assert part["data"]["item_id"] == "A/timeseries"


def test_the_series_of_a_part_with_a_slash_is_its_own(awkward: ServedPortal) -> None:
    history = "/api/v1/datasets/fact_demand/rows?location_id=network&limit=10000"
    for code in ("A", "A/timeseries"):
        encoded = quote(code, safe="")
        series = awkward.get(f"/api/v1/items/{encoded}/timeseries").json()["data"]
        published = awkward.get(f"{history}&item_id={encoded}").json()["data"]

        observed = {row["date"]: row["actual"] for row in series if row["source"] is None}
        assert published
        for row in published:
            assert observed[row["date"]] == row["quantity"]


def test_kept_answers_are_told_apart_by_their_slashes(awkward: ServedPortal) -> None:
    for _ in range(2):
        assert isinstance(awkward.get("/api/v1/items/A/timeseries").json()["data"], list)
        assert isinstance(awkward.get("/api/v1/items/A%2Ftimeseries").json()["data"], dict)


@pytest.mark.parametrize(
    "path",
    [
        "items/%2e%2e",
        "items/%2E",
        "items/%2e%2e/timeseries",
        "items/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "items/..%5c..%5cx",
        "items/%ff%fe",
        "items/%zz",
        "items/%",
        "items/%00",
        "items/a%0ab",
        "items/" + "x" * 5000,
        "inventory/%2e%2e",
        "datasets/%2e%2e",
        "datasets/%2e%2e/rows",
        "extracts/%2e%2e.csv",
        "publications/%2e%2e/changes/%2e%2e",
        "problems/%2e%2e",
        "typo",
        "items//P00001//",
        "/items",
    ],
)
def test_what_no_address_is_is_answered_by_a_problem(shared: ServedPortal, path: str) -> None:
    answer = shared.get(f"/api/v1/{path}")

    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize("path", ["/api%2Fv1%2Fitems", "/api/v2", "/api//v1/items"])
def test_what_only_looks_like_the_api_is_a_problem(shared: ServedPortal, path: str) -> None:
    answer = shared.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/"])
def test_the_api_s_own_address_tells_what_there_is(shared: ServedPortal, path: str) -> None:
    index = shared.get(path).json()["data"]

    reads = {each["href"] for each in index["addresses"] if not each["templated"]}
    assert {"/api/v1/items", "/api/v1/datasets", "/api/v1/publications"} <= reads
    assert index["active_publication"] == shared.portal.active_id()
    assert shared.get(index["openapi"]).json()["info"]["version"] == index["version"]
    for address in reads:
        assert shared.get(address).status_code == 200, address


def test_the_index_names_no_publication_to_a_stranger(tmp_path: Path) -> None:
    with served_portal(tmp_path, access="members") as served:
        assert served.get("/api/v1").json()["data"]["active_publication"] is None


@pytest.mark.parametrize("path", ["items", "items/P00001", "datasets/dim_item/rows", "problems"])
def test_a_slash_at_the_end_is_forgiven(shared: ServedPortal, path: str) -> None:
    with_slash, without = (shared.get(f"/api/v1/{path}{end}?") for end in ("/", ""))

    assert with_slash.status_code == 200
    assert with_slash.content == without.content


def test_the_documentation_is_one_level_up_from_its_slash(shared: ServedPortal) -> None:
    answer = shared.get("/api/v1/docs/")

    assert (answer.status_code, answer.headers["location"]) == (308, "../docs")


@given(CODES)
def test_every_code_comes_back_from_its_address(code: str) -> None:
    routed = routing_path(scope(f"/api/v1/items/{quote(code, safe='')}/timeseries"))

    encoded = routed.removeprefix("/api/v1/items/").removesuffix("/timeseries")
    assert "/" not in encoded
    assert set(encoded.split(".")) != {""} or encoded == ""
    assert CodeConvertor().convert(encoded) == code


@given(CODES)
def test_however_a_code_is_encoded_it_is_routed_alike(code: str) -> None:
    each_byte = "".join(f"%{byte:02x}" for byte in code.encode())
    paths = [f"/api/v1/items/{text}" for text in (quote(code, safe=""), each_byte)]

    assert len({routing_path(scope(path)) for path in paths}) == 1


@given(CODES.filter(lambda code: "/" not in code))
def test_a_code_without_a_slash_needs_no_raw_address(code: str) -> None:
    path = f"/api/v1/items/{code}"

    assert CodeConvertor().convert(routing_path({"path": path})[len("/api/v1/items/") :]) == code


def test_dots_lead_nowhere_else() -> None:
    assert routing_path(scope("/api/v1/items/../x")) == "/api/v1/items/%2E%2E/x"


@given(CODES)
def test_what_would_be_written_otherwise_is_not_plain(code: str) -> None:
    path = f"/api/v1/items/{quote(code, safe='')}"

    assert not PLAIN.fullmatch(path.encode()) or routing_path(scope(path)) == path


def test_plain_addresses_are_left_as_they_are() -> None:
    path = "/api/v1/items/P00001/timeseries"

    assert PLAIN.fullmatch(path.encode())
    assert routing_path(scope(path)) == path
