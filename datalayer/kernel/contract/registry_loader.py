"""Loading the registry: from its document to the frozen dataclasses of ``registry``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import ValidationError

from datalayer.kernel.contract.odcs import (
    DEFAULT_FORM,
    TYPES,
    custom_values,
    data_sets,
    entries,
    freshness_hours,
)
from datalayer.kernel.contract.order_profiles import order_profile
from datalayer.kernel.contract.registry import (
    Bilingual,
    Column,
    ColumnType,
    DataSet,
    Freshness,
    ReasonCode,
    Reference,
    Registry,
    Rule,
    Setting,
    Source,
    TextForm,
)
from datalayer.kernel.contract.registry_faults import document_faults
from datalayer.kernel.contract.strict_json import json_object
from datalayer.kernel.errors import RegistryError

_ValueLists = Mapping[str, Mapping[str, Bilingual]]


def load_registry(path: Path) -> Registry:
    """Read the schema registry at *path*.

    Raises:
        RegistryError: The file can't be read or breaks a rule; carries every fault found.
    """
    try:
        content = json_object(path.read_bytes())
        odcs = OpenDataContractStandard.model_validate(content)
    except OSError as error:
        raise RegistryError(path=str(path), faults=[f"can't be read: {error.strerror}"]) from error
    except ValidationError as error:
        raise RegistryError(path=str(path), faults=list(_model_faults(error))) from error
    except ValueError as error:
        raise RegistryError(path=str(path), faults=[str(error)]) from error
    faults = list(document_faults(odcs))
    if faults:
        raise RegistryError(path=str(path), faults=faults)
    return _registry(odcs, content)


def _model_faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        place = ".".join(str(part) for part in fault["loc"])
        yield f"{place}: {fault['msg']}, found {str(fault['input'])[:60]!r}"


def _registry(odcs: OpenDataContractStandard, content: Mapping[str, Any]) -> Registry:
    values = custom_values(odcs.customProperties)
    sources = {
        e["name"]: Source(e["name"], e["kind"], Bilingual(en=e["label"], pt_BR=e["labelPtBr"]))
        for e in values["sources"]
    }
    reasons = {entry["name"]: _reason_code(entry) for entry in values["reasonCodes"]}
    checks = {entry["name"]: _reason_code(entry) for entry in values["checkReasons"]}
    value_lists = {
        "sources": {name: source.label for name, source in sources.items()},
        "reasonCodes": {name: reason.label for name, reason in reasons.items()},
        "checkReasons": {name: reason.label for name, reason in checks.items()},
    }
    freshness = {
        name: Freshness(due_after_hours=hours["dueAfter"], stale_after_hours=hours["staleAfter"])
        for name, hours in freshness_hours(odcs.slaProperties).items()
    }
    forms = {entry["name"]: _text_form(entry) for entry in entries(odcs, "textForms")}
    found = [_data_set(d, freshness[d.name or ""], value_lists, forms) for d in data_sets(odcs)]
    return Registry(
        id=odcs.id or "",
        version=odcs.version or "",
        data_sets={d.name: d for d in found},
        sources=sources,
        reason_codes=reasons,
        check_reasons=checks,
        settings={entry["name"]: _setting(entry) for entry in values["settings"]},
        order_profiles={e["name"]: order_profile(e) for e in entries(odcs, "orderProfiles")},
        fingerprints={d["name"]: _fingerprint(d) for d in content["schema"]},
        text_forms=forms,
    )


def _fingerprint(data_set: Mapping[str, Any]) -> str:
    text = json.dumps(data_set, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _data_set(
    data_set: SchemaObject,
    freshness: Freshness,
    value_lists: _ValueLists,
    forms: Mapping[str, TextForm],
) -> DataSet:
    return DataSet(
        name=data_set.name or "",
        columns=tuple(_column(c, value_lists, forms) for c in data_set.properties or ()),
        rules=tuple(
            Rule(
                name=rule.name or "",
                description=_description(rule),
                query=rule.query or "",
                sample_query=custom_values(rule.customProperties)["sampleQuery"],
            )
            for rule in data_set.quality or ()
        ),
        freshness=freshness,
        label=_label(data_set),
        description=_description(data_set),
        optional=custom_values(data_set.customProperties).get("optional", False),
    )


def _column(
    column: SchemaProperty, value_lists: _ValueLists, forms: Mapping[str, TextForm]
) -> Column:
    values = custom_values(column.customProperties)
    options = column.logicalTypeOptions or {}
    labels = _value_labels(column, value_lists)
    target = column.relationships[0].to if column.relationships else None
    column_type = TYPES[column.physicalType or ""][0]
    free_text = column_type is ColumnType.TEXT and not labels
    return Column(
        name=column.name or "",
        type=column_type,
        required=bool(column.required),
        key_position=column.primaryKeyPosition if column.primaryKey else None,
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        allowed=tuple(labels),
        reference=Reference(*str(target).split(".")) if target else None,
        unit=values.get("unit", ""),
        quantile_level=values.get("quantileLevel"),
        label=_label(column),
        description=_description(column),
        value_labels=labels,
        form=forms[values.get("textForm", DEFAULT_FORM)] if free_text else None,
        last_observed=values.get("lastObserved"),
    )


def _value_labels(column: SchemaProperty, value_lists: _ValueLists) -> Mapping[str, Bilingual]:
    name = custom_values(column.customProperties).get("valuesFrom")
    if name is not None:
        return value_lists[name]
    return {
        str(entry.value): Bilingual(
            en=entry.label or "", pt_BR=custom_values(entry.customProperties)["labelPtBr"]
        )
        for entry in column.enum or ()
    }


def _label(element: SchemaObject | SchemaProperty) -> Bilingual:
    values = custom_values(element.customProperties)
    return Bilingual(en=element.businessName or "", pt_BR=values["labelPtBr"])


def _description(element: SchemaObject | SchemaProperty | DataQuality) -> Bilingual:
    values = custom_values(element.customProperties)
    return Bilingual(en=element.description or "", pt_BR=values["descriptionPtBr"])


def _text_form(entry: Mapping[str, Any]) -> TextForm:
    return TextForm(
        name=entry["name"],
        max_length=entry["maxLength"],
        pattern=entry.get("pattern", ""),
        without=entry.get("without", ""),
        description=Bilingual(en=entry["description"], pt_BR=entry["descriptionPtBr"]),
    )


def _setting(entry: Mapping[str, Any]) -> Setting:
    return Setting(
        name=entry["name"],
        value=float(entry["value"]),
        unit=entry.get("unit", ""),
        label=Bilingual(en=entry["label"], pt_BR=entry["labelPtBr"]),
        description=Bilingual(en=entry["description"], pt_BR=entry["descriptionPtBr"]),
    )


def _reason_code(entry: Mapping[str, Any]) -> ReasonCode:
    return ReasonCode(
        name=entry["name"],
        label=Bilingual(en=entry["label"], pt_BR=entry["labelPtBr"]),
        sentence=Bilingual(en=entry["sentence"], pt_BR=entry["sentencePtBr"]),
        threshold=float(entry["threshold"]),
        unit=entry.get("unit", ""),
        threshold_unit=entry.get("thresholdUnit", ""),
    )
