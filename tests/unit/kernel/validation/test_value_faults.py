"""What validation finds in columns and their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from datalayer.kernel.contract.checks import CheckKind
from datalayer.kernel.contract.claims import claims_of
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationReport
from datalayer.kernel.validation.validator import validate
from tests.publisher import Publisher, replace_column, set_value, write_tables
from tests.unit.kernel.validation.conftest import Tables, Validate, found, the_fault


class TestColumns:
    def test_a_missing_one_is_a_fault(self, tables: Tables, validated: Validate) -> None:
        tables["fact_demand"] = tables["fact_demand"].drop_columns(["quantity"])

        report = validated(tables)

        assert found(report) == {("fact_demand", "quantity", CheckKind.COLUMN)}

    def test_a_misspelt_one_is_named_beside_the_missing(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["fact_demand"] = tables["fact_demand"].rename_columns({"quantity": "Quantity"})

        report = validated(tables)

        assert "Quantity" in the_fault(report).found
        assert [w.column for w in report.warnings] == ["Quantity"]

    def test_an_unknown_one_only_warns(self, tables: Tables, validated: Validate) -> None:
        extra = pa.array([1] * tables["dim_item"].num_rows)
        tables["dim_item"] = tables["dim_item"].append_column("shelf", extra)

        report = validated(tables)

        assert report.passed
        assert [(w.data_set, w.column) for w in report.warnings] == [("dim_item", "shelf")]


class TestValues:
    def test_a_bad_value_is_found_with_its_key(self, tables: Tables, validated: Validate) -> None:
        tables["fact_metrics"] = set_value(tables["fact_metrics"], "source", 1, "oracle")

        fault = next(f for f in validated(tables).faults if f.check == CheckKind.ALLOWED)

        assert (fault.data_set, fault.column, fault.count) == ("fact_metrics", "source", 1)
        assert len(fault.samples) == 1
        assert fault.samples[0].startswith("item_id=P00001, location_id=network, source=oracle")

    def test_a_nan_is_found_in_spite_of_statistics_that_pass_over_it(
        self, tables: Tables, validated: Validate
    ) -> None:
        values = [1.0] * tables["fact_metrics"].num_rows
        values[5] = math.nan
        tables["fact_metrics"] = replace_column(tables["fact_metrics"], "rmsse", values)

        fault = the_fault(validated(tables))

        assert (fault.data_set, fault.column, fault.check) == (
            "fact_metrics",
            "rmsse",
            CheckKind.FINITE,
        )
        assert "nan" in fault.found
        assert len(fault.samples) == 1

    def test_no_more_than_five_samples_are_shown(self, tables: Tables, validated: Validate) -> None:
        size = tables["fact_metrics"].num_rows
        tables["fact_metrics"] = replace_column(tables["fact_metrics"], "wape", [-1.0] * size)

        fault = the_fault(validated(tables))

        assert (fault.count, len(fault.samples)) == (size, 5)


class TestText:
    def test_text_longer_than_its_form_is_found_and_only_its_beginning_is_shown(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["dim_item"] = set_value(tables["dim_item"], "name", 1, "A" * 1_000_000)

        fault = the_fault(validated(tables))

        assert (fault.data_set, fault.column, fault.check) == ("dim_item", "name", CheckKind.TEXT)
        assert fault.samples == ("item_id=P00002",)
        assert fault.found.endswith("A... (1000000 characters)")
        assert len(str(fault)) < 500

    def test_what_a_sample_holds_that_nobody_sees_is_written_out(
        self, tables: Tables, validated: Validate
    ) -> None:
        tables["dim_item"] = set_value(tables["dim_item"], "sku", 0, "A\u200b\x1b[31m")

        fault = the_fault(validated(tables))

        assert r"A\u200b\x1b[31m" in fault.found

    @pytest.mark.parametrize(
        ("code", "twin"),
        [
            ("AB-1", "ab-1"),
            ("AB-1", "A\u0412-1"),
            ("AB-1", "AB\u20111"),
            ("caf\u00e9", "cafe\u0301"),
            ("A B", "A\u00a0B"),
        ],
    )
    def test_codes_that_look_the_same_are_a_warning(
        self, publisher: Publisher, validated: Validate, code: str, twin: str
    ) -> None:
        tables = publisher.tables()
        items = tables["dim_item"]
        row = items.slice(0, 1)
        rows = [items, *(replace_column(row, "item_id", [each]) for each in (code, twin))]
        tables["dim_item"] = pa.concat_tables(rows).sort_by("item_id")

        report = validated(tables)

        assert report.passed, report.summary()
        (warning,) = report.warnings
        assert (warning.column, warning.check, warning.count) == ("item_id", CheckKind.TWINS, 1)
        assert all(each.isprintable() for each in warning.samples)


class TestDataThrough:
    @pytest.fixture
    def judged(
        self, publisher: Publisher, tmp_path: Path, registry: Registry
    ) -> Callable[[date, str], ValidationReport]:
        """Validate sound data, whose rows end on 2026-11-20, under other claims."""
        files = write_tables(publisher.tables(), tmp_path)
        claims = claims_of(publisher.publish())
        return lambda day, frequency: validate(
            files, registry, claims=replace(claims, data_through=day, frequency=frequency)
        )

    @pytest.mark.parametrize(
        ("day", "frequency"),
        [
            (date(2026, 11, 20), "D"),
            (date(2026, 11, 26), "W"),
            (date(2026, 12, 19), "MS"),
            (date(2026, 12, 1), "None"),
        ],
    )
    def test_the_last_day_observed_or_the_end_of_its_period_is_sound(
        self, judged: Callable[[date, str], ValidationReport], day: date, frequency: str
    ) -> None:
        report = judged(day, frequency)

        assert report.passed, report.summary()

    @pytest.mark.parametrize(
        ("day", "frequency"),
        [
            (date(1, 1, 1), "D"),
            (date(1970, 1, 1), "D"),
            (date(2026, 11, 19), "D"),
            (date(2026, 11, 21), "D"),
            (date(2026, 11, 19), "W"),
            (date(2026, 11, 27), "W"),
            (date(2026, 12, 20), "MS"),
            (date(2026, 12, 21), "None"),
        ],
    )
    def test_any_other_day_is_found(
        self, judged: Callable[[date, str], ValidationReport], day: date, frequency: str
    ) -> None:
        fault = the_fault(judged(day, frequency))

        assert fault.check == CheckKind.DATA_THROUGH
        assert f"data_through {day}, where the rows end on 2026-11-20" in fault.found
