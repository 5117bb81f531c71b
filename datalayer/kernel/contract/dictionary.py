"""The data dictionary: the registry, one entry per column, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from datalayer.kernel.contract.registry import Bilingual, ColumnType, Reference, Registry


@dataclass(frozen=True)
class DictionaryEntry:
    """One column of one data set, as a reader of the data needs it explained.

    Attributes:
        key_position: Place in the data set's key, from 1; None outside the key.
        allowed: The only values allowed; empty if any is.
    """

    data_set: str
    column: str
    type: ColumnType
    unit: str
    required: bool
    key_position: int | None
    minimum: float | None
    maximum: float | None
    allowed: tuple[str, ...]
    reference: Reference | None
    label: Bilingual
    description: Bilingual


def dictionary(registry: Registry) -> tuple[DictionaryEntry, ...]:
    """Return an entry per column, in the registry's order."""
    return tuple(
        DictionaryEntry(
            data_set=data_set.name,
            column=column.name,
            type=column.type,
            unit=column.unit,
            required=column.required,
            key_position=column.key_position,
            minimum=column.minimum,
            maximum=column.maximum,
            allowed=column.allowed,
            reference=column.reference,
            label=column.label,
            description=column.description,
        )
        for data_set in registry.data_sets.values()
        for column in data_set.columns
    )
