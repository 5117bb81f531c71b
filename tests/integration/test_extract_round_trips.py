"""What extracts hold comes back exactly in the programs that people open them with."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import ANYONE
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.reading.database import Database
from datalayer.reading.extracts.digests import DigestMemo
from datalayer.reading.extracts.requests import ExtractRequest
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.publication import Publication
from tests.extracted import AWKWARD, content, settled_files
from tests.publisher import Publisher, replace_column
from tests.reading import publication_of, publications_folder, snapshot_of

NUMBERS = [0.1, 1 / 3, 123456789.123456, 1e22, 2.5e-7, 0.0, 100.0, 0.125]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def publication(registry: Registry, folder_store: FolderStore) -> Iterator[Publication]:
    """Reads parts with awkward codes, names and costs, a category that is null and one empty."""
    publisher = Publisher(folder_store, registry)
    count = len(AWKWARD)
    tables = publisher.tables(items=count)
    costs = [NUMBERS[place % len(NUMBERS)] for place in range(count)]
    parts = replace_column(tables["dim_item"], "name", AWKWARD)
    parts = replace_column(parts, "sku", [f"{place:05d}" for place in range(count)])
    parts = replace_column(parts, "category", [None, "", *["Cabos"] * (count - 2)])
    tables["dim_item"] = replace_column(parts, "unit_cost", costs)
    manifest = publisher.publish(tables=tables)
    database = Database(publications_folder(folder_store), registry, memory_limit="256MiB")
    yield publication_of(snapshot_of(manifest, folder_store), registry, database)
    database.close()


@pytest.fixture
def extracts(tmp_path: Path) -> Extracts:
    memo, settled = DigestMemo(tmp_path / "digests.json"), settled_files(tmp_path)
    return Extracts(AuditLog(tmp_path / "audit.jsonl"), memo, settled, members_only=False)


def taken(
    extracts: Extracts, publication: Publication, *request: Any
) -> tuple[bytes, dict[str, Any]]:
    """Return a file and its description, as JSON brings it."""
    asked = ExtractRequest(*request)
    about = json.dumps(extracts.describe(publication, asked, ANYONE), default=str)
    return content(extracts.extract(publication, asked, ANYONE)), json.loads(about)


def published(publication: Publication, name: str) -> pa.Table:
    return pq.read_table(publication.snapshot.path(name))


def names_of(about: dict[str, Any], *bases: str) -> list[str]:
    """Return the columns of these types, as the description tells them."""
    columns = about["tableSchema"]["columns"]
    return [each["name"] for each in columns if each["datatype"]["base"] in bases]


@pytest.mark.parametrize("name", ["dim_item", "fact_forecast", "fact_metrics"])
class TestCsvInPrograms:
    def test_in_pandas(self, extracts: Extracts, publication: Publication, name: str) -> None:
        file, about = taken(extracts, publication, name)

        texts = dict.fromkeys(names_of(about, "string"), "string")
        frame = pd.read_csv(
            io.BytesIO(file),
            dtype=texts,
            parse_dates=names_of(about, "date", "dateTimeStamp"),
        )

        table = published(publication, name)
        assert len(frame) == about["rows"] == table.num_rows
        for column in names_of(about, "double"):
            expected = table[column].to_pandas()
            pd.testing.assert_series_equal(
                frame[column], expected, check_exact=True, check_dtype=False
            )
        for column in set(texts) - {"category"}:  # pandas can't tell empty text from null
            assert frame[column].astype(object).where(frame[column].notna(), None).tolist() == (
                table[column].to_pylist()
            )

    def test_in_duckdb(
        self, extracts: Extracts, publication: Publication, tmp_path: Path, name: str
    ) -> None:
        file, _about = taken(extracts, publication, name)
        (tmp_path / "file.csv").write_bytes(file)
        types = {column.name: column.type.value for column in _columns(publication, name)}

        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            read = connection.sql(
                "select * from read_csv($path, columns = $types, header = true, delim = ',', "
                "quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
                "auto_detect = false, parallel = false, new_line = '\\r\\n')",
                params={"path": str(tmp_path / "file.csv"), "types": types},
            ).to_arrow_table()

        table = published(publication, name)
        assert read.cast(table.schema).equals(table)

    def test_in_polars(self, extracts: Extracts, publication: Publication, name: str) -> None:
        file, _about = taken(extracts, publication, name)
        schema = {c.name: _POLARS[c.type.value] for c in _columns(publication, name)}

        frame = pl.read_csv(io.BytesIO(file), schema=schema)

        table = published(publication, name)
        expected = pl.from_arrow(table)
        assert isinstance(expected, pl.DataFrame)
        plain = [column for column in frame.columns if column not in _times(publication, name)]
        assert frame.select(plain).equals(expected.select(plain))


_POLARS: dict[str, Any] = {
    "VARCHAR": pl.String,
    "DOUBLE": pl.Float64,
    "BIGINT": pl.Int64,
    "BOOLEAN": pl.Boolean,
    "DATE": pl.Date,
    "TIMESTAMP WITH TIME ZONE": pl.String,
}


def _columns(publication: Publication, name: str) -> Any:
    return publication.registry.data_sets[name].columns


def _times(publication: Publication, name: str) -> set[str]:
    return {c.name for c in _columns(publication, name) if c.type.value.startswith("TIMESTAMP")}


@pytest.mark.parametrize("name", ["dim_item", "fact_forecast"])
class TestTypedInPrograms:
    def test_arrow_in_polars(self, extracts: Extracts, publication: Publication, name: str) -> None:
        file, _ = taken(extracts, publication, name, "arrow")

        assert pl.read_ipc_stream(io.BytesIO(file)).equals(
            pl.from_arrow(published(publication, name))
        )

    def test_parquet_in_pandas(
        self, extracts: Extracts, publication: Publication, name: str
    ) -> None:
        file, _ = taken(extracts, publication, name, "parquet")

        read = pd.read_parquet(io.BytesIO(file))
        pd.testing.assert_frame_equal(read, published(publication, name).to_pandas())


def cells(workbook: Path) -> list[dict[str, tuple[str, str]]]:
    """Return kind and content of the cells of each row by column, formulas as what they give."""
    with zipfile.ZipFile(workbook) as parts:
        shared = [
            "".join(text.text or "" for text in each.iter(f"{SHEET}t"))
            for each in ElementTree.fromstring(parts.read("xl/sharedStrings.xml"))
        ]
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))
    return [
        {each.get("r", "").rstrip("0123456789"): _cell(each, shared) for each in row}
        for row in sheet.iter(f"{SHEET}row")
    ]


def _cell(cell: ElementTree.Element, shared: list[str]) -> tuple[str, str]:
    value = cell.findtext(f"{SHEET}v") or ""
    kind = cell.get("t", "n")
    if kind == "s":
        return "text", shared[int(value)]
    return {"str": "text", "n": "number", "b": "truth"}[kind], value


def opened_in_libreoffice(csv: Path, folder: Path) -> list[dict[str, tuple[str, str]]]:
    """Return the rows of a file as LibreOffice under pt-BR has them, empty cells left out."""
    office = shutil.which("soffice")
    assert office, "LibreOffice is missing: apt-get install libreoffice-calc"
    subprocess.run(
        [
            office,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            # Semicolon, quote, UTF-8, from row 1, no column types, pt-BR, quotes don't make text,
            # numbers and dates are recognised: what a double click does.
            "--infilter=CSV:59,34,76,1,,1046,false,true",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(folder),
            str(csv),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    head, *rows = cells(folder / csv.with_suffix(".xlsx").name)
    return [{head[column][1]: cell for column, cell in row.items()} for row in rows]


def test_excel_br_in_libreoffice(
    extracts: Extracts, publication: Publication, tmp_path: Path
) -> None:
    table = published(publication, "dim_item").to_pylist()
    file, _ = taken(extracts, publication, "dim_item", "csv", "excel-br")
    (tmp_path / "parts.csv").write_bytes(file)

    rows = opened_in_libreoffice(tmp_path / "parts.csv", tmp_path)

    # A cell's own line ends are LF in LibreOffice.
    names = [("text", each["name"].replace("\r\n", "\n")) for each in table]
    assert [row["name"] for row in rows] == names
    assert [row["sku"] for row in rows] == [("text", each["sku"]) for each in table]
    # LibreOffice itself writes fifteen digits into a workbook.
    costs = [(kind, f"{float(value):.14e}") for kind, value in (row["unit_cost"] for row in rows)]
    assert costs == [("number", f"{each['unit_cost']:.14e}") for each in table]
    # A spreadsheet counts a time in days since 1899; the name of the column has its zone.
    ((kind, days),) = {row["generated_at_utc"] for row in rows}
    generated = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=float(days))
    apart = abs(generated - table[0]["generated_at"])
    assert (kind, apart < timedelta(milliseconds=1)) == ("number", True)


def test_excel_br_in_pandas(extracts: Extracts, publication: Publication) -> None:
    file, about = taken(extracts, publication, "fact_forecast", "csv", "excel-br")

    frame = pd.read_csv(
        io.BytesIO(file),
        sep=about["dialect"]["delimiter"],
        decimal=",",
        encoding="utf-8-sig",
    )

    expected = published(publication, "fact_forecast")
    assert frame["q950"].tolist() == expected["q950"].to_pylist()
    assert frame["date"].tolist() == [f"{day:%d/%m/%Y}" for day in expected["date"].to_pylist()]
