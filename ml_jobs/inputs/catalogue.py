"""What a demand file itself tells about its items, before any item file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from datalayer.kernel.contract.registry import Bilingual

Value = str | float | None


@dataclass(frozen=True)
class Catalogue:
    """Facts about items that came with the demand.

    Attributes:
        columns: By column name of ``dim_item``, the value of each item that has one.
        assumed: The columns that were derived by a rule rather than read.
        rules: Those rules, as sentences.
    """

    columns: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    rules: tuple[Bilingual, ...] = ()
