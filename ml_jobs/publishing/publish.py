"""From files to the latest publication of a store; what is not validated can't be published.

The order is what makes a crash harmless: data sets first, then their descriptions and the
signature if there is one, then the publication's own manifest, which is never changed, and last
the store's root manifest, which is the commit. Until that last write the publication before it
stays the latest one; what a crash leaves behind is never read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.claims import Claims
from datalayer.kernel.contract.manifest import (
    MANIFEST_LIMIT_BYTES,
    MANIFEST_NAME,
    ContractReference,
    Manifest,
    PublishedFile,
    manifest_json,
    new_publication_id,
)
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationFailed, ValidationReport
from datalayer.kernel.errors import ManifestError, ObjectExists, ObjectMissing, ObjectTooLarge
from datalayer.kernel.progress import Progress, ReportProgress, Step, count_bytes, silent
from datalayer.kernel.storage.digest import file_sha256
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.kernel.validation.validator import validate
from ml_jobs.errors import NewerPublishedError
from ml_jobs.publishing.descriptions.description_files import description_files
from ml_jobs.publishing.descriptions.subject import DescribedSubject
from ml_jobs.publishing.signing import Signer


@dataclass(frozen=True)
class Draft:
    """Files that are to become a publication, and what it will say of itself.

    Attributes:
        files: By data set; in key order, as ``layout`` writes them.
        generated_at: When the results were computed, with its zone.
        data_through: The last day of observed demand behind them.
        lineage: JSON values; see ``Manifest.lineage``.
    """

    files: Mapping[str, Path]
    dataset_id: str
    model_version: str
    generated_at: datetime
    data_through: date
    lineage: Mapping[str, object]

    @property
    def claims(self) -> Claims:
        """What the publication will say of its rows; of their number it has yet to be told."""
        return Claims(
            dataset_id=self.dataset_id,
            model_version=self.model_version,
            generated_at=self.generated_at,
            data_through=self.data_through,
            frequency=str(self.lineage.get("frequency")),
        )


@dataclass(frozen=True)
class SoundDraft:
    """A draft that keeps the contract; made by ``check`` and ``seal`` only.

    Attributes:
        manifest: What will be published, with the digests of the files as they were checked.
    """

    manifest: Manifest
    files: Mapping[str, Path]
    report: ValidationReport


def check(draft: Draft, registry: Registry, *, report: ReportProgress = silent) -> SoundDraft:
    """Validate *draft* against the contract.

    Raises:
        ValidationFailed: The content breaks the contract; carries the whole report.
        ManifestError: What the draft says of itself can't stand in a manifest, or makes it
            longer than a portal reads.
    """
    found = validate(draft.files, registry, claims=draft.claims, report=report)
    return seal(draft, registry, found)


def seal(draft: Draft, registry: Registry, found: ValidationReport) -> SoundDraft:
    """Return *draft* as sound, if its validation *found* no fault; raises what `check` does."""
    manifest = _manifest(draft, registry, found.rows)
    if not found.passed:
        raise ValidationFailed(publication_id=manifest.publication_id, report=found)
    content = manifest_json(manifest)
    if len(content) > MANIFEST_LIMIT_BYTES:
        lineage = len(json.dumps(dict(draft.lineage), ensure_ascii=False).encode())
        problem = (
            f"it would have {len(content):,} bytes, and a portal reads no more than "
            f"{MANIFEST_LIMIT_BYTES:,}; shorten its lineage, which has about {lineage:,} of them"
        )
        raise ManifestError(location=MANIFEST_NAME, faults=[problem])
    parse_manifest(content, location=MANIFEST_NAME, registry=registry)
    return SoundDraft(manifest, draft.files, found)


def publish(
    sound: SoundDraft,
    store: ObjectStore,
    registry: Registry,
    *,
    signer: Signer | None = None,
    report: ReportProgress = silent,
) -> Manifest:
    """Make *sound* the latest publication of *store*, signed if there is a *signer*.

    Publishing the same once more changes nothing but the signature, with the descriptions that it
    covers, and completes it where a crash cut it short.

    Raises:
        ExpiredAlreadyError: It would be signed for a time that is over.
        NewerPublishedError: The store's latest publication was generated later.
        ObjectExists: The store holds another publication of this id.
        StoreError: The store failed; the publication before stays the latest one.
    """
    manifest = sound.manifest
    refuse_if_older(manifest.generated_at, store, registry)
    if signer is not None:
        signer.refuse_expired(manifest.generated_at, utc_now())
    complete = _is_published(manifest, store)
    if not complete:
        _upload(sound, store, report)
    if signer is not None or not complete:
        beside = _describe(sound, store, registry, report)
    if signer is not None:
        store.write(_own_key(manifest, ATTESTATION_NAME), signer.envelope(manifest, beside))
    if not complete:
        report(_manifest_progress(0))
        store.write(_own_key(manifest), manifest_json(manifest), must_be_new=True)
    # Somebody else may have published while the files were going up.
    refuse_if_older(manifest.generated_at, store, registry)
    report(_manifest_progress(1))
    store.write(MANIFEST_NAME, manifest_json(manifest))
    report(_manifest_progress(2))
    return manifest


def refuse_if_older(generated_at: datetime, store: ObjectStore, registry: Registry) -> None:
    """Refuse to replace a publication with results of *generated_at* that are older.

    Raises:
        NewerPublishedError: The store's latest publication was generated later.
    """
    latest = latest_manifest(store, registry)
    if latest is not None and latest.generated_at > generated_at:
        raise NewerPublishedError(
            address=store.address,
            publication_id=latest.publication_id,
            latest=latest.generated_at.isoformat(),
            generated_at=generated_at.isoformat(),
        )


def latest_manifest(store: ObjectStore, registry: Registry) -> Manifest | None:
    """Return the store's latest manifest; None where there is none that can be read."""
    try:
        content = store.read(MANIFEST_NAME, limit_bytes=MANIFEST_LIMIT_BYTES)
        return parse_manifest(content, location=MANIFEST_NAME, registry=registry)
    except (ObjectMissing, ObjectTooLarge, ManifestError):
        # A broken root manifest is no reason to withhold the sound one that would mend it.
        return None


def _manifest(draft: Draft, registry: Registry, rows: Mapping[str, int]) -> Manifest:
    digests = {name: file_sha256(path) for name, path in draft.files.items()}
    salt = json.dumps(
        [digests, draft.dataset_id, draft.model_version, dict(draft.lineage)], sort_keys=True
    )
    publication_id = new_publication_id(draft.generated_at, salt=salt.encode())
    files = tuple(
        PublishedFile(
            data_set=name,
            path=f"publications/{publication_id}/{name}.parquet",
            size_bytes=path.stat().st_size,
            sha256=digests[name],
            rows=rows.get(name, 0),
        )
        for name, path in draft.files.items()
    )
    return Manifest(
        publication_id=publication_id,
        dataset_id=draft.dataset_id,
        model_version=draft.model_version,
        generated_at=draft.generated_at.astimezone(UTC),
        data_through=draft.data_through,
        contract=ContractReference(registry.id, registry.version, registry.fingerprints),
        files=files,
        lineage=draft.lineage,
    )


def _own_key(manifest: Manifest, name: str = MANIFEST_NAME) -> str:
    return f"publications/{manifest.publication_id}/{name}"


def _is_published(manifest: Manifest, store: ObjectStore) -> bool:
    """Return whether this very publication is in the store already, manifest and all."""
    try:
        found = store.read(_own_key(manifest), limit_bytes=MANIFEST_LIMIT_BYTES)
    except ObjectMissing:
        return False
    except ObjectTooLarge:
        found = b""
    if found != manifest_json(manifest):
        raise ObjectExists(address=store.address, key=_own_key(manifest))
    return True


def _upload(sound: SoundDraft, store: ObjectStore, report: ReportProgress) -> None:
    manifest = sound.manifest
    done = 0
    for file in manifest.files:
        begin = Progress(Step.UPLOAD, done, manifest.size_bytes, file.data_set)
        report(begin)
        count = count_bytes(report, begin)
        store.upload(sound.files[file.data_set], file.path, report=count)
        done += file.size_bytes


def _describe(
    sound: SoundDraft, store: ObjectStore, registry: Registry, report: ReportProgress
) -> dict[str, bytes]:
    """Write the descriptions beside the place of the manifest; return them by file name."""
    described = description_files(
        DescribedSubject(sound.manifest, sound.files, sound.report, registry)
    )
    for name, content in described.items():
        report(Progress(Step.UPLOAD, 0, 1, name))
        store.write(_own_key(sound.manifest, name), content)
        report(Progress(Step.UPLOAD, 1, 1, name))
    return described


def _manifest_progress(done: int) -> Progress:
    return Progress(Step.UPLOAD, done, 2, MANIFEST_NAME)
