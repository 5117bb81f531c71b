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
# The contract's types by the standard's physicalType, each with the logicalType that goes with it.
TYPES: Mapping[str, tuple[ColumnType, str]] = {
    "VARCHAR": (ColumnType.TEXT, "string"),
    "DATE": (ColumnType.DATE, "date"),
    "TIMESTAMP_TZ": (ColumnType.TIMESTAMP, "timestamp"),
    "DOUBLE": (ColumnType.DOUBLE, "number"),
    "BIGINT": (ColumnType.INTEGER, "integer"),
    "BOOLEAN": (ColumnType.BOOLEAN, "boolean"),
}
VALUE_LISTS = ("sources", "reasonCodes", "checkReasons")
OBSERVED = ("period", "day")
DEFAULT_FORM = "name"
HOURS = {"h": 1.0, "d": 24.0}


def custom_values(properties: Sequence[CustomProperty] | None) -> dict[str, Any]:
    """Return custom properties by name."""
    return {p.property: p.value for p in properties or () if p.property}


def data_sets(odcs: OpenDataContractStandard) -> list[SchemaObject]:
    """Return the data sets that the document describes, in its order."""
    return odcs.schema_ or []


def entries(odcs: OpenDataContractStandard, list_name: str) -> list[dict[str, Any]]:
    """Return the entries of a list among the document's own properties."""
    value = custom_values(odcs.customProperties).get(list_name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def type_of(column: SchemaProperty) -> ColumnType | None:
    """Return the contract's type of *column*, or None where it names none we know."""
    found, _ = TYPES.get(column.physicalType or "", (None, ""))
    return found


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
    """Return True if *value* is text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def is_number(value: object) -> bool:
    """Return True if *value* is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
