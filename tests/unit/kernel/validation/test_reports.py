"""What a report of a validation says, and when there is none."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from datalayer.kernel.contract.checks import CheckKind
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import ValidationTooLong, ValidationUnfinished
from datalayer.kernel.validation.validator import validate
from tests.publisher import set_value, write_tables
from tests.unit.kernel.validation.conftest import Tables, Validate, found


class TestTime:
    def test_a_validation_that_takes_too_long_is_broken_off_and_leaves_nothing(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        work = tmp_path / "work"
        work.mkdir()

        with pytest.raises(ValidationTooLong, match="longer than 1e-06 s"):
            validate(write_tables(tables, tmp_path / "files"), registry, timeout_s=1e-6, work=work)

        assert list(work.iterdir()) == []

    def test_a_validation_in_time_is_not_disturbed(
        self, tables: Tables, tmp_path: Path, registry: Registry
    ) -> None:
        assert validate(write_tables(tables, tmp_path), registry, timeout_s=600).passed


class TestReports:
    def test_every_fault_is_told_at_once(self, tables: Tables, validated: Validate) -> None:
        tables["fact_demand"] = set_value(tables["fact_demand"], "quantity", 0, math.nan)
        tables["fact_metrics"] = set_value(tables["fact_metrics"], "source", 0, "oracle")
        tables["fact_inventory"] = set_value(tables["fact_inventory"], "item_id", 5, "P99999")
        tables["dim_item"] = tables["dim_item"].drop_columns(["sku"])
        del tables["fact_exception"]

        report = validated(tables)

        assert {
            ("fact_demand", "quantity", CheckKind.FINITE),
            ("fact_metrics", "source", CheckKind.ALLOWED),
            ("fact_inventory", "item_id", CheckKind.REFERENCE),
            ("dim_item", "sku", CheckKind.COLUMN),
            ("fact_exception", None, CheckKind.FILE),
        } <= found(report)

    def test_the_summary_names_what_was_found_and_what_is_right(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["fact_demand"] = set_value(tables["fact_demand"], "quantity", 0, -3.0)

        summary = validated(tables).summary()

        assert "fact_demand.quantity: 1 row(s) with -3.0; expected at least 0" in summary
        assert "item_id=P00001" in summary

    @pytest.mark.parametrize("memory_limit", ["1KB", "500KB", "1MB", "4MB"])
    def test_too_little_memory_is_no_verdict(
        self, tables: Tables, tmp_path: Path, registry: Registry, memory_limit: str
    ) -> None:
        files = write_tables(tables, tmp_path)

        with pytest.raises(ValidationUnfinished, match="could not be finished"):
            validate(files, registry, memory_limit=memory_limit)
