"""Descriptions say all that registry and manifest do, and nothing of where they were made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalayer.kernel.contract.claims import claims_of
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.contract.report import Fault
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.kernel.validation.validator import validate
from ml_jobs.publishing.descriptions.column_metrics import column_metrics
from ml_jobs.publishing.descriptions.description_files import description_files
from ml_jobs.publishing.descriptions.subject import DescribedSubject
from tests.publisher import Publisher

pytestmark = pytest.mark.ml

PROJECT = Path(__file__).parents[4]
SHA256 = "0123456789abcdef" * 4
INPUT = {"role": "demand", "name": "demand.csv", "sha256": SHA256, "rows": 7, "read_as": "plain"}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)

Describe = Callable[..., DescribedSubject]


@pytest.fixture
def subject_of(folder_store: FolderStore, registry: Registry) -> Describe:
    """Publish fake data under a registry; return what is to be described."""

    def published(contract: Registry = registry, **given: Any) -> DescribedSubject:
        manifest = Publisher(folder_store, contract).publish(**given)
        root = Path(folder_store.address)
        files = {file.data_set: root / file.path for file in manifest.files}
        report = validate(files, contract, claims=claims_of(manifest))
        return DescribedSubject(manifest, files, report, contract)

    return published


def described(
    subject: DescribedSubject,
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Return Data Package, Croissant and run events as their readers see them."""
    files = description_files(subject)
    events = [json.loads(line) for line in files["openlineage.ndjson"].splitlines()]
    return json.loads(files["datapackage.json"]), json.loads(files["croissant.json"]), events


def resource(package: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in package["resources"] if each["name"] == name)


def field(package: dict[str, Any], data_set: str, column: str) -> dict[str, Any]:
    fields = resource(package, data_set)["schema"]["fields"]
    return next(each for each in fields if each["name"] == column)


def outputs(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for event in events for each in event["outputs"]}


def validated(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each["inputFacets"] for each in events[-1]["inputs"]}


def test_every_data_set_and_column_of_the_contract_is_in_all_three(
    subject_of: Describe, registry: Registry
) -> None:
    package, croissant, events = described(subject_of())

    columns = {n: [c.name for c in each.columns] for n, each in registry.data_sets.items()}
    assert columns == {
        each["name"]: [field["name"] for field in each["schema"]["fields"]]
        for each in package["resources"]
    }
    assert columns == {
        each["@id"]: [field["source"]["extract"]["column"] for field in each["field"]]
        for each in croissant["recordSet"]
    }
    assert columns == {
        name: [field["name"] for field in each["facets"]["schema"]["fields"]]
        for name, each in outputs(events).items()
    }


def test_a_data_set_and_a_column_added_to_the_registry_arrive_in_all_three(
    subject_of: Describe, tmp_path: Path
) -> None:
    document = json.loads((PROJECT / "schema_registry.json").read_text(encoding="utf-8"))
    items = next(each for each in document["schema"] if each["name"] == "dim_item")
    cost = next(each for each in items["properties"] if each["name"] == "unit_cost")
    items["properties"].append({**cost, "name": "scrap_value"})
    document["schema"].append({**items, "name": "dim_spare"})
    document["slaProperties"] += [
        {**each, "element": "dim_spare.generated_at"}
        for each in document["slaProperties"]
        if each["element"].startswith("dim_item.")
    ]
    copy = tmp_path / "registry.json"
    copy.write_text(json.dumps(document), encoding="utf-8")

    package, croissant, events = described(subject_of(load_registry(copy)))

    assert field(package, "dim_spare", "scrap_value")["title@pt-BR"] == "Custo unitário"
    spare = next(each for each in croissant["recordSet"] if each["@id"] == "dim_spare")
    assert spare["field"][-1]["@id"] == "dim_spare/scrap_value"
    assert "dim_spare.parquet" in {each["@id"] for each in croissant["distribution"]}
    fields = outputs(events)["dim_spare"]["facets"]["schema"]["fields"]
    assert fields[-1]["name"] == "scrap_value"


def test_every_file_is_described_with_its_digest_and_rows(subject_of: Describe) -> None:
    subject = subject_of()

    package, croissant, events = described(subject)

    for file in subject.manifest.files:
        described_file = resource(package, file.data_set)
        assert described_file["path"] == f"{file.data_set}.parquet"
        assert described_file["hash"] == f"sha256:{file.sha256}"
        assert (described_file["size_bytes"], described_file["rows"]) == (
            file.size_bytes,
            file.rows,
        )
        statistics = outputs(events)[file.data_set]["outputFacets"]["outputStatistics"]
        assert (statistics["size"], statistics["rowCount"]) == (file.size_bytes, file.rows)
    assert {each["contentUrl"]: each["sha256"] for each in croissant["distribution"]} == {
        f"{file.data_set}.parquet": file.sha256 for file in subject.manifest.files
    }


def test_keys_and_references_are_those_of_the_contract(subject_of: Describe) -> None:
    package, croissant, _ = described(subject_of())

    forecast = resource(package, "fact_forecast")["schema"]
    assert forecast["primaryKey"] == ["item_id", "location_id", "source", "date"]
    assert {
        "fields": ["item_id"],
        "reference": {"resource": "dim_item", "fields": ["item_id"]},
    } in forecast["foreignKeys"]
    # Data Package 2 names no resource where a table refers to itself.
    assert resource(package, "dim_location")["schema"]["foreignKeys"] == [
        {"fields": [name], "reference": {"fields": ["location_id"]}}
        for name in ("parent_location_id", "supplied_from")
    ]
    record_set = next(each for each in croissant["recordSet"] if each["@id"] == "fact_forecast")
    assert [each["@id"] for each in record_set["key"]] == [
        f"fact_forecast/{name}" for name in forecast["primaryKey"]
    ]


def test_texts_are_in_both_languages_and_values_have_labels(subject_of: Describe) -> None:
    package, croissant, _ = described(subject_of())

    criticality = field(package, "dim_item", "criticality")
    assert (criticality["title"], criticality["title@pt-BR"]) == ("Criticality", "Criticidade")
    assert criticality["constraints"] == {"enum": ["high", "medium", "low"]}
    high = {"value": "high", "label": "High", "label@pt-BR": "Alta"}
    assert criticality["categories"][0] == high
    assert croissant["recordSet"][0]["name"] == {"en": "Parts", "pt-BR": "Peças"}


@pytest.mark.parametrize(("currency", "unit"), [("BRL", "BRL"), ("", "currency")])
def test_money_is_in_the_currency_that_the_lineage_names(
    subject_of: Describe, currency: str, unit: str
) -> None:
    package, _, _ = described(subject_of(lineage={"currency": currency}))

    assert field(package, "dim_item", "unit_cost")["unit"] == unit
    assert field(package, "dim_item", "lead_time_days")["unit"] == "d"


@pytest.mark.parametrize("named", ["", None, 3, "see the file", ["CC0-1.0"]])
def test_a_licence_is_named_only_where_it_is_known(subject_of: Describe, named: object) -> None:
    package, croissant, _ = described(subject_of(lineage={"license": named}))

    assert "licenses" not in package
    assert "license" not in croissant


def test_a_licence_that_is_known_is_named(subject_of: Describe) -> None:
    package, croissant, _ = described(subject_of(lineage={"license": "CC-BY-4.0"}))

    assert package["licenses"] == [{"name": "CC-BY-4.0"}]
    assert croissant["license"] == "https://spdx.org/licenses/CC-BY-4.0"


def test_input_files_stand_with_hash_and_rows(subject_of: Describe) -> None:
    _, _, events = described(subject_of(lineage={"inputs": [INPUT]}))

    started, completed = events[:2]
    assert started["inputs"] == [{"namespace": "farol.inputs", "name": "demand/demand.csv"}]
    (read,) = completed["inputs"]
    assert read["facets"]["version"]["datasetVersion"] == f"sha256:{SHA256}"
    assert read["inputFacets"]["inputStatistics"]["rowCount"] == 7


def test_every_check_of_the_validation_is_an_assertion(subject_of: Describe) -> None:
    subject = subject_of()

    _, _, events = described(subject)

    assertions = [
        assertion
        for told in validated(events).values()
        for assertion in told["dataQualityAssertions"]["assertions"]
    ]
    assert len(assertions) == subject.report.checks
    assert all(each["success"] for each in assertions)


def test_a_check_that_warned_is_an_assertion_that_did_not_hold(subject_of: Describe) -> None:
    subject = subject_of()
    twins = Fault("dim_item", "item_id", "twins", 1, "P1 and p1", "codes that differ")
    report = replace(subject.report, warnings=(twins,))

    _, _, events = described(replace(subject, report=report))

    told = validated(events)["dim_item"]["dataQualityAssertions"]["assertions"]
    (broken,) = [each for each in told if not each["success"]]
    assert (broken["assertion"], broken["column"]) == ("twins", "item_id")
    assert (broken["severity"], broken["actual"]) == ("warn", "P1 and p1")


def test_the_metrics_are_those_of_the_rows(subject_of: Describe) -> None:
    subject = subject_of()

    _, _, events = described(subject)

    for name, path in subject.files.items():
        table = pq.read_table(path)
        metrics = validated(events)[name]["dataQualityMetrics"]["columnMetrics"]
        assert {column: told["nullCount"] for column, told in metrics.items()} == {
            column: table.column(column).null_count for column in table.column_names
        }
    demand = pq.read_table(subject.files["fact_demand"]).column("quantity")
    quantity = validated(events)["fact_demand"]["dataQualityMetrics"]["columnMetrics"]["quantity"]
    assert (quantity["min"], quantity["max"]) == tuple(pc.min_max(demand).as_py().values())


def test_what_a_file_says_nothing_of_is_left_out(subject_of: Describe, registry: Registry) -> None:
    subject = subject_of()
    path = subject.files["fact_demand"]
    pq.write_table(pq.read_table(path), path, write_statistics=["quantity"])

    told = column_metrics(path, registry.data_sets["fact_demand"])

    assert told["date"] == {}
    assert set(told["quantity"]) == {"nullCount", "min", "max"}


def test_the_validation_is_a_run_under_the_one_that_wrote_the_files(subject_of: Describe) -> None:
    _, _, (started, completed, *checking) = described(subject_of())

    assert started["run"]["runId"] == completed["run"]["runId"]
    for event in checking:
        parent = event["run"]["facets"]["parent"]
        assert parent["run"]["runId"] == completed["run"]["runId"] != event["run"]["runId"]


def test_another_publication_is_another_run(subject_of: Describe) -> None:
    first, second = (described(subject_of(salt=salt))[2][0] for salt in ("a", "b"))

    assert first["run"]["runId"] != second["run"]["runId"]


def test_the_same_publication_has_the_same_descriptions(subject_of: Describe) -> None:
    subject = subject_of(lineage={"inputs": [INPUT]})

    assert description_files(subject) == description_files(subject)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inputs=JSON_VALUES, currency=JSON_VALUES, licence=JSON_VALUES, name=JSON_VALUES)
def test_no_lineage_keeps_a_publication_from_being_described(
    anybody: DescribedSubject, inputs: object, currency: object, licence: object, name: object
) -> None:
    notes = [inputs, {**INPUT, "name": name}, {**INPUT, "rows": name}]
    lineage = {"inputs": notes, "currency": currency, "license": licence}

    package, croissant, events = described(
        replace(anybody, manifest=replace(anybody.manifest, lineage=lineage))
    )

    assert len(package["resources"]) == len(croissant["recordSet"]) == len(outputs(events))


@pytest.fixture
def anybody(subject_of: Describe) -> DescribedSubject:
    return subject_of()
