"""Two contracts that share the towers of every depot, and the parts installed in their towers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ml_jobs.data.torres.catalogue import SyntheticPart
from ml_jobs.data.torres.depots import DEPOTS, REGIONS
from ml_jobs.data.torres.troubles import Row


@dataclass(frozen=True)
class TowerContract:
    """A contract of the synthetic network.

    Attributes:
        target: Share of the time that its towers have to work; None where none is agreed.
        penalty_per_hour: Reais for each hour that a tower stands still; None where none is agreed.
        shares: Of the towers of each region, the share that is its own.
    """

    contract_id: str
    name: str
    target: float | None
    penalty_per_hour: float | None
    shares: Mapping[str, float]


CONTRACTS = (
    TowerContract(
        "CT-01",
        "Contrato 01",
        0.9990,
        None,
        dict(zip(REGIONS, (0.65, 0.5, 0.4), strict=True)),
    ),
    TowerContract(
        "CT-02",
        "Contrato 02",
        None,
        40.0,
        dict(zip(REGIONS, (0.35, 0.5, 0.6), strict=True)),
    ),
)


def contract_rows() -> Iterator[Row]:
    """Yield the rows of the contracts' file."""
    for contract in CONTRACTS:
        towers = sum(round(depot.towers * contract.shares[depot.region]) for depot in DEPOTS)
        yield {
            "contract_id": contract.contract_id,
            "name": contract.name,
            "towers": str(towers),
            "target_availability": _decimal(contract.target),
            "penalty_per_hour": _decimal(contract.penalty_per_hour),
        }


def installed_rows(parts: Sequence[SyntheticPart]) -> Iterator[Row]:
    """Yield the rows of the installed parts' file: every part, in the towers of every depot."""
    for part in parts:
        for depot in DEPOTS:
            for contract in CONTRACTS:
                towers = round(depot.towers * contract.shares[depot.region])
                yield {
                    "item_id": part.item_id,
                    "location_id": depot.location_id,
                    "contract_id": contract.contract_id,
                    "installed": str(towers),
                    "share_down": "",
                }


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}".replace(".", ",")
