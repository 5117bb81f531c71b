"""Which actions are asked for, and the columns that their list is filtered by and tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from datalayer.kernel.contract.registry import Column, ColumnType, Registry
from datalayer.reading.database import Parameter
from datalayer.reading.filters import (
    NO_CONDITIONS,
    Conditions,
    conditions,
    filters_of,
    given_more_than_once,
    unpublished_column,
)
from datalayer.reading.question import json_list, json_rows
from datalayer.reading.questions.data_sets import data_set_named

ITEM_FILTERS: Final = ("category", "abc_class", "demand_class", "criticality", "supplier")
FILTERS: Final = (
    "tier",
    *ITEM_FILTERS,
    "check_first",
    "has_check",
    "is_new",
    "is_changed",
    "state",
)
"""Columns that rows of the list are filtered by, beside ``action``, ``location`` and
``put_aside``."""

MADE: Final = (
    unpublished_column(
        "has_check", ColumnType.BOOLEAN, described="Whether the row says what to check first."
    ),
    unpublished_column(
        "others",
        ColumnType.INTEGER,
        described="Further actions of the part and place that nobody put aside.",
    ),
    unpublished_column(
        "is_new",
        ColumnType.BOOLEAN,
        described="Whether the list before had it not; false where none before is known.",
    ),
    unpublished_column(
        "is_changed",
        ColumnType.BOOLEAN,
        described="Whether the list before had it in another tier or with another quantity; false "
        "where the publication before isn't kept.",
    ),
    unpublished_column(
        "state",
        ColumnType.TEXT,
        ("open", "put_aside", "came_back"),
        described="What the marks of planners make of the row.",
    ),
)
"""What the list says of a row beside what is published."""

_PLACE = unpublished_column(
    "location",
    ColumnType.TEXT,
    described="Places, none of which lies in another; all that none lies below if left out.",
)
_ASIDE = unpublished_column(
    "put_aside",
    ColumnType.BOOLEAN,
    described="What planners put aside, every action of it, instead of what is left.",
)
_PROVENANCE = ("dataset_id", "model_version", "generated_at")
ROW_KEY = ("item_id", "location_id", "action", "ref")


@dataclass(frozen=True, eq=False)
class Listing:
    """Which actions are wanted, and what is known of them beside their publication.

    Attributes:
        standing: The marked rows, as ``PlannerMarks.standing`` has them.
        new: Ranks of the rows that are new, as ``PlannerMarks.novelty`` has them.
        changed: Ranks of the rows that decide something else than the list before.
        location_ids: Places, none of which lies in another; empty for all that none lies below;
            None for all there are.
        actions: Kinds of actions; empty for all. The first of these that is left is wanted of each
            part and place, leading or not.
        put_aside: Whether what planners put aside is wanted, every action of it, instead of what
            is left.
        filters: What rows must meet, by the column of ``FILTERS`` concerned.
    """

    standing: pa.Table
    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    location_ids: tuple[str, ...] | None = ()
    actions: tuple[str, ...] = ()
    put_aside: bool = False
    filters: Mapping[str, Conditions] = field(default_factory=dict)

    def conditions(self, but: str = "") -> Conditions:
        """Return what rows must meet, *but* for what is said of one column."""
        met = (each for name, each in self.filters.items() if name != but)
        return sum(met, NO_CONDITIONS)

    def parameters(self, *, by_action: bool = False) -> dict[str, Parameter]:
        """Return the parameters of ``listed_actions.sql``, without those of the filters."""
        places = self.location_ids
        return {
            "locations": None if places is None else json_list(places),
            "actions": json_list(self.actions),
            "by_action": by_action,
            "standing": json_rows(self.standing, (*ROW_KEY, "state")),
            "put_aside": self.put_aside,
            "new": json_list(self.new),
            "changed": json_list(self.changed),
        }


def filter_columns(registry: Registry) -> dict[str, Column]:
    """Return the columns that a list is filtered by, by name; ``location`` as in files of orders.

    Raises:
        UnknownDataSet: The publication is from before there were actions.
    """
    published = {
        column.name: column
        for name in ("dim_item", "fact_action")
        for column in data_set_named(registry, name).columns
    }
    named = {**published, **{column.name: column for column in (*MADE, _PLACE, _ASIDE)}}
    return {name: named[name] for name in (*FILTERS, "action", "location", "put_aside")}


def told_columns(registry: Registry) -> tuple[Column, ...]:
    """Return all columns that a row of the list can have.

    Raises:
        UnknownDataSet: The publication is from before there were actions.
    """
    part = data_set_named(registry, "dim_item")
    action = data_set_named(registry, "fact_action")
    return (
        *(column for column in action.columns if column.name not in _PROVENANCE),
        *(part.column(name) for name in ("name", *ITEM_FILTERS)),
        *MADE,
    )


def listing(
    registry: Registry,
    asked: Iterable[tuple[str, str]],
    *,
    standing: pa.Table,
    new: Sequence[int] = (),
    changed: Sequence[int] = (),
) -> Listing:
    """Return the listing that *asked*, pairs of a filter's name and a value as text, means.

    Several values of one column are alternatives; different filters must all be met. Names that
    are no filters are left alone. Whether there is a place of that name, the caller finds out.

    Raises:
        InvalidSelection: A value can't be one of its column.
        UnknownDataSet: The publication is from before there were actions.
    """
    known = filter_columns(registry)
    pairs = [(name, text) for name, text in asked if name in known]
    by_name = {
        name: conditions(filters_of([column]), (pair for pair in pairs if pair[0] == name))
        for name, column in known.items()
    }
    if sum(name == "put_aside" for name, _ in pairs) > 1:
        raise given_more_than_once("put_aside")
    values = {name: [text for each, text in pairs if each == name] for name in known}
    return Listing(
        standing,
        tuple(new),
        tuple(changed),
        tuple(dict.fromkeys(values["location"])),
        tuple(dict.fromkeys(values["action"])),
        put_aside=values["put_aside"] == ["true"],
        filters={name: by_name[name] for name in FILTERS if by_name[name].predicates},
    )
