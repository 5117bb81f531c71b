"""The schema registry, read from its ODCS document into frozen dataclasses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from datalayer.kernel.contract.manifest import Manifest

Language = Literal["en", "pt_BR"]
Observed = Literal["period", "day"]


@dataclass(frozen=True)
class Bilingual:
    """One text in the two languages of the portal."""

    en: str
    pt_BR: str

    def in_language(self, language: Language) -> str:
        """Return the text in *language*."""
        return self.pt_BR if language == "pt_BR" else self.en


class ColumnType(StrEnum):
    """The column types of the contract, named as DuckDB names them."""

    TEXT = "VARCHAR"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP WITH TIME ZONE"
    DOUBLE = "DOUBLE"
    INTEGER = "BIGINT"
    BOOLEAN = "BOOLEAN"


@dataclass(frozen=True)
class Reference:
    """A column whose every value stands in a column of another data set."""

    data_set: str
    column: str


@dataclass(frozen=True)
class TextForm:
    """What the text of a column may be.

    Attributes:
        max_length: Most characters.
        pattern: What the whole text must match, in the syntax that RE2 and Python share; empty
            where any text will do.
        without: What no part of the text may match; empty where nothing is ruled out.
        description: What it is, to be read after "expected".
    """

    name: str
    max_length: int
    pattern: str
    without: str
    description: Bilingual

    def fits(self, text: str) -> bool:
        """Return whether *text* has this form."""
        if len(text) > self.max_length or (self.without and re.search(self.without, text)):
            return False
        return not self.pattern or re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True)
class Column:
    """One column of a data set.

    Attributes:
        required: No nulls.
        key_position: Place in the data set's key, from 1; None outside the key.
        minimum: Least value allowed, inclusive, as *maximum* is; None if there is none.
        allowed: The only values allowed; empty if any is.
        reference: Where every value must stand, or None.
        unit: Symbol of the unit, or an empty string.
        quantile_level: Level as a fraction for a quantile column (0.025 for q025), else None.
        value_labels: Labels of the values in ``allowed``; empty where any value is.
        form: What its text may be; None where it is no text, or its values are listed.
        last_observed: Its latest value is the last day observed, or the first day of the last
            period observed; None where it says nothing of that.
    """

    name: str
    type: ColumnType
    required: bool
    key_position: int | None
    minimum: float | None
    maximum: float | None
    allowed: tuple[str, ...]
    reference: Reference | None
    unit: str
    quantile_level: float | None
    label: Bilingual
    description: Bilingual
    value_labels: Mapping[str, Bilingual] = field(default_factory=dict)
    form: TextForm | None = None
    last_observed: Observed | None = None


@dataclass(frozen=True)
class Rule:
    """A quality rule of the contract's own: the SQL finds the rows that break it.

    Attributes:
        name: Identifier, unique in its data set.
        query: ``select count(*) ...`` over the data sets by name; must be 0.
        sample_query: Selects up to any number of keys of the rows that break the rule.
    """

    name: str
    description: Bilingual
    query: str
    sample_query: str


@dataclass(frozen=True)
class Freshness:
    """When data counts as due and as stale, in hours after ``generated_at``."""

    due_after_hours: float
    stale_after_hours: float


@dataclass(frozen=True)
class DataSet:
    """One data set: its columns in order, its key and its rules.

    Attributes:
        optional: A publication may do without it, such as one from before the contract had it.
    """

    name: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    freshness: Freshness
    label: Bilingual
    description: Bilingual
    optional: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns, in key order."""
        keyed = [column for column in self.columns if column.key_position is not None]
        return tuple(c.name for c in sorted(keyed, key=lambda c: c.key_position or 0))

    @property
    def quantiles(self) -> tuple[Column, ...]:
        """The quantile columns by rising level; empty where the data set has none."""
        found = [column for column in self.columns if column.quantile_level is not None]
        return tuple(sorted(found, key=lambda c: c.quantile_level or 0))

    def column(self, name: str) -> Column:
        """Return the column called *name*.

        Raises:
            KeyError: There is no such column.
        """
        return {column.name: column for column in self.columns}[name]


@dataclass(frozen=True)
class Source:
    """A forecast source that the contract knows."""

    name: str
    kind: Literal["model", "baseline"]
    label: Bilingual


@dataclass(frozen=True)
class ReasonCode:
    """A reason for an exception or to check an action, with the sentence that explains a row of it.

    Attributes:
        sentence: Has the places ``{observed}``, ``{expected}`` and ``{threshold}``.
        threshold: Default threshold of the rule, in *threshold_unit*.
        unit: Unit of ``{observed}`` and ``{expected}``, or an empty string.
        threshold_unit: Unit of ``{threshold}``, or an empty string.
    """

    name: str
    label: Bilingual
    sentence: Bilingual
    threshold: float
    unit: str = ""
    threshold_unit: str = ""


@dataclass(frozen=True)
class Setting:
    """A number that decides what is listed and in which order."""

    name: str
    value: float
    unit: str
    label: Bilingual
    description: Bilingual


@dataclass(frozen=True)
class OrderColumn:
    """A column of an order file.

    Attributes:
        data_set: What its values come from: a data set, or ``order`` for the row ordered itself;
            empty where it is a constant.
        name: The column of the data set, or one of ``ORDER_VALUES``.
        constant: What stands in every row, where nothing else does.
        step: Of line numbers, from one to the next; the first is as much.
        digits: Of line numbers, at least; zeros stand in front.
    """

    heading: str
    data_set: str = ""
    name: str = ""
    constant: str = ""
    step: int = 1
    digits: int = 1


@dataclass(frozen=True)
class OrderProfile:
    """A form of order file.

    Attributes:
        delimiter: Between its cells.
        decimal: The decimal separator.
        date: Form of a date, in the letters of Unicode TS 35.
        encoding: As Python calls it.
        language: Of the reasons.
        for_spreadsheets: Whether what a spreadsheet would take for a number is spelt so that it
            does not; a program that reads the file wants codes as they are.
        file_per_location: Whether each receiving place has a file of its own.
    """

    name: str
    label: Bilingual
    delimiter: str
    decimal: str
    date: str
    encoding: str
    language: Language
    for_spreadsheets: bool
    file_per_location: bool
    columns: tuple[OrderColumn, ...]


@dataclass(frozen=True)
class Registry:
    """The whole contract.

    Attributes:
        order_profiles: Forms of files of orders, by name.
        check_reasons: Reasons to check an action before acting, the gravest first.
    """

    id: str
    version: str
    data_sets: Mapping[str, DataSet]
    sources: Mapping[str, Source]
    reason_codes: Mapping[str, ReasonCode]
    check_reasons: Mapping[str, ReasonCode]
    settings: Mapping[str, Setting]
    order_profiles: Mapping[str, OrderProfile]
    fingerprints: Mapping[str, str]
    text_forms: Mapping[str, TextForm]

    def of(self, manifest: Manifest) -> Registry:
        """Return the contract of a publication: without the optional data sets that it hasn't."""
        there = {file.data_set for file in manifest.files}
        asked = {n: d for n, d in self.data_sets.items() if n in there or not d.optional}
        return replace(self, data_sets=asked)
