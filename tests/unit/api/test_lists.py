"""Lists over the API: the columns and the order asked for, as CSV, page by page, counted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import httpx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.portals import ADMIN
from tests.publisher import Publisher, replace_column
from tests.served_portal import ServedPortal, served_portal

LISTS = ["items", "items?q=a", "inventory", "exceptions", "metrics", "datasets/fact_metrics/rows"]
OTHERS = ["items/P00001", "items/P00001/timeseries", "inventory/P00001", "forecasts/summary"]
COSTS = [3.0, None, 1.5, 3.0, None, 2.0]
SUPPLIERS = ["b", None, "a", "b", "é", "a"]
COLUMNS = ["item_id", "sku", "supplier", "unit_cost", "lead_time_days", "generated_at"]


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[ServedPortal]:
    """A portal of parts with equal and missing values, and a code that looks like a formula."""
    folder = tmp_path_factory.mktemp("uneven")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    tables = publisher.tables(items=6)
    parts = replace_column(tables["dim_item"], "unit_cost", COSTS)
    parts = replace_column(parts, "supplier", SUPPLIERS)
    tables["dim_item"] = replace_column(parts, "sku", ["-5", "=1+1", "00123", "x", "@y", "\uff1dz"])
    publisher.publish(tables=tables)
    with served_portal(folder, rate_limit="999999999/second") as served:
        served.portal.activate(ADMIN)
        yield served


def data(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


ORIGIN = ("dataset_id", "model_version", "generated_at")


def csv_rows(answer: httpx.Response, delimiter: str = ",") -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    text = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=delimiter, strict=True))


def pages(served: ServedPortal, address: str, accept: str = "*/*") -> Iterator[httpx.Response]:
    """Follow the header ``Link`` to the last page."""
    following: str | None = address
    while following:
        answer = served.get(following, Accept=accept)
        yield answer
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        following = urljoin(following, link[1]) if link else None


class TestColumnsOfLists:
    @pytest.mark.parametrize("form", ["json", "arrow", "csv"])
    def test_come_as_they_are_asked_for(self, shared: ServedPortal, form: str) -> None:
        address = "/api/v1/datasets/fact_forecast/rows?limit=3&columns=forecast,date"
        accept = {"json": "*/*", "arrow": "application/vnd.apache.arrow.stream", "csv": "text/csv"}

        answer = shared.get(address, Accept=accept[form])

        if form == "json":
            assert [list(row) for row in data(answer)] == [["forecast", "date"]] * 3
        elif form == "csv":
            assert answer.text.partition("\r\n")[0] == "forecast,date"
        else:
            with pa.ipc.open_stream(answer.content) as stream:
                assert stream.schema.names == ["forecast", "date"]

    def test_without_the_key_the_pages_are_the_whole(self, shared: ServedPortal) -> None:
        address = "/api/v1/datasets/fact_metrics/rows?columns=wql"
        whole = data(shared.get(f"{address}&limit=10000"))

        found = [row for page in pages(shared, f"{address}&limit=7") for row in data(page)]

        assert found == whole
        assert list(found[0]) == ["wql"]

    def test_left_out_sources_are_still_told(self, shared: ServedPortal) -> None:
        address = "/api/v1/datasets/fact_inventory/rows?columns=item_id&limit=2"

        with_order = shared.get(f"{address}&order=-reorder_point").json()["metadata"]["sources"]

        assert with_order
        assert shared.get(address).json()["metadata"]["sources"]

    @pytest.mark.parametrize("address", LISTS)
    def test_can_be_chosen_from_every_list(self, shared: ServedPortal, address: str) -> None:
        separator = "&" if "?" in address else "?"
        names = list(data(shared.get(f"/api/v1/{address}"))[0])
        chosen = [names[-1], names[1]]

        rows = data(shared.get(f"/api/v1/{address}{separator}columns={','.join(chosen)}"))

        assert {tuple(row) for row in rows} == {tuple(chosen)}

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("columns=item_idd", "columns is 'item_idd'; it must be a column such as item_id"),
            ("columns=", "columns is ''; it must be a column such as"),
            ("columns=sku,sku", "columns is sku given twice; it must be each column once"),
            ("columns=sku&columns=name", "given once"),
            ("order=-nam", "order is 'nam'; it must be a column such as name"),
            ("order=sku,-sku", "order is sku given twice"),
            ("order=--sku", "order is '-sku'; it must be a column such as sku"),
            ("columns=sku;drop%20table", "columns is 'sku;drop table'"),
            ('order="sku"', "order is '\"sku\"'"),
            ("total=1", "true or false"),
        ],
    )
    def test_what_there_is_not_is_refused_with_what_there_is(
        self, shared: ServedPortal, query: str, told: str
    ) -> None:
        answer = shared.get(f"/api/v1/datasets/dim_item/rows?{query}")

        assert answer.status_code == 422
        assert told in answer.json()["detail"]


class TestOrderOfLists:
    def test_is_by_value_with_nulls_last_and_equal_ones_by_key(self, uneven: ServedPortal) -> None:
        address = "/api/v1/items?columns=item_id,unit_cost&order="

        up = data(uneven.get(f"{address}unit_cost"))
        down = data(uneven.get(f"{address}-unit_cost"))

        assert [row["unit_cost"] for row in up] == [1.5, 2.0, 3.0, 3.0, None, None]
        assert [row["unit_cost"] for row in down] == [3.0, 3.0, 2.0, 1.5, None, None]
        assert [row["item_id"] for row in down] == [
            "P00001",
            "P00004",
            "P00006",
            "P00003",
            "P00002",
            "P00005",
        ]

    @given(
        order=st.lists(
            st.tuples(st.sampled_from(["", "-"]), st.sampled_from(COLUMNS)),
            min_size=1,
            max_size=3,
            unique_by=lambda term: term[1],
        ),
        columns=st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True),
        limit=st.integers(1, 4),
        address=st.sampled_from(["items", "items?q=P0", "datasets/dim_item/rows"]),
    )
    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def test_pages_repeat_and_miss_nothing(
        self,
        uneven: ServedPortal,
        order: list[tuple[str, str]],
        columns: list[str],
        limit: int,
        address: str,
    ) -> None:
        by = ",".join(sign + name for sign, name in order)
        separator = "&" if "?" in address else "?"
        asked = f"/api/v1/{address}{separator}order={by}&columns={','.join(columns)}"

        found = [row for page in pages(uneven, f"{asked}&limit={limit}") for row in data(page)]

        assert found == data(uneven.get(f"{asked}&limit=100"))
        assert len(found) == 6

    def test_overrules_how_well_a_part_matches(self, shared: ServedPortal) -> None:
        ranked = [row["item_id"] for row in data(shared.get("/api/v1/items?q=a"))]

        by_code = [row["item_id"] for row in data(shared.get("/api/v1/items?q=a&order=item_id"))]

        assert by_code == sorted(ranked)
        assert ranked != by_code

    def test_of_the_key_is_the_order_there_is(self, shared: ServedPortal) -> None:
        address = "/api/v1/datasets/fact_metrics/rows?limit=5"

        plain = shared.get(address).json()
        asked = shared.get(f"{address}&order=item_id,location_id").json()

        assert asked["data"] == plain["data"]
        rest = shared.get(f"{address}&order=item_id,location_id&cursor={asked['next']}").json()
        assert rest["data"] == shared.get(f"{address}&cursor={plain['next']}").json()["data"]

    def test_a_cursor_belongs_to_its_order(self, shared: ServedPortal) -> None:
        address = "/api/v1/items?limit=2&order="
        cursor = shared.get(f"{address}sku").json()["next"]

        answer = shared.get(f"{address}-sku&cursor={cursor}")

        assert answer.status_code == 422
        assert answer.json()["type"].endswith("/invalid-cursor")

    @pytest.mark.parametrize("address", LISTS)
    def test_every_list_can_be_ordered(self, shared: ServedPortal, address: str) -> None:
        separator = "&" if "?" in address else "?"

        rows = data(shared.get(f"/api/v1/{address}{separator}order=-generated_at"))

        assert rows


class TestTotal:
    def test_rows_are_counted_for_those_who_ask(self, shared: ServedPortal) -> None:
        address = "/api/v1/datasets/fact_metrics/rows?source=naive&limit=2"
        whole = data(shared.get("/api/v1/datasets/fact_metrics/rows?source=naive&limit=10000"))

        counted = shared.get(f"{address}&total=true")

        assert counted.json()["total"] == len(whole)
        assert counted.headers["x-total-count"] == str(len(whole))
        assert "total" not in shared.get(address).json()
        assert "x-total-count" not in shared.get(address).headers

    def test_is_of_all_pages(self, shared: ServedPortal) -> None:
        address = "/api/v1/datasets/dim_item/rows?total=true&limit=4"

        totals = [page.headers["x-total-count"] for page in pages(shared, address)]

        assert totals == ["6", "6"]


class TestCsv:
    @pytest.mark.parametrize("address", [*LISTS, *OTHERS])
    @pytest.mark.parametrize("dialect", ["rfc", "excel-br"])
    def test_every_list_has_its_rows(
        self, shared: ServedPortal, address: str, dialect: str
    ) -> None:
        separator = "&" if "?" in address else "?"
        rows = data(shared.get(f"/api/v1/{address}"))

        answer = shared.get(f"/api/v1/{address}{separator}dialect={dialect}", Accept="text/csv")

        listed = rows if isinstance(rows, list) else [rows]
        found = csv_rows(answer, {"rfc": ",", "excel-br": ";"}[dialect])
        # A spreadsheet's times have no zone: the names of their columns say it.
        told = [[name.removesuffix("_utc") for name in row] for row in found]
        assert told == [list(dict.fromkeys([*row, *ORIGIN])) for row in listed]
        assert answer.headers["x-row-count"] == str(len(listed))
        assert answer.headers["x-publication-id"] == shared.portal.active_id()
        assert answer.headers["content-disposition"].endswith(f'_{dialect}.csv"')

    @pytest.mark.parametrize("address", [*LISTS, *OTHERS])
    def test_each_row_tells_which_publication_it_is_of(
        self, shared: ServedPortal, address: str
    ) -> None:
        separator = "&" if "?" in address else "?"

        answer = shared.get(f"/api/v1/{address}{separator}dialect=rfc", Accept="text/csv")

        manifest = shared.portal.open().manifest
        written = manifest.generated_at.isoformat().replace("+00:00", "Z")
        origin = (manifest.dataset_id, manifest.model_version, written)
        assert {tuple(row[name] for name in ORIGIN) for row in csv_rows(answer)} <= {origin}

    def test_pages_follow_the_link(self, uneven: ServedPortal) -> None:
        address = f"/api/v1/items?limit=4&supplier={quote('a')}&supplier=b"

        found = [
            row["item_id"] for page in pages(uneven, address, "text/csv") for row in csv_rows(page)
        ]

        assert found == ["P00001", "P00003", "P00004", "P00006"]

    def test_counts_where_the_list_does(self, uneven: ServedPortal) -> None:
        answer = uneven.get("/api/v1/items?limit=1", Accept="text/csv")

        assert answer.headers["x-total-count"] == "6"

    def test_programs_get_codes_as_they_are_and_spreadsheets_guarded_ones(
        self, uneven: ServedPortal
    ) -> None:
        address = "/api/v1/items?columns=sku&dialect="

        plain = [row["sku"] for row in csv_rows(uneven.get(f"{address}rfc"))]
        guarded = [row["sku"] for row in csv_rows(uneven.get(f"{address}excel-br"), ";")]

        assert plain == ["-5", "=1+1", "00123", "x", "@y", "\uff1dz"]
        assert guarded == ["'-5", "'=1+1", '="00123"', "x", "'@y", "'\uff1dz"]

    def test_a_link_with_a_dialect_is_csv_in_a_browser(self, shared: ServedPortal) -> None:
        browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

        for _ in range(2):
            answer = shared.get("/api/v1/inventory?alerts=true&dialect=excel-br", Accept=browser)
            assert csv_rows(answer, ";")

    def test_a_dialect_of_another_form_is_refused(self, shared: ServedPortal) -> None:
        address = "/api/v1/items?dialect=rfc"
        assert csv_rows(shared.get(address))

        answer = shared.get(address, Accept="application/json")

        assert answer.status_code == 422
        assert "only CSV has one" in answer.json()["detail"]

    def test_an_unknown_dialect_is_refused_with_the_known_ones(self, shared: ServedPortal) -> None:
        answer = shared.get("/api/v1/items?dialect=us")

        assert answer.status_code == 422
        assert "rfc, excel-br" in answer.json()["detail"]

    def test_objects_are_no_csv(self, shared: ServedPortal) -> None:
        assert shared.get("/api/v1/datasets", Accept="text/csv").status_code == 406

    def test_kept_forms_are_told_apart(self, tmp_path: Path, shared: ServedPortal) -> None:
        for accept in ("text/csv", "application/json", "*/*", "text/csv"):
            answer = shared.get("/api/v1/metrics?limit=3", Accept=accept)
            kind = "text/csv" if accept == "text/csv" else "application/json"
            assert answer.headers["content-type"].startswith(kind)


def test_parts_can_be_asked_for_by_their_codes(shared: ServedPortal) -> None:
    rows = data(shared.get("/api/v1/items?item_id=P00002&item_id=P00005"))
    stock = data(shared.get("/api/v1/inventory?item_id=P00002"))

    assert [row["item_id"] for row in rows] == ["P00002", "P00005"]
    assert [row["item_id"] for row in stock] == ["P00002"]
