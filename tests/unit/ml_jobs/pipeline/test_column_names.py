"""Files call columns as they do: headings that are given for names are used, or refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ml_jobs.errors import InputError, UsageError
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_inputs import RunInputs, read_inputs
from ml_jobs.progress import Work

pytestmark = pytest.mark.ml

NOW = datetime(2026, 11, 21, tzinfo=UTC)
COLUMNS = {"item_id": "Material", "date": "Data lançamento", "quantity": "Qtd"}


def silent(_work: Work) -> None: ...


@pytest.fixture
def demand(tmp_path: Path) -> Path:
    days = [(NOW - timedelta(days=n)).date().isoformat() for n in range(30)]
    path = tmp_path / "demand.csv"
    lines = ["Material;Data lançamento;Qtd;Centro", *(f"A;{day};3;SP" for day in days)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def read(demand: Path, columns: dict[str, str] | None, **files: Path) -> RunInputs:
    request = JobRequest(
        demand=demand, generated_at=NOW, reading=ReadingOptions(columns=columns), **files
    )
    return read_inputs(request, report=silent)


def test_demand_is_read_from_the_headings_given(demand: Path) -> None:
    inputs = read(demand, COLUMNS)

    assert inputs.look.rows is not None
    assert inputs.look.rows.items.values == ("A",)


def test_blanks_and_letter_case_of_a_heading_do_not_count(demand: Path) -> None:
    inputs = read(demand, {**COLUMNS, "date": "DATA  lançamento "})

    assert inputs.look.coverage.location_ids == ("network",)


def test_a_heading_serves_every_file_that_has_it(demand: Path, tmp_path: Path) -> None:
    stock = tmp_path / "stock.csv"
    stock.write_text("Material;Qtd\nA;7\n", encoding="utf-8")

    inputs = read(demand, {**COLUMNS, "current_stock": "Qtd"}, stock=stock)

    assert inputs.stock is not None
    assert inputs.stock.table.column("current_stock").to_pylist() == [7.0]


def test_a_heading_given_goes_before_the_name_itself(demand: Path, tmp_path: Path) -> None:
    text = demand.read_text(encoding="utf-8").replace("Centro", "quantity").replace("SP", "99")
    demand.write_text(text, encoding="utf-8")

    inputs = read(demand, COLUMNS)

    assert inputs.look.rows is not None
    assert set(inputs.look.rows.quantities.tolist()) == {3.0}


def test_a_heading_that_no_file_has_is_refused_with_a_near_one(demand: Path) -> None:
    with pytest.raises(UsageError, match=r"location_id from Centros, .* did you mean Centro\?"):
        read(demand, {**COLUMNS, "location_id": "Centros"})


def test_a_required_heading_that_is_not_there_is_refused_with_a_near_one(demand: Path) -> None:
    with pytest.raises(InputError, match=r"takes item_id from Materail, .*did you mean Material"):
        read(demand, {**COLUMNS, "item_id": "Materail"})


def test_what_is_given_rightly_stays_in_what_is_proposed(demand: Path) -> None:
    with pytest.raises(
        InputError, match=r"give --columns 'item_id=Material,date=Data lançamento,quantity=Qtd'$"
    ):
        read(demand, {"item_id": "Material", "date": "Dia"})


def test_a_name_that_nothing_reads_is_refused_with_a_near_one(demand: Path) -> None:
    with pytest.raises(UsageError, match=r"gives Centro for locationid, .*mean location_id\?"):
        read(demand, {**COLUMNS, "locationid": "Centro"})


@pytest.mark.parametrize(
    ("headings", "proposed"),
    [
        (
            "Material;Pstng Date;Qty in UnE",
            "'item_id=Material,date=Pstng Date,quantity=Qty in UnE'",
        ),
        ("D2_COD;D2_EMISSAO;D2_QUANT", "item_id=D2_COD,date=D2_EMISSAO,quantity=D2_QUANT"),
        ("D3_COD;D3_EMISSAO;D3_QUANT", "item_id=D3_COD,date=D3_EMISSAO,quantity=D3_QUANT"),
        ("Código;Data;Qtde.", "'item_id=Código,date=Data,quantity=Qtde.'"),
        ("PRODUTO;EMISSÃO;QUANTIDADE", "'item_id=PRODUTO,date=EMISSÃO,quantity=QUANTIDADE'"),
        ('Produto;"Data; hora";Qtd', "item_id=Produto,quantity=Qtd"),
    ],
)
def test_usual_headings_are_proposed_as_an_argument_to_be_copied(
    tmp_path: Path, headings: str, proposed: str
) -> None:
    path = tmp_path / "demand.csv"
    path.write_text(f"{headings}\nA;2026-01-01;5\n", encoding="utf-8")

    with pytest.raises(InputError) as refused:
        read(path, None)

    assert f"give --columns {proposed}" in str(refused.value)
