"""What every description of a publication tells of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path, PurePosixPath

from datalayer.kernel.contract.manifest import Manifest, PublishedFile
from datalayer.kernel.contract.registry import Bilingual, Column, DataSet, Registry
from datalayer.kernel.contract.report import ValidationReport
from ml_jobs.option_kinds import SPDX_IDENTIFIER

TITLE = Bilingual("Spare-part demand forecasts", "Previsões de demanda de peças de reposição")
DESCRIPTION = Bilingual(
    "Forecasts of spare-part demand, their accuracy and what follows for stock: one publication, "
    "never changed.",
    "Previsões de demanda de peças de reposição, sua acurácia e o que decorre para o estoque: uma "
    "publicação, nunca alterada.",
)
PORTUGUESE = "pt-BR"


@dataclass(frozen=True)
class DescribedSubject:
    """A publication that is about to be written.

    Attributes:
        files: By data set, as they will be published.
        report: What its validation found.
    """

    manifest: Manifest
    files: Mapping[str, Path]
    report: ValidationReport
    registry: Registry

    @property
    def version(self) -> str:
        """The contract's version with the publication's id, as Semantic Versioning 2 has it."""
        return f"{self.registry.version}+{self.manifest.publication_id}"

    @property
    def generated_at(self) -> str:
        """When the results were computed, in UTC, as ISO 8601 with its zone."""
        return self.manifest.generated_at.astimezone(UTC).isoformat().replace("+00:00", "Z")

    @property
    def license(self) -> str | None:
        """The SPDX identifier of the licence that the lineage names, if it names one."""
        named = self.manifest.lineage.get("license")
        return named if isinstance(named, str) and re.fullmatch(SPDX_IDENTIFIER, named) else None

    def published(self) -> Iterator[tuple[DataSet, PublishedFile]]:
        """Yield the data sets of the publication, in its order, each with its file."""
        for file in self.manifest.files:
            yield self.registry.data_sets[file.data_set], file

    def unit(self, column: Column) -> str:
        """Return the unit of *column*, with the currency's own code where it is known."""
        currency = self.manifest.lineage.get("currency")
        known = column.unit == "currency" and isinstance(currency, str) and currency
        return str(currency) if known else column.unit


def file_name(file: PublishedFile) -> str:
    """Return how *file* is called in the publication's folder."""
    return PurePosixPath(file.path).name
