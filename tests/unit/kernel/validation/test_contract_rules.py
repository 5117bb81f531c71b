"""The contract's own rules hold of sound content and read nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.validation.validator import validate
from tests.portals import ROOT
from tests.publisher import write_tables
from tests.unit.kernel.validation.conftest import Tables, the_fault


class TestRules:
    def test_every_rule_shows_no_samples_where_it_holds(
        self, tables: Tables, registry: Registry
    ) -> None:
        with duckdb.connect(":memory:") as connection:
            for name, table in tables.items():
                connection.register(name, table)

            for data_set in registry.data_sets.values():
                for rule in data_set.rules:
                    assert connection.execute(rule.query).fetchall() == [(0,)], rule.name
                    assert connection.execute(rule.sample_query).fetchall() == [], rule.name


def test_a_file_outside_the_publication_can_not_be_read_by_a_rule(
    tables: dict[str, Any], tmp_path: Path
) -> None:
    content = json.loads((ROOT / "schema_registry.json").read_text(encoding="utf-8"))
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    content["schema"][0]["quality"][0]["query"] = f"select (select count(*) from '{secret}')"
    path = tmp_path / "registry.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    report = validate(write_tables(tables, tmp_path / "files"), load_registry(path))

    assert "can't be run" in the_fault(report).found
