"""The registry judged by a tool of others: datacontract-cli, which pins an older DuckDB."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from datalayer.kernel.contract.registry import Registry
from tests.judges.judge import PROJECT, Judge
from tests.publisher import Publisher, set_value, write_tables

REGISTRY = PROJECT / "schema_registry.json"


def judgement(judge: Judge, command: str, publication: Path | None = None) -> dict[str, Any]:
    """Return the result that the tool wrote of the registry, or of a publication by it."""
    output = judge.folder / "result.json"
    done = judge.run(
        "datacontract",
        *(command, str(REGISTRY), "--output", output, "--output-format", "json"),
        environment={"FAROL_PUBLICATION_FOLDER": str(publication)},
    )
    assert output.exists(), done.stdout + done.stderr
    result: dict[str, Any] = json.loads(output.read_text())
    return {**result, "exit_status": done.returncode}


def outcomes(result: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter((check["type"], check["result"]) for check in result["checks"])


def test_the_registry_is_a_valid_contract(judge: Judge) -> None:
    result = judgement(judge, "lint")

    assert (result["result"], result["exit_status"]) == ("passed", 0)
    assert "ODCS v3.2.0" in result["checks"][0]["name"]
    assert not judge.tried_to_connect


def test_a_publication_keeps_the_contract(
    judge: Judge, publisher: Publisher, registry: Registry, tmp_path: Path
) -> None:
    files = write_tables(publisher.tables(), tmp_path / "publication")

    result = judgement(judge, "test", files["dim_item"].parent)

    counted = outcomes(result)
    assert result["exit_status"] == 0
    rules = sum(len(data_set.rules) for data_set in registry.data_sets.values())
    assert counted["model_quality_sql", "passed"] == rules
    # It reads no types from Parquet, and warns that it does not; validation does read them.
    unsuccessful = {key for key in counted if key[1] != "passed"}
    assert unsuccessful == {("field_type", "warning")}
    assert not judge.tried_to_connect


def test_it_finds_what_breaks_the_contract_too(
    judge: Judge, publisher: Publisher, tmp_path: Path
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

    result = judgement(judge, "test", files["dim_item"].parent)

    failed = {(c["model"], c["type"]) for c in result["checks"] if c["result"] == "failed"}
    assert result["exit_status"] == 1
    assert {(data_set, check) for (data_set, _, _), check in spoiled.items()} <= failed
