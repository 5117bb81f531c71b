"""The parts: groups, families and variants of ``catalogue.toml``, each with a code of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CATALOGUE = Path(__file__).parent / "catalogue.toml"

# Variants of a family differ in how often they are used: the standard deviation of the logarithm.
RATE_SPREAD = 0.8


@dataclass(frozen=True)
class SyntheticPart:
    """A part and what its demand follows from.

    Attributes:
        item_id: Two digits of its group, two of its family and three of itself, zeros in front.
        unit_cost: In reais.
        cause: What makes demand; see `depots.Depot.factors`.
        life: steady, fading, growing, new, ended or never.
        rate: Uses for each 1,000 towers and year.
        size: Mean units of a use.
        step: Units that quantities are counted in.
        sold_by: Units that an order is a multiple of; 0 where any number will do.
        repair_days: From a failure until it is back from repair; 0 of what isn't repaired.
        condemned: Share that can't be repaired.
    """

    item_id: str
    name: str
    category: str
    unit: str
    supplier: str
    unit_cost: float
    criticality: str
    cause: str
    life: str
    rate: float
    size: float
    step: float
    lead_time_days: int
    lead_time_sd_days: int
    minimum_order: float
    sold_by: float
    repair_days: int = 0
    condemned: float = 1.0


@dataclass(frozen=True)
class Campaign:
    """Works that ask for much at once.

    Attributes:
        name: The part's.
        weeks_ago: Weeks from its first week to the last one of the history.
        units: Asked for by each depot, all weeks together.
        every_year: Whether it comes back in the same weeks of each year.
    """

    why: str
    name: str
    depots: tuple[str, ...]
    weeks_ago: int
    weeks: int
    units: float
    every_year: bool = False


def read_parts(random: np.random.Generator) -> list[SyntheticPart]:
    """Return the parts in the order of their codes; how often each is used is drawn."""
    return [part for group in _read()["group"] for part in _parts_of(group, random)]


def read_campaigns() -> list[Campaign]:
    """Return the campaigns."""
    campaigns = _read()["campaign"]
    return [Campaign(**{**entry, "depots": tuple(entry["depots"])}) for entry in campaigns]


def _read() -> dict[str, Any]:
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


def _parts_of(group: Mapping[str, Any], random: np.random.Generator) -> Iterator[SyntheticPart]:
    for number, family in enumerate(group["families"], start=1):
        supplier = group["suppliers"][number % len(group["suppliers"])]
        lead, scatter = family.get("lead", group["lead"])
        repair_days, condemned = family.get("repair", (0, 1.0))
        for place, variant in enumerate(family["of"], start=1):
            text, _, cost = variant.rpartition("=")
            yield SyntheticPart(
                item_id=f"{group['code']}{number:02d}{place:03d}",
                name=family["name"].format(text),
                category=group["name"],
                unit=family.get("unit", "un"),
                supplier=f"Fornecedor {supplier} (sintético)",
                unit_cost=float(cost.replace(",", ".")),
                criticality=family.get("level", "medium"),
                cause=family["cause"],
                life=family.get("life", "steady"),
                rate=family["rate"] * float(np.exp(random.normal(-0.1, RATE_SPREAD))),
                size=family.get("size", 1.0),
                step=family.get("step", 1.0),
                lead_time_days=lead,
                lead_time_sd_days=scatter,
                minimum_order=family.get("least", 0.0),
                sold_by=family.get("multiple", 0.0),
                repair_days=repair_days,
                condemned=condemned,
            )
