"""The input files of a run must be about the same parts and places."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from ml_jobs.errors import InputError
from ml_jobs.panel import Items
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_inputs import RunInputs, read_inputs
from ml_jobs.progress import silent

pytestmark = pytest.mark.ml

ITEMS = ("00101", "00102", "Conexão", "D4")
PLACES = ("SP", "RJ")

Read = Callable[..., RunInputs]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write the files given by their options, and read them beside demand of two places."""
    first = date(2026, 1, 1)
    rows = [
        f"{item},{place},{first + timedelta(days=day)},{day % 3}"
        for item in ITEMS
        for place in PLACES
        for day in range(40)
    ]
    demand = tmp_path / "demand.csv"
    demand.write_text("\n".join(["item_id,location_id,date,quantity", *rows]), encoding="utf-8")

    def reading(**files: str) -> RunInputs:
        paths = {}
        for option, content in files.items():
            paths[option] = tmp_path / f"{option}.csv"
            paths[option].write_text(content, encoding="utf-8")
        moment = datetime(2026, 11, 21, tzinfo=UTC)
        return read_inputs(JobRequest(demand=demand, generated_at=moment, **paths), report=silent)

    return reading


def test_stock_without_the_zeros_of_its_codes_is_refused(read: Read) -> None:
    with pytest.raises(
        InputError, match=r"stock\.csv has 2 item\(s\), none among the 4 .* '101' may be '00101'"
    ):
        read(stock="item_id,current_stock\n101,5\n102,6\n")


def test_an_item_file_of_other_parts_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match=r"items\.csv has 1 item\(s\), none among the 4"):
        read(items="item_id,unit_cost\nX,5\n")


def test_codes_that_look_the_same_are_the_same_in_every_file(read: Read) -> None:
    decomposed = unicodedata.normalize("NFD", "Conexão")

    inputs = read(stock=f"item_id,current_stock\n{decomposed}\u00a0,5\n D4 ,6\n")

    assert inputs.stock is not None
    assert inputs.stock.codes("item_id") == {"Conexão", "D4"}
    assert inputs.remarks == ()


def test_places_of_the_stock_that_are_spelt_otherwise_refuse_it(read: Read) -> None:
    with pytest.raises(InputError, match=r"2 location\(s\), none among the 2 .* 'sp' may be 'SP'"):
        read(stock="item_id,location_id,current_stock\nD4,sp,5\nD4,rj,6\n")


def test_places_of_the_stock_that_are_no_locations_are_named(read: Read) -> None:
    inputs = read(stock="item_id,location_id,current_stock\nD4,SP,5\nD4,BIN-7,6\n")

    (remark,) = inputs.remarks
    assert remark == (
        "1 location(s) of stock.csv are not among the locations; their stock counts for the "
        "network: 'BIN-7'"
    )


def test_locations_that_are_spelt_otherwise_are_refused(read: Read) -> None:
    with pytest.raises(InputError, match=r"locations\.csv has 2 location\(s\), none .* may be"):
        read(locations="location_id,name\nsp,São Paulo\nrj,Rio\n")


def test_how_a_file_beside_demand_is_written_is_said_once(read: Read, tmp_path: Path) -> None:
    inputs = read(stock="sep=;\n\nEstoque de peças\nitem_id;current_stock\nD4;5\n")
    unsaid = pa.nulls(1, pa.float64())
    items = Items(pa.table({"item_id": ["D4"], "repair_days": unsaid, "condemnation": unsaid}))

    said = [*inputs.remarks, *inputs.unused(items)]

    assert len(said) == len(set(said))
    assert any("headings stand on line 4" in note for note in said)
