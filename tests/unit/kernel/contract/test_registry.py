"""The registry of this repository, as job and portal read it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.contract.registry import ColumnType, Reference, Registry
from datalayer.kernel.contract.registry_loader import load_registry
from tests.unit.kernel.contract.registry_copies import changed, update


class TestThisRegistry:
    def test_a_publication_has_eleven_data_sets_at_least(self, registry: Registry) -> None:
        assert {d.name for d in registry.data_sets.values() if not d.optional} == {
            "dim_item",
            "dim_location",
            "fact_demand",
            "fact_forecast",
            "fact_backtest",
            "fact_metrics",
            "agg_metrics",
            "agg_daily",
            "agg_policy",
            "fact_inventory",
            "fact_exception",
        }

    def test_decisions_may_be_left_out(self, registry: Registry) -> None:
        assert {d.name for d in registry.data_sets.values() if d.optional} == {
            "fact_action",
            "fact_lead_time",
            "fact_projection",
            "fact_period",
            "fact_open_order",
            "agg_policy_money",
            "agg_availability",
            "agg_promise",
            "fact_availability",
            "fact_buy_list",
            "fact_repair",
            "fact_transfer",
            "agg_transfer",
            "agg_regret",
        }

    def test_facts_are_keyed_in_the_order_in_which_they_are_read(self, registry: Registry) -> None:
        assert registry.data_sets["fact_forecast"].key == (
            "item_id",
            "location_id",
            "source",
            "date",
        )

    def test_quantile_columns_are_named_in_permille(self, registry: Registry) -> None:
        quantiles = registry.data_sets["fact_forecast"].quantiles

        assert [(c.name, c.quantile_level) for c in quantiles][:3] == [
            ("q025", 0.025),
            ("q050", 0.05),
            ("q100", 0.1),
        ]
        assert len(quantiles) == 10

    def test_every_result_bears_its_provenance(self, registry: Registry) -> None:
        for found in registry.data_sets.values():
            required = {c.name for c in found.columns if c.required}
            assert {"dataset_id", "generated_at"} <= required

    def test_sources_are_the_values_of_source_columns(self, registry: Registry) -> None:
        source = registry.data_sets["fact_forecast"].column("source")

        assert source.allowed == tuple(registry.sources)
        assert source.value_labels["naive"].pt_BR == "Ingênua sazonal"

    def test_references_name_their_target(self, registry: Registry) -> None:
        item_id = registry.data_sets["fact_demand"].column("item_id")

        assert item_id.reference == Reference("dim_item", "item_id")

    def test_times_have_their_zone(self, registry: Registry) -> None:
        generated_at = registry.data_sets["fact_demand"].column("generated_at")

        assert generated_at.type is ColumnType.TIMESTAMP

    def test_each_reason_explains_itself_in_both_languages(self, registry: Registry) -> None:
        for reason in (*registry.reason_codes.values(), *registry.check_reasons.values()):
            figures = {"observed": "1", "expected": "2", "threshold": "3"}
            assert reason.sentence.en.format(**figures) != reason.sentence.pt_BR.format(**figures)

    def test_fingerprints_tell_data_sets_apart(self, registry: Registry) -> None:
        assert len(set(registry.fingerprints.values())) == len(registry.data_sets)

    def test_a_changed_column_changes_one_fingerprint(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        copy = load_registry(changed(tmp_path, update("dim_item.sku", description="Other.")))

        differing = {
            name
            for name, fingerprint in copy.fingerprints.items()
            if fingerprint != registry.fingerprints[name]
        }
        assert differing == {"dim_item"}


class TestTextForms:
    @given(text=st.text(st.characters(codec="utf-8") | st.sampled_from("./ "), max_size=12))
    def test_python_duckdb_and_arrow_agree_on_what_is_a_code(
        self, registry: Registry, text: str
    ) -> None:
        form = registry.text_forms["code"]

        by_duckdb = duckdb.execute(
            "select regexp_full_match($text, $whole) and not regexp_matches($text, $without)",
            {"text": text, "whole": form.pattern, "without": form.without},
        )
        texts = pa.array([text])
        whole = pc.match_substring_regex(texts, f"^(?:{form.pattern})$")[0].as_py()
        ruled_out = pc.match_substring_regex(texts, form.without)[0].as_py()

        assert form.fits(text) == by_duckdb.fetchall()[0][0] == (whole and not ruled_out)

    @pytest.mark.parametrize(
        "code",
        [
            "1",
            "A/B",
            "A//B",
            "A/.B",
            "A/...",
            "1.5/2.5",
            "A B",
            ".A",
            "..A",
            "...",
            "A..",
            "\u00c7\u00e3o-7",
            "\u90e8\u54c1",
            "A" * 200,
        ],
    )
    def test_what_an_address_can_name_is_a_code(self, registry: Registry, code: str) -> None:
        assert registry.text_forms["code"].fits(code)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            ".",
            "..",
            "../../etc/passwd",
            "A/..",
            "./A",
            "A/./B",
            " A",
            "A\u3000",
            "A\r\n",
            "A\x7f",
            "A\u2066",
            "A\U000e0041",
            "A" * 201,
        ],
    )
    def test_nothing_else_is_a_code(self, registry: Registry, text: str) -> None:
        assert not registry.text_forms["code"].fits(text)

    def test_every_free_text_is_bounded(self, registry: Registry) -> None:
        for each in registry.data_sets.values():
            for column in each.columns:
                free = column.type is ColumnType.TEXT and not column.allowed
                assert (column.form is not None) == free, column.name
