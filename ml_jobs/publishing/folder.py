"""A folder of Parquet files that someone else wrote, on its way to a publication.

Each data set is one file. With a ``metadata.json`` (the flat layout, or a copy of a whole store)
the files are those that it names, and they must be what it says. Without one they are named
``<data_set>.parquet``, and what the publication says of itself is read from their columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datalayer.kernel.contract.checks import CheckKind
from datalayer.kernel.contract.claims import claims_of
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import ManifestError
from datalayer.kernel.progress import ReportProgress, silent
from datalayer.kernel.storage.digest import file_sha256
from datalayer.kernel.validation.validator import validate
from ml_jobs.errors import FolderError
from ml_jobs.publishing.layout import rewrite
from ml_jobs.publishing.publish import Draft, SoundDraft, seal


def check_folder(
    folder: Path,
    work: Path,
    registry: Registry,
    *,
    data_through: date | None = None,
    report: ReportProgress = silent,
) -> tuple[SoundDraft, tuple[str, ...]]:
    """Rewrite the files of *folder* in key order into *work*, an empty folder; validate them.

    The last day of observed demand is *data_through*, else what the folder's manifest says, else
    the last day that the rows know.

    Returns:
        What the files became, and sentences about what is odd and harmless about the folder.

    Raises:
        FolderError: Files are missing, unreadable, not what the manifest says or not what the
            contract asks for; every fault is named.
        ManifestError: The publication's manifest would be longer than a portal reads.
    """
    if not folder.is_dir():
        raise FolderError(folder=folder.name or str(folder), faults=("it is no folder",))
    manifest, faults = _read_manifest(folder, registry)
    paths = {name: folder / f"{name}.parquet" for name in registry.data_sets}
    if manifest:
        paths = {file.data_set: folder / file.path for file in manifest.files}
    paths = {name: path for name, path in paths.items() if path.is_file()}
    files, unreadable = _rewrite_all(paths, work, registry)
    last_day = data_through or (manifest.data_through if manifest else _last_day(files, registry))
    draft, silences = _draft_of(files, manifest, last_day)
    claims = draft.claims if draft else None
    if manifest and claims:
        claims = replace(claims, rows=claims_of(manifest).rows)
    found = validate(files, registry, claims=claims, report=report)
    faults += [*unreadable.values(), *silences]
    faults += [
        str(fault)
        for fault in found.faults
        if not (fault.check == CheckKind.FILE and fault.data_set in unreadable)
    ]
    if faults or draft is None:
        raise FolderError(folder=folder.name or str(folder), faults=tuple(faults))
    known = {path.resolve() for path in paths.values()}
    strange = [path for path in sorted(folder.glob("*.parquet")) if path.resolve() not in known]
    warnings = [str(warning) for warning in found.warnings]
    warnings += [f"{p.name} is no data set of the contract and is not published" for p in strange]
    return seal(draft, registry, found), tuple(warnings)


def _read_manifest(folder: Path, registry: Registry) -> tuple[Manifest | None, list[str]]:
    """Return the folder's manifest, if there is one, and what is wrong with it or its files."""
    path = folder / MANIFEST_NAME
    if not path.is_file():
        return None, []
    try:
        manifest = parse_manifest(path.read_bytes(), location=MANIFEST_NAME, registry=registry)
    except ManifestError as error:
        faults = [f"{MANIFEST_NAME}: {fault}" for fault in error.faults]
        advice = f"{MANIFEST_NAME} is not one of a publication; take it away to have one made"
        return None, [*faults, advice]
    return manifest, list(_not_as_announced(folder, manifest))


def _not_as_announced(folder: Path, manifest: Manifest) -> Iterator[str]:
    root = folder.resolve()
    for file in manifest.files:
        path = folder / file.path
        if not path.resolve().is_relative_to(root):
            yield f"{file.path} leads outside the folder"
        elif path.is_file() and (size := path.stat().st_size) != file.size_bytes:
            yield f"{file.path} has {size:,} bytes; {MANIFEST_NAME} says {file.size_bytes:,}"
        elif path.is_file() and (found := file_sha256(path)) != file.sha256:
            yield f"{file.path} has the SHA-256 {found}; {MANIFEST_NAME} says {file.sha256}"


def _rewrite_all(
    files: Mapping[str, Path], work: Path, registry: Registry
) -> tuple[dict[str, Path], dict[str, str]]:
    """Return the files in key order, and for each that can't be read what is wrong with it."""
    ordered: dict[str, Path] = {}
    unreadable: dict[str, str] = {}
    for name, path in files.items():
        target = work / f"{name}.parquet"
        try:
            rewrite(path, target, key=registry.data_sets[name].key)
        except (pa.ArrowException, duckdb.Error, OSError) as error:
            problem = str(error).splitlines()[0].replace(f"{path.parent}/", "")
            unreadable[name] = f"{path.name} is not readable Parquet: {problem}"
        else:
            ordered[name] = target
    return ordered, unreadable


def _draft_of(
    files: Mapping[str, Path], manifest: Manifest | None, data_through: date | None
) -> tuple[Draft | None, list[str]]:
    """Read what a manifest needs, or say what is missing; validation proves that all rows agree."""
    found = {
        "dataset_id": _first(files, "dataset_id"),
        "model_version": manifest.model_version if manifest else _first(files, "model_version"),
    }
    generated_at = _first(files, "generated_at")
    moment = generated_at if isinstance(generated_at, datetime) and generated_at.tzinfo else None
    wanted = {
        **found,
        "generated_at with its zone": moment,
        "data_through (give it with --data-through)": data_through,
    }
    faults = [f"its files tell no {name}" for name, value in wanted.items() if value is None]
    if moment is None or data_through is None or faults:
        return None, faults
    texts = {name: str(value) for name, value in found.items()}
    lineage = dict(manifest.lineage) if manifest else {"producer": "a folder of Parquet files"}
    draft = Draft(
        files=files, **texts, generated_at=moment, data_through=data_through, lineage=lineage
    )
    return draft, []


def _batches(path: Path, column: str) -> Iterator[pa.Array]:
    """Yield the values of *column*, a batch at a time; none where the file has no such column."""
    with pq.ParquetFile(path) as file:
        if column in file.schema_arrow.names:
            yield from (batch.column(0) for batch in file.iter_batches(columns=[column]))


def _first(files: Mapping[str, Path], column: str) -> object:
    """Return the first value of *column* that is found in any file; None if there is none."""
    for path in files.values():
        for batch in _batches(path, column):
            values = batch.drop_null()
            if pa.types.is_timestamp(values.type):
                # Python's times end at microseconds, so finer ones are cut there.
                values = values.cast(pa.timestamp("us", tz=values.type.tz), safe=False)
            if len(values):
                return values[0].as_py()
    return None


def _last_day(files: Mapping[str, Path], registry: Registry) -> date | None:
    """Return the last day that any column knows which tells the last one observed."""
    days = (
        pc.max(batch).as_py()
        for name, path in files.items()
        for column in registry.data_sets[name].columns
        if column.last_observed
        for batch in _batches(path, column.name)
        if pa.types.is_date(batch.type)
    )
    return max((day for day in days if day is not None), default=None)
