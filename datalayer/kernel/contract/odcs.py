"""Reading the classes of the Open Data Contract Standard as the registry uses them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from open_data_contract_standard.model import (
    CustomProperty,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    ServiceLevelAgreementProperty,
)

from datalayer.kernel.contract.registry import ColumnType

API_VERSION = "v3.2.0"
LOGICAL_TYPES: Mapping[str, ColumnType] = {
    "string": ColumnType.TEXT,
    "date": ColumnType.DATE,
    "timestamp": ColumnType.TIMESTAMP,
    "number": ColumnType.DOUBLE,
    "integer": ColumnType.INTEGER,
    "boolean": ColumnType.BOOLEAN,
}
PHYSICAL_TYPES: Mapping[str, ColumnType] = {
    "VARCHAR": ColumnType.TEXT,
    "DATE": ColumnType.DATE,
    "TIMESTAMP_TZ": ColumnType.TIMESTAMP,
    "DOUBLE": ColumnType.DOUBLE,
    "BIGINT": ColumnType.INTEGER,
    "BOOLEAN": ColumnType.BOOLEAN,
}
VALUE_LISTS = ("sources", "reasonCodes")
HOURS = {"h": 1.0, "d": 24.0}


def custom_values(properties: Sequence[CustomProperty] | None) -> dict[str, Any]:
    """Return custom properties by name."""
    return {p.property: p.value for p in properties or () if p.property}


def data_sets(odcs: OpenDataContractStandard) -> list[SchemaObject]:
    """Return the data sets that the document describes, in its order."""
    return odcs.schema_ or []


def type_of(column: SchemaProperty) -> ColumnType | None:
    """Return the contract's type of *column*, or None where it names none we know."""
    return PHYSICAL_TYPES.get(column.physicalType or "")


def freshness_hours(
    properties: Sequence[ServiceLevelAgreementProperty] | None,
) -> dict[str, dict[str, float]]:
    """Return ``dueAfter`` and ``staleAfter`` in hours by data set; unusable ones are left out."""
    limits: dict[str, dict[str, float]] = {}
    for sla in properties or ():
        if sla.property not in {"dueAfter", "staleAfter"}:
            continue
        of_data_set = limits.setdefault((sla.element or "").partition(".")[0], {})
        if is_number(sla.value) and sla.unit in HOURS:
            of_data_set[sla.property] = float(str(sla.value)) * HOURS[sla.unit]
    return limits


def is_text(value: object) -> bool:
    """Tell whether *value* is text that says something."""
    return isinstance(value, str) and bool(value.strip())


def is_number(value: object) -> bool:
    """Tell whether *value* is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
