"""Every fault that a changed copy of the registry can have is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.kernel.contract.registry_copies import (
    Change,
    changed,
    column,
    custom,
    data_set,
    faults,
    profile_column,
    update,
)


def every_column(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for described in content["schema"]:
        for found in described["properties"]:
            yield f"{described['name']}.{found['name']}", found


# What every column can have wrong, and what is said of the column then.
COLUMN_FAULTS: dict[str, tuple[dict[str, object], str]] = {
    "unknown type": ({"physicalType": "MONEY"}, "unknown physicalType 'MONEY'"),
    "types that disagree": ({"logicalType": "money"}, "logicalType 'money' does not go with"),
    "no label": ({"businessName": ""}, "businessName (label in English) is missing"),
    "no description": ({"description": " "}, "description (in English) is missing"),
    "no translations": ({"customProperties": []}, "customProperties.labelPtBr is missing"),
    "an unknown limit": (
        {"logicalTypeOptions": {"exclusiveMinimum": 0}},
        "exclusiveMinimum is not checked by anything",
    ),
    "a limit that is no number": (
        {"logicalTypeOptions": {"minimum": "low"}},
        "minimum and maximum must be finite numbers",
    ),
    "a target that is none": (
        {"relationships": [{"to": "dim_items.item_id"}]},
        "refers to 'dim_items.item_id', which is not a column",
    ),
    "a target that is no key": (
        {"relationships": [{"to": "dim_item.sku"}]},
        "refers to 'dim_item.sku', which is not a key",
    ),
    "two targets": (
        {"relationships": [{"to": "dim_item.item_id"}, {"to": "dim_item.item_id"}]},
        "more than one relationship",
    ),
    "a value without labels": (
        {"enum": [{"value": "A", "label": "A"}]},
        "value 'A' needs label and labelPtBr",
    ),
    "a value twice": ({"enum": [{"value": "A"}, {"value": "A"}]}, "value 'A' stands 2 times"),
    "a form that is none": (
        {"customProperties": [{"property": "textForm", "value": "x"}]},
        "textForm 'x' is not among customProperties.textForms",
    ),
    "a form of what is no free text": (
        {
            "customProperties": [{"property": "textForm", "value": "code"}],
            "enum": [{"value": "A"}],
        },
        "textForm needs a text column without listed values",
    ),
    "an unknown clock": (
        {"customProperties": [{"property": "lastObserved", "value": "x"}]},
        "lastObserved 'x' must be one of period, day",
    ),
    "an unknown list": (
        {"customProperties": [{"property": "valuesFrom", "value": "x"}]},
        "valuesFrom 'x' must be one of",
    ),
}


@pytest.mark.parametrize("fault", COLUMN_FAULTS)
def test_the_same_fault_is_said_of_every_column_that_has_it(tmp_path: Path, fault: str) -> None:
    values, said = COLUMN_FAULTS[fault]
    places: list[str] = []

    def spoil(content: dict[str, Any]) -> None:
        for place, found in every_column(content):
            found.update(values)
            places.append(place)

    lines = faults(changed(tmp_path, spoil)).splitlines()

    assert [line.partition(":")[0] for line in lines if said in line] == places


def test_every_key_column_must_be_required(tmp_path: Path) -> None:
    keys: list[str] = []

    def spoil(content: dict[str, Any]) -> None:
        for place, found in every_column(content):
            if found.get("primaryKey"):
                found["required"] = False
                keys.append(place)

    said = faults(changed(tmp_path, spoil))

    for place in keys:
        data_set_name, _, name = place.partition(".")
        assert f"data set '{data_set_name}': key column '{name}' must be required" in said


def test_every_data_set_needs_its_provenance(tmp_path: Path) -> None:
    names: list[str] = []

    def spoil(content: dict[str, Any]) -> None:
        for described in content["schema"]:
            names.append(described["name"])
            for name in ("dataset_id", "generated_at"):
                column(content, f"{described['name']}.{name}")["required"] = False

    said = faults(changed(tmp_path, spoil))

    for name in names:
        assert f"data set '{name}': needs a required column 'dataset_id'" in said
        assert f"data set '{name}': needs a required column 'generated_at'" in said


class TestFaults:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (update("dim_item.sku", name="name"), "column 'name' stands 2 times"),
            (update("dim_item.sku", logicalType="date"), "'date' does not go with VARCHAR"),
            (update("dim_item.sku", name="SKU no."), "lower-case letters"),
            (
                update("fact_demand.date", primaryKeyPosition=5),
                "key positions [1, 2, 5] have a gap",
            ),
            (update("dim_item.item_id", primaryKey=False), "no column is a primaryKey"),
            (
                update("dim_item.unit_cost", logicalTypeOptions={"minimum": 5, "maximum": 1}),
                "minimum 5 is above maximum 1",
            ),
            (
                update("dim_item.sku", logicalTypeOptions={"minimum": 0}),
                "a range needs a number column",
            ),
            (update("fact_forecast.model_version", required=False), "'model_version' of type"),
            (update("dim_item.generated_at", physicalType="DATE"), "'generated_at' of type"),
            (lambda c: c["schema"].append(c["schema"][0]), "data set 'dim_item' stands 2 times"),
            (lambda c: c.update(apiVersion="v3.1.0"), "apiVersion is 'v3.1.0'"),
            (lambda c: c.update(schema=[]), "schema lists no data set"),
            (lambda c: c["slaProperties"].pop(), "needs dueAfter and staleAfter"),
            (
                lambda c: c["slaProperties"][0].update(value=1000),
                "is due after 1000.0 h and stale after 168.0 h",
            ),
            (
                lambda c: custom(c, "sources")["value"][0].update(kind="oracle"),
                "kind 'oracle' must be model or baseline",
            ),
            (
                update(
                    "dim_item.sku", customProperties=[{"property": "lastObserved", "value": "day"}]
                ),
                "lastObserved needs a date column",
            ),
            (
                lambda c: custom(c, "textForms")["value"][0].update(maxLength=0),
                "maxLength 0 must be a whole number from 1",
            ),
            (
                lambda c: custom(c, "textForms")["value"][0].update(pattern="("),
                "pattern '(' is not a regular expression",
            ),
            (
                lambda c: custom(c, "textForms")["value"][0].update(pattern=5),
                "pattern 5 is not a regular expression",
            ),
            (
                lambda c: custom(c, "textForms")["value"].pop(1),
                "customProperties.textForms lists no 'name'",
            ),
            (
                lambda c: custom(c, "reasonCodes")["value"][0].update(sentence="No places"),
                "sentence must have the places",
            ),
            (
                lambda c: custom(c, "reasonCodes")["value"][0].update(threshold="high"),
                "threshold 'high' must be a finite number",
            ),
            (
                lambda c: custom(c, "orderProfiles")["value"][0].update(name="Generic"),
                "order profile 'Generic': the name must be lower-case letters, digits and -",
            ),
            (
                lambda c: custom(c, "orderProfiles")["value"][0].update(encoding="ebcdic"),
                "order profile 'generic': encoding is 'ebcdic'; it must be one of 'utf-8'",
            ),
            (
                lambda c: custom(c, "orderProfiles")["value"][0].update(delimiter=","),
                "order profile 'generic': delimiter and decimal are both ','",
            ),
            (
                lambda c: custom(c, "orderProfiles")["value"][0].update(columns=[]),
                "order profile 'generic': columns must list at least one column",
            ),
            (
                lambda c: profile_column(c, 0).update(value="fact_action.colour"),
                "column 'line': value 'fact_action.colour' must be a column of",
            ),
            (
                lambda c: profile_column(c, 0).update(constant="x"),
                "column 'line': needs either value or constant",
            ),
            (
                lambda c: profile_column(c, 1).update(heading="line"),
                "order profile 'generic': two columns have the heading 'line'",
            ),
            (
                lambda c: profile_column(c, 1).update(heading="a;b"),
                "the heading must be text without separators",
            ),
            (
                lambda c: profile_column(c, 1).update(step=10),
                "column 'item_id': step is for order.line only",
            ),
            (
                lambda c: profile_column(c, 0).update(digits=0),
                "column 'line': digits 0 must be a whole number from 1 to 100",
            ),
            (
                lambda c: custom(c, "checkReasons")["value"][0].update(sentence="No places"),
                "reason to check 'above_a_year': sentence must have the places",
            ),
            (
                lambda c: custom(c, "settings")["value"][0].update(value=None),
                "setting 'this_week': value None must be a finite number",
            ),
            (
                lambda c: custom(data_set(c, "fact_action"), "optional").update(value="yes"),
                "data set 'fact_action': optional is 'yes'; it must be true or false",
            ),
            (
                lambda c: data_set(c, "dim_item")["customProperties"].append(
                    {"property": "optional", "value": True}
                ),
                "fact_demand.item_id: refers to 'dim_item.item_id', which a publication may do",
            ),
        ],
    )
    def test_each_is_said(self, tmp_path: Path, change: Change, said: str) -> None:
        path = changed(tmp_path, change)

        assert said in faults(path)

    def test_a_rule_that_reads_an_unknown_data_set_is_one(self, tmp_path: Path) -> None:
        def change(content: dict[str, Any]) -> None:
            rule = data_set(content, "dim_item")["quality"][0]
            rule["query"] = "select count(*) from dim_items"

        assert "query reads from 'dim_items', which is not a data set" in faults(
            changed(tmp_path, change)
        )

    @pytest.mark.parametrize("query", ["drop table dim_item", "select 1; select 2"])
    def test_a_rule_that_is_more_than_a_select_is_one(self, tmp_path: Path, query: str) -> None:
        def change(content: dict[str, Any]) -> None:
            data_set(content, "dim_item")["quality"][0]["query"] = query

        assert "must be one select without semicolon" in faults(changed(tmp_path, change))

    def test_quantiles_out_of_order_are_one(self, tmp_path: Path) -> None:
        def change(content: dict[str, Any]) -> None:
            columns = data_set(content, "fact_forecast")["properties"]
            names = [c["name"] for c in columns]
            one, other = names.index("q050"), names.index("q900")
            columns[one], columns[other] = columns[other], columns[one]

        assert "levels must rise between 0 and 1" in faults(changed(tmp_path, change))

    def test_a_quantile_named_after_another_level_is_one(self, tmp_path: Path) -> None:
        def change(content: dict[str, Any]) -> None:
            custom(column(content, "fact_forecast.q900"), "quantileLevel")["value"] = 0.8

        assert "'q900' is not named after level 0.8" in faults(changed(tmp_path, change))

    def test_all_are_said_at_once(self, tmp_path: Path) -> None:
        path = changed(
            tmp_path,
            update("dim_item.sku", physicalType="MONEY"),
            update("fact_demand.quantity", businessName=None),
            lambda c: custom(c, "sources")["value"][0].update(label=""),
        )

        found = faults(path)

        assert "dim_item.sku" in found
        assert "fact_demand.quantity" in found
        assert "source 'prophet': label is missing" in found

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("{", "it is not JSON"),
            ("[]", "not an object"),
            ('{"id": 1, "id": 2}', "one object has 'id' 2 times"),
            ('{"nonsense": 1}', "nonsense"),
            ('{"schema": [{"name": 5}]}', "schema.0.name"),
        ],
    )
    def test_a_file_that_is_no_registry_is_one(
        self, tmp_path: Path, content: str, said: str
    ) -> None:
        path = tmp_path / "registry.json"
        path.write_text(content)

        assert said in faults(path)

    def test_a_missing_file_is_one(self, tmp_path: Path) -> None:
        assert "No such file" in faults(tmp_path / "none.json")
