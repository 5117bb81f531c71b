"""The columns that answers about availability have, as the contract describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from datalayer.kernel.contract.registry import Bilingual, Column, ColumnType, Registry
from datalayer.reading.filters import unpublished_column
from datalayer.reading.questions import availability, buy_list

_ORIGIN: Final = ("dataset_id", "model_version", "generated_at")
_OF_CONTRACT: Final[Mapping[str, str]] = {
    "today": "Of the stock of today",
    "service": "Of the stock that service levels by criticality ask for",
    "meeting": "Of the first supported point of the curve that meets the target, null where none "
    "does",
    "supported": "Of the supported point with most stock, null where none is",
}
_MADE: Final = (
    unpublished_column(
        "hours_per_1000",
        ColumnType.DOUBLE,
        described="Tower-hours a month that the step avoids for each 1,000 of its cost; null where "
        "it costs nothing.",
        unit="h",
    ),
    unpublished_column("location", ColumnType.TEXT, described="Name of the location."),
)
_SUMS: Final = {
    "steps": (ColumnType.INTEGER, "Steps of the buy list", ""),
    "parts": (ColumnType.INTEGER, "Parts at a place", ""),
    "cost": (ColumnType.DOUBLE, "What they cost", "currency"),
    "down_hours_avoided": (ColumnType.DOUBLE, "Tower-hours a month that they avoid", "h"),
    "share": (
        ColumnType.DOUBLE,
        "Share of what the list avoids in all, null where it avoids nothing",
        "share",
    ),
    "last_rank": (ColumnType.INTEGER, "Rank of the last step, null without one", ""),
}
_ALL: Final = ("steps", "cost", "down_hours_avoided")


def contract_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of the answer to ``availability.contracts``."""
    curve = registry.data_sets["agg_availability"]
    named = ("contract_id", "name", "towers", "target_availability")
    found = [
        replace(
            curve.column(name),
            name=f"{prefix}_{name}",
            required=False,
            description=_prefixed(_OF_CONTRACT[prefix], curve.column(name).description),
        )
        for prefix, names in availability.CONTRACT_FIGURES.items()
        for name in names
    ]
    return (*map(curve.column, named), *found, curve.column("source"))


def curve_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of the answer to ``availability.curve``."""
    return _but_origin(registry, "agg_availability")


def worth_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of the answer to ``availability.stock_worth``."""
    return _but_origin(registry, "fact_availability")


def told_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of a step of the answer to ``buy_list.steps``."""
    steps, worth, item = (
        registry.data_sets[name] for name in ("fact_buy_list", "fact_availability", "dim_item")
    )
    known: dict[str, Column] = {
        **{column.name: column for column in steps.columns},
        **{name: worth.column(name) for name in buy_list.WORTH},
        **{name: item.column(name) for name in buy_list.ITEM_COLUMNS},
        **{column.name: column for column in _MADE},
    }
    return tuple(known[name] for name in buy_list.COLUMNS)


def effect_columns() -> tuple[Column, ...]:
    """Return the columns of the answer to ``buy_list.budget_effect``."""
    return tuple(
        unpublished_column(f"{prefix}{name}", kind, described=f"{text}: {about}.", unit=unit)
        for prefix, about in (
            ("", "what the budget buys"),
            ("next_", "what as much again buys behind it"),
            ("all_", "the whole list"),
        )
        for name, (kind, text, unit) in _SUMS.items()
        if prefix != "all_" or name in _ALL
    )


def left_out_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of the answer to ``availability.left_out``."""
    return (
        registry.data_sets["fact_availability"].column("left_out"),
        unpublished_column("parts", ColumnType.INTEGER, described="Parts at a place."),
        unpublished_column(
            "unsupported",
            ColumnType.INTEGER,
            described="Those of them that are weighed by a chance which the past didn't see.",
        ),
    )


def _but_origin(registry: Registry, name: str) -> tuple[Column, ...]:
    columns = registry.data_sets[name].columns
    return tuple(column for column in columns if column.name not in _ORIGIN)


def _prefixed(about: str, described: Bilingual) -> Bilingual:
    return Bilingual(f"{about}: {described.en}", f"{about}: {described.en}")
