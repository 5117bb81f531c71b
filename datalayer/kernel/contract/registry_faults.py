"""What can be wrong in a registry document beyond the standard's own rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from string import Formatter
from typing import Any

from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from datalayer.kernel.contract.odcs import (
    API_VERSION,
    DEFAULT_FORM,
    OBSERVED,
    TYPES,
    VALUE_LISTS,
    custom_values,
    data_sets,
    entries,
    freshness_hours,
    is_number,
    is_text,
    type_of,
)
from datalayer.kernel.contract.order_profiles import profile_faults
from datalayer.kernel.contract.registry import ColumnType

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILE_NAME = re.compile(r"[a-z][a-z0-9-]*")
_READ_FROM = re.compile(r"\b(?:from|join)\s+([a-z_][a-z0-9_]*)", re.IGNORECASE)
_NAMED_SUBQUERY = re.compile(r"\b([a-z_][a-z0-9_]*)\s+as\s*\(\s*select\b", re.IGNORECASE)
_ONE_SELECT = re.compile(r"\s*(select|with)\b[^;]*\Z", re.IGNORECASE)
_KEY_TYPES = (ColumnType.TEXT, ColumnType.DATE, ColumnType.INTEGER)
_NUMBERS = (ColumnType.DOUBLE, ColumnType.INTEGER)
_PROVENANCE = {"dataset_id": ColumnType.TEXT, "generated_at": ColumnType.TIMESTAMP}
_ML_PROVENANCE = {**_PROVENANCE, "source": ColumnType.TEXT, "model_version": ColumnType.TEXT}
_SETTING_TEXTS = ("label", "labelPtBr", "description", "descriptionPtBr")
_FORM_TEXTS = ("description", "descriptionPtBr")
_PLACES = {"observed", "expected", "threshold"}


def document_faults(odcs: OpenDataContractStandard) -> Iterator[str]:
    """Yield everything that keeps *odcs* from being the registry."""
    if odcs.apiVersion != API_VERSION:
        yield f"apiVersion is {odcs.apiVersion!r}; it must be {API_VERSION!r}"
    for name in ("id", "version"):
        if not getattr(odcs, name):
            yield f"{name} is missing"
    if not data_sets(odcs):
        yield "schema lists no data set"
    yield from _repeated("data set", [d.name for d in data_sets(odcs)])
    for data_set in data_sets(odcs):
        yield from _data_set_faults(data_set, odcs)
    yield from _freshness_faults(odcs)
    yield from _entry_faults(odcs, "sources", "source", _source_faults)
    yield from _entry_faults(odcs, "reasonCodes", "reason", _reason_faults)
    yield from _entry_faults(odcs, "checkReasons", "reason to check", _reason_faults)
    yield from _entry_faults(odcs, "settings", "setting", _setting_faults, texts=_SETTING_TEXTS)
    yield from _entry_faults(
        odcs, "orderProfiles", "order profile", partial(_profile_faults, odcs), names=_FILE_NAME
    )
    yield from _entry_faults(odcs, "textForms", "text form", _form_faults, texts=_FORM_TEXTS)
    if DEFAULT_FORM not in _form_names(odcs):
        yield f"customProperties.textForms lists no {DEFAULT_FORM!r}, the form of other text"


def _data_set_faults(data_set: SchemaObject, odcs: OpenDataContractStandard) -> Iterator[str]:
    place = f"data set {data_set.name!r}"
    columns = data_set.properties or []
    yield from _name_faults(place, data_set.name)
    yield from _text_faults(place, data_set)
    yield from _optional_faults(place, data_set, odcs)
    yield from _repeated(f"{place}: column", [c.name for c in columns])
    for column in columns:
        yield from _column_faults(f"{data_set.name}.{column.name}", column, odcs)
    yield from _key_faults(place, columns)
    yield from _provenance_faults(place, columns)
    yield from _quantile_faults(place, columns)
    yield from _repeated(f"{place}: rule", [r.name for r in data_set.quality or ()])
    for rule in data_set.quality or ():
        yield from _rule_faults(f"rule {data_set.name}.{rule.name}", rule, odcs)


def _name_faults(place: str, name: object, names: re.Pattern[str] = _NAME) -> Iterator[str]:
    if not isinstance(name, str) or not names.fullmatch(name):
        sign = "_" if names is _NAME else "-"
        yield f"{place}: the name must be lower-case letters, digits and {sign}, a letter first"


def _text_faults(place: str, element: SchemaObject | SchemaProperty) -> Iterator[str]:
    values = custom_values(element.customProperties)
    texts = {
        "businessName (label in English)": element.businessName,
        "description (in English)": element.description,
        "customProperties.labelPtBr": values.get("labelPtBr"),
        "customProperties.descriptionPtBr": values.get("descriptionPtBr"),
    }
    for name, text in texts.items():
        if not is_text(text):
            yield f"{place}: {name} is missing"


def _optional_faults(
    place: str, data_set: SchemaObject, odcs: OpenDataContractStandard
) -> Iterator[str]:
    if not isinstance(_is_optional(data_set), bool):
        yield f"{place}: optional is {_is_optional(data_set)!r}; it must be true or false"
    optional = {each.name for each in data_sets(odcs) if _is_optional(each) is True}
    for column in data_set.properties or ():
        for relationship in column.relationships or ():
            if str(relationship.to).partition(".")[0] in optional:
                found = f"refers to {relationship.to!r}, which a publication may do without"
                yield f"{data_set.name}.{column.name}: {found}"


def _is_optional(data_set: SchemaObject) -> object:
    return custom_values(data_set.customProperties).get("optional", False)


def _column_faults(
    place: str, column: SchemaProperty, odcs: OpenDataContractStandard
) -> Iterator[str]:
    yield from _name_faults(place, column.name)
    yield from _text_faults(place, column)
    yield from _type_faults(place, column)
    yield from _range_faults(place, column)
    yield from _value_faults(place, column)
    yield from _form_name_faults(place, column, odcs)
    yield from _observed_faults(place, column)
    yield from _reference_faults(place, column, odcs)


def _type_faults(place: str, column: SchemaProperty) -> Iterator[str]:
    found = type_of(column)
    if found is None:
        known = ", ".join(TYPES)
        yield f"{place}: unknown physicalType {column.physicalType!r}; known are {known}"
    elif (found, column.logicalType) not in TYPES.values():
        yield f"{place}: logicalType {column.logicalType!r} does not go with {found.value}"


def _range_faults(place: str, column: SchemaProperty) -> Iterator[str]:
    options = column.logicalTypeOptions or {}
    unknown = sorted(set(options) - {"minimum", "maximum"})
    if unknown:
        yield f"{place}: logicalTypeOptions {', '.join(unknown)} is not checked by anything"
    bounds = [options[k] for k in ("minimum", "maximum") if k in options]
    if not all(is_number(bound) for bound in bounds):
        yield f"{place}: minimum and maximum must be finite numbers, found {bounds}"
    elif bounds and type_of(column) not in _NUMBERS:
        yield f"{place}: a range needs a number column"
    elif bounds != sorted(bounds):
        yield f"{place}: minimum {bounds[0]} is above maximum {bounds[1]}"


def _value_faults(place: str, column: SchemaProperty) -> Iterator[str]:
    value_list = custom_values(column.customProperties).get("valuesFrom")
    if value_list is not None and value_list not in VALUE_LISTS:
        yield f"{place}: valuesFrom {value_list!r} must be one of {', '.join(VALUE_LISTS)}"
    if value_list is not None and column.enum:
        yield f"{place}: enum and valuesFrom exclude each other"
    if (column.enum or value_list is not None) and type_of(column) is not ColumnType.TEXT:
        yield f"{place}: listed values need a text column"
    yield from _repeated(f"{place}: value", [entry.value for entry in column.enum or ()])
    for entry in column.enum or ():
        labels = (entry.label, custom_values(entry.customProperties).get("labelPtBr"))
        if not isinstance(entry.value, str):
            yield f"{place}: value {entry.value!r} must be text"
        if not all(map(is_text, labels)):
            yield f"{place}: value {entry.value!r} needs label and labelPtBr"


def _form_name_faults(
    place: str, column: SchemaProperty, odcs: OpenDataContractStandard
) -> Iterator[str]:
    values = custom_values(column.customProperties)
    form = values.get("textForm")
    if form is None:
        return
    if form not in _form_names(odcs):
        yield f"{place}: textForm {form!r} is not among customProperties.textForms"
    if type_of(column) is not ColumnType.TEXT or column.enum or "valuesFrom" in values:
        yield f"{place}: textForm needs a text column without listed values"


def _observed_faults(place: str, column: SchemaProperty) -> Iterator[str]:
    observed = custom_values(column.customProperties).get("lastObserved")
    if observed is None:
        return
    if observed not in OBSERVED:
        yield f"{place}: lastObserved {observed!r} must be one of {', '.join(OBSERVED)}"
    if type_of(column) is not ColumnType.DATE:
        yield f"{place}: lastObserved needs a date column"


def _reference_faults(
    place: str, column: SchemaProperty, odcs: OpenDataContractStandard
) -> Iterator[str]:
    relationships = column.relationships or []
    if not relationships:
        return
    known = {f"{d.name}.{c.name}": c for d in data_sets(odcs) for c in d.properties or ()}
    if len(relationships) > 1:
        yield f"{place}: more than one relationship"
    for relationship in relationships:
        target = known.get(str(relationship.to))
        if target is None:
            yield f"{place}: refers to {relationship.to!r}, which is not a column of the registry"
        elif target.primaryKeyPosition != 1 or not target.required:
            yield f"{place}: refers to {relationship.to!r}, which is not a key"
        elif target.physicalType != column.physicalType:
            yield f"{place}: refers to {relationship.to!r}, which has another type"


def _key_faults(place: str, columns: Sequence[SchemaProperty]) -> Iterator[str]:
    keys = [c for c in columns if c.primaryKey]
    positions = sorted(c.primaryKeyPosition or 0 for c in keys)
    if not keys:
        yield f"{place}: no column is a primaryKey"
    if positions != list(range(1, len(keys) + 1)):
        yield f"{place}: key positions {positions} have a gap; they must run 1 to {len(keys)}"
    for column in keys:
        if not column.required:
            yield f"{place}: key column {column.name!r} must be required"
        if type_of(column) not in {*_KEY_TYPES, None}:
            yield f"{place}: key column {column.name!r} can't be {column.physicalType}"


def _provenance_faults(place: str, columns: Sequence[SchemaProperty]) -> Iterator[str]:
    by_name = {c.name: c for c in columns}
    is_result = bool({"source", "model_version"} & set(by_name))
    for name, expected in (_ML_PROVENANCE if is_result else _PROVENANCE).items():
        column = by_name.get(name)
        if column is None or not column.required or type_of(column) is not expected:
            yield f"{place}: needs a required column {name!r} of type {expected.value}"


def _quantile_faults(place: str, columns: Sequence[SchemaProperty]) -> Iterator[str]:
    levels = []
    for column in columns:
        level = custom_values(column.customProperties).get("quantileLevel")
        if level is None:
            continue
        if not is_number(level) or column.name != f"q{round(level * 1000):03d}":
            yield f"{place}: quantile column {column.name!r} is not named after level {level!r}"
        else:
            levels.append(level)
        if type_of(column) is not ColumnType.DOUBLE:
            yield f"{place}: quantile column {column.name!r} must be DOUBLE"
    if levels != sorted(levels) or any(not 0 < level < 1 for level in levels):
        yield f"{place}: quantile columns stand at {levels}; levels must rise between 0 and 1"


def _rule_faults(place: str, rule: DataQuality, odcs: OpenDataContractStandard) -> Iterator[str]:
    values = custom_values(rule.customProperties)
    yield from _name_faults(place, rule.name)
    if rule.type != "sql" or rule.mustBe != 0:
        yield f"{place}: must be of type sql with mustBe 0"
    if not is_text(rule.description) or not is_text(values.get("descriptionPtBr")):
        yield f"{place}: needs description and descriptionPtBr"
    known = {d.name for d in data_sets(odcs)}
    for name, query in (("query", rule.query), ("sampleQuery", values.get("sampleQuery"))):
        if not isinstance(query, str) or not _ONE_SELECT.match(query):
            yield f"{place}: {name} must be one select without semicolon"
            continue
        read = set(_READ_FROM.findall(query)) - set(_NAMED_SUBQUERY.findall(query))
        for unknown in sorted(read - known):
            yield f"{place}: {name} reads from {unknown!r}, which is not a data set"


def _freshness_faults(odcs: OpenDataContractStandard) -> Iterator[str]:
    limits = freshness_hours(odcs.slaProperties)
    known = {d.name for d in data_sets(odcs)}
    for name in sorted(known - set(limits), key=str):
        yield f"slaProperties: data set {name!r} has no dueAfter and staleAfter"
    for name, found in limits.items():
        due, stale = found.get("dueAfter"), found.get("staleAfter")
        if name not in known:
            yield f"slaProperties: {name!r} is not a data set"
        if due is None or stale is None:
            yield f"slaProperties: {name!r} needs dueAfter and staleAfter, as numbers in h or d"
        elif not 0 < due <= stale:
            yield f"slaProperties: {name!r} is due after {due} h and stale after {stale} h"


def _entry_faults(
    odcs: OpenDataContractStandard,
    list_name: str,
    noun: str,
    own_faults: Callable[[str, Mapping[str, Any]], Iterator[str]],
    texts: Sequence[str] = ("label", "labelPtBr"),
    names: re.Pattern[str] = _NAME,
) -> Iterator[str]:
    listed = entries(odcs, list_name)
    if not listed:
        yield f"customProperties.{list_name} lists no {noun}"
    yield from _repeated(noun, [entry.get("name") for entry in listed])
    for entry in listed:
        place = f"{noun} {entry.get('name')!r}"
        yield from _name_faults(place, entry.get("name"), names)
        for name in texts:
            if not is_text(entry.get(name)):
                yield f"{place}: {name} is missing"
        yield from own_faults(place, entry)


def _source_faults(place: str, source: Mapping[str, Any]) -> Iterator[str]:
    if source.get("kind") not in {"model", "baseline"}:
        yield f"{place}: kind {source.get('kind')!r} must be model or baseline"


def _reason_faults(place: str, reason: Mapping[str, Any]) -> Iterator[str]:
    if not is_number(reason.get("threshold")):
        yield f"{place}: threshold {reason.get('threshold')!r} must be a finite number"
    for name in ("sentence", "sentencePtBr"):
        if _places(reason.get(name)) != _PLACES:
            places = " ".join(f"{{{p}}}" for p in sorted(_PLACES))
            yield f"{place}: {name} must have the places {places}"


def _setting_faults(place: str, setting: Mapping[str, Any]) -> Iterator[str]:
    if not is_number(setting.get("value")):
        yield f"{place}: value {setting.get('value')!r} must be a finite number"


def _profile_faults(
    odcs: OpenDataContractStandard, place: str, profile: Mapping[str, Any]
) -> Iterator[str]:
    columns = {
        str(data_set.name): frozenset(str(column.name) for column in data_set.properties or ())
        for data_set in data_sets(odcs)
    }
    return profile_faults(place, profile, columns)


def _form_faults(place: str, form: Mapping[str, Any]) -> Iterator[str]:
    length = form.get("maxLength")
    if not isinstance(length, int) or isinstance(length, bool) or length < 1:
        yield f"{place}: maxLength {length!r} must be a whole number from 1"
    for name in ("pattern", "without"):
        try:
            re.compile(form.get(name, ""))
        except (re.error, TypeError) as error:
            yield f"{place}: {name} {form[name]!r} is not a regular expression: {error}"


def _form_names(odcs: OpenDataContractStandard) -> set[object]:
    return {entry.get("name") for entry in entries(odcs, "textForms")}


def _places(sentence: object) -> set[str] | None:
    try:
        return {place for _, place, _, _ in Formatter().parse(str(sentence)) if place is not None}
    except ValueError:
        return None


def _repeated(what: str, names: Iterable[object]) -> Iterator[str]:
    for name, times in Counter(map(repr, names)).items():
        if times > 1:
            yield f"{what} {name} stands {times} times"
