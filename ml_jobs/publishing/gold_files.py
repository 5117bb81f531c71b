"""The gold files of one run: as they were just drafted, or fetched from a store and proven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datalayer.kernel.contract.manifest import MANIFEST_LIMIT_BYTES, MANIFEST_NAME
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.progress import Progress, ReportProgress, Step, silent
from datalayer.kernel.storage.digest import prove_file
from datalayer.kernel.storage.object_store import ObjectStore
from ml_jobs.publishing.publish import Draft


@dataclass(frozen=True)
class GoldFiles:
    """What one run found, as files that are what their maker announced.

    Attributes:
        title: The publication's id, or a draft's dataset_id.
        files: By data set; perhaps not all of them.
        lineage: JSON values; see ``Manifest.lineage``.
    """

    title: str
    files: Mapping[str, Path]
    model_version: str
    data_through: date
    lineage: Mapping[str, object]

    def rows(self, data_set: str, *, columns: list[str] | None = None, **wanted: str) -> pa.Table:
        """Return the rows of *data_set* whose columns have the values *wanted*.

        Files are in key order, so few row groups are read. Default: all *columns*.
        """
        filters = [(name, "==", value) for name, value in wanted.items()]
        return pq.read_table(
            self.files[data_set], columns=columns, filters=filters or None, partitioning=None
        )


def draft_gold(draft: Draft) -> GoldFiles:
    """Return the files of a draft, which this process wrote itself."""
    return GoldFiles(
        draft.dataset_id, draft.files, draft.model_version, draft.data_through, draft.lineage
    )


def fetch_gold(
    store: ObjectStore,
    registry: Registry,
    data_sets: Sequence[str],
    folder: Path,
    *,
    report: ReportProgress = silent,
) -> GoldFiles:
    """Fetch *data_sets* of the latest publication of *store* into an empty folder; prove them.

    Optional ones that it doesn't have are left out.

    Raises:
        ObjectMissing: The store holds no publication, or not all of its files.
        ManifestError: Its manifest can't be used.
        IntegrityError: A file is not what the manifest announces; nothing of it is read.
        StoreError: The store failed.
    """
    content = store.read(MANIFEST_NAME, limit_bytes=MANIFEST_LIMIT_BYTES)
    manifest = parse_manifest(content, location=MANIFEST_NAME, registry=registry)
    there = registry.of(manifest).data_sets
    wanted = [n for n in data_sets if n in there or not registry.data_sets[n].optional]
    files = {}
    for done, name in enumerate(wanted):
        report(Progress(Step.STAGE, done, len(wanted), name))
        file, path = manifest.file(name), folder / f"{name}.parquet"
        store.download(file.path, path, limit_bytes=file.size_bytes, report=lambda _bytes: None)
        prove_file(path, file, manifest.publication_id)
        files[name] = path
    report(Progress(Step.STAGE, len(wanted), len(wanted)))
    return GoldFiles(
        manifest.publication_id,
        files,
        manifest.model_version,
        manifest.data_through,
        manifest.lineage,
    )
