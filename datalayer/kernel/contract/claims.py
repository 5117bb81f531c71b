"""What a publication says of its rows, to be compared with them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from datalayer.kernel.contract.manifest import Manifest


@dataclass(frozen=True)
class Claims:
    """What a publication says of its rows.

    Attributes:
        generated_at: When the results were computed, with its zone.
        data_through: The last day of observed demand.
        frequency: D, W or MS: how long a period is. Anything else says that it is not known.
        rows: Rows by data set; empty where nothing is said of them.
        contract_version: Of the contract that it was written for; empty for the one it is read by.
    """

    dataset_id: str
    model_version: str
    generated_at: datetime
    data_through: date
    frequency: str
    rows: Mapping[str, int] = field(default_factory=dict)
    contract_version: str = ""

    def is_older_than(self, version: str) -> bool:
        """Return whether it was written for an earlier minor version than *version*."""
        if not self.contract_version:
            return False
        return _minor(self.contract_version) < _minor(version)

    @property
    def provenance(self) -> dict[str, str]:
        """What every row must bear, by column, as text."""
        return {
            "dataset_id": self.dataset_id,
            "generated_at": self.generated_at.isoformat(),
            "model_version": self.model_version,
        }


def claims_of(manifest: Manifest) -> Claims:
    """Return what *manifest* says of the publication's rows."""
    return Claims(
        dataset_id=manifest.dataset_id,
        model_version=manifest.model_version,
        generated_at=manifest.generated_at,
        data_through=manifest.data_through,
        frequency=str(manifest.lineage.get("frequency")),
        rows={file.data_set: file.rows for file in manifest.files},
        contract_version=manifest.contract.version,
    )


def _minor(version: str) -> int:
    """The minor number; of a version that has none, 0: nothing that such a one lacks is known."""
    number = version.split(".")[1:2]
    return int(number[0]) if number and number[0].isdecimal() else 0


def period_end(first: date, frequency: str) -> date:
    """Return the last day of the period of *frequency* that begins on *first*.

    Where the frequency is not known that is the last day of the longest there is, a month.
    """
    if frequency == "D":
        return first
    if frequency == "W":
        return first + timedelta(days=6)
    return first + timedelta(days=monthrange(first.year, first.month)[1] - 1)
