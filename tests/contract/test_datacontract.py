"""The registry judged by a tool of others: datacontract-cli, in an environment of its own.

It pins an older DuckDB, so it is installed beside the others, into ``.venv-contract``. It is
started with every connection refused, so what passes here passes without a network.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from datalayer.kernel.contract.registry import Registry
from tests.publisher import Publisher, set_value, write_tables

ROOT = Path(__file__).parents[2]
TOOL = ROOT / ".venv-contract" / "bin" / "datacontract"
REGISTRY = ROOT / "schema_registry.json"
REFUSE_CONNECTIONS = """
import os, socket

def refuse(self, address, *rest):
    with open(os.environ["CONNECTIONS"], "a") as file:
        print(address, file=file)
    raise OSError("connections are refused in this test")

socket.socket.connect = socket.socket.connect_ex = refuse
"""


class Tool:
    """Runs datacontract-cli with every connection refused and recorded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.connections = folder / "connections.txt"
        (folder / "sitecustomize.py").write_text(REFUSE_CONNECTIONS)

    def run(self, *arguments: str, publication: Path | None = None) -> dict[str, Any]:
        """Return the result that the tool wrote."""
        output = self._folder / "result.json"
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._folder),
            "CONNECTIONS": str(self.connections),
            "FAROL_PUBLICATION_FOLDER": str(publication),
        }
        done = subprocess.run(
            [TOOL, *arguments, "--output", output, "--output-format", "json"],
            env=environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert output.exists(), done.stdout + done.stderr
        result: dict[str, Any] = json.loads(output.read_text())
        return {**result, "exit_status": done.returncode}


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    assert TOOL.exists(), "`make test` installs it; see docs/contract.md"
    folder = tmp_path / "tool"
    folder.mkdir()
    return Tool(folder)


def outcomes(result: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter((check["type"], check["result"]) for check in result["checks"])


def test_the_registry_is_a_valid_contract(tool: Tool) -> None:
    result = tool.run("lint", str(REGISTRY))

    assert (result["result"], result["exit_status"]) == ("passed", 0)
    assert "ODCS v3.2.0" in result["checks"][0]["name"]
    assert not tool.connections.exists()


def test_a_publication_keeps_the_contract(
    tool: Tool, publisher: Publisher, registry: Registry, tmp_path: Path
) -> None:
    files = write_tables(publisher.tables(), tmp_path / "publication")

    result = tool.run("test", str(REGISTRY), publication=files["dim_item"].parent)

    counted = outcomes(result)
    assert result["exit_status"] == 0
    rules = sum(len(data_set.rules) for data_set in registry.data_sets.values())
    assert counted["model_quality_sql", "passed"] == rules
    # It reads no types from Parquet, and warns that it does not; validation does read them.
    unsuccessful = {key for key in counted if key[1] != "passed"}
    assert unsuccessful == {("field_type", "warning")}
    assert not tool.connections.exists()


def test_it_finds_what_breaks_the_contract_too(
    tool: Tool, publisher: Publisher, tmp_path: Path
) -> None:
    tables: dict[str, pa.Table] = publisher.tables()
    spoiled = {
        ("fact_demand", "quantity", -3.0): "field_minimum",
        ("fact_inventory", "status", "fine"): "field_enum",
        ("fact_exception", "item_id", "P99999"): "field_relationships",
        ("fact_backtest", "actual", 77.0): "model_quality_sql",
    }
    for data_set, column, value in spoiled:
        tables[data_set] = set_value(tables[data_set], column, 0, value)
    files = write_tables(tables, tmp_path / "publication")

    result = tool.run("test", str(REGISTRY), publication=files["dim_item"].parent)

    failed = {(c["model"], c["type"]) for c in result["checks"] if c["result"] == "failed"}
    assert result["exit_status"] == 1
    assert {(data_set, check) for (data_set, _, _), check in spoiled.items()} <= failed
