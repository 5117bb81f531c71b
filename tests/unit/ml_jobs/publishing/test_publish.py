"""Publishing: validated first, committed last, never over something newer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from datalayer.kernel.contract.manifest import MANIFEST_LIMIT_BYTES, MANIFEST_NAME
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationFailed
from datalayer.kernel.errors import ManifestError, ObjectExists, StoreError
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.storage.object_store import FolderStore
from ml_jobs.errors import NewerPublishedError
from ml_jobs.publishing.publish import Draft, check, latest_manifest, publish
from tests.publisher import (
    DATASET_ID,
    FIRST_GENERATED_AT,
    MODEL_VERSION,
    Publisher,
    data_through,
    set_value,
    write_tables,
)

pytestmark = pytest.mark.ml

MakeDraft = Callable[..., Draft]
DESCRIPTIONS = ("datapackage.json", "croissant.json", "openlineage.ndjson")


@pytest.fixture
def draft(publisher: Publisher, tmp_path: Path) -> MakeDraft:
    """Make a draft of contract-true tables generated at a time."""

    def made(generated_at: datetime = FIRST_GENERATED_AT, *, spoilt: bool = False) -> Draft:
        tables = publisher.tables(generated_at=generated_at)
        if spoilt:
            tables["fact_forecast"] = set_value(tables["fact_forecast"], "forecast", 0, -1.0)
        return Draft(
            files=write_tables(tables, tmp_path / f"{generated_at:%H%M%S}"),
            dataset_id=DATASET_ID,
            model_version=MODEL_VERSION,
            generated_at=generated_at,
            data_through=data_through(generated_at),
            lineage={"frequency": "D"},
        )

    return made


def keys(store: FolderStore) -> set[str]:
    """Return the key of every object in *store*."""
    root = Path(store.address)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_publication_has_its_files_their_descriptions_and_its_manifest(
    draft: MakeDraft, folder_store: FolderStore, registry: Registry
) -> None:
    manifest = publish(check(draft(), registry), folder_store, registry)

    folder = f"publications/{manifest.publication_id}"
    assert keys(folder_store) == {
        MANIFEST_NAME,
        f"{folder}/{MANIFEST_NAME}",
        *(f"{folder}/{name}.parquet" for name in registry.data_sets),
        *(f"{folder}/{name}" for name in DESCRIPTIONS),
    }
    own = folder_store.read(f"{folder}/{MANIFEST_NAME}", limit_bytes=1 << 20)
    assert folder_store.read(MANIFEST_NAME, limit_bytes=1 << 20) == own
    assert latest_manifest(folder_store, registry) == manifest


def test_the_root_manifest_is_written_last(
    draft: MakeDraft, folder_store: FolderStore, registry: Registry
) -> None:
    seen: list[bool] = []

    def look(progress: Progress) -> None:
        if progress.step is Step.UPLOAD:
            seen.append(MANIFEST_NAME in keys(folder_store))

    publish(check(draft(), registry), folder_store, registry, report=look)

    assert seen.count(True) == 1
    assert seen[-1]


def test_what_breaks_the_contract_is_refused_with_the_whole_report(
    draft: MakeDraft, registry: Registry
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        check(draft(spoilt=True), registry)

    assert any(fault.column == "forecast" for fault in refused.value.report.faults)


def test_a_draft_that_claims_demand_from_the_future_is_refused(
    draft: MakeDraft, registry: Registry
) -> None:
    sound = draft()
    claim = Draft(
        files=sound.files,
        dataset_id=sound.dataset_id,
        model_version=sound.model_version,
        generated_at=sound.generated_at,
        data_through=data_through(sound.generated_at + timedelta(days=9)),
        lineage={},
    )

    with pytest.raises(ManifestError, match="is after generated_at"):
        check(claim, registry)


def test_a_manifest_longer_than_a_portal_reads_is_refused(
    draft: MakeDraft, registry: Registry
) -> None:
    endless = replace(draft(), lineage={"note": "x" * MANIFEST_LIMIT_BYTES})

    sentence = (
        r"it would have [\d,]{9} bytes, .* no more than 4,194,304; shorten its lineage, .*4,194,316"
    )
    with pytest.raises(ManifestError, match=sentence):
        check(endless, registry)


def test_older_results_do_not_replace_newer_ones(
    draft: MakeDraft, folder_store: FolderStore, registry: Registry
) -> None:
    newer = publish(
        check(draft(FIRST_GENERATED_AT + timedelta(hours=1)), registry), folder_store, registry
    )

    with pytest.raises(NewerPublishedError, match=newer.publication_id):
        publish(check(draft(), registry), folder_store, registry)

    assert latest_manifest(folder_store, registry) == newer
    assert len({key.split("/")[1] for key in keys(folder_store) - {MANIFEST_NAME}}) == 1


def test_publishing_the_same_again_changes_nothing(
    draft: MakeDraft, folder_store: FolderStore, registry: Registry
) -> None:
    first = publish(check(draft(), registry), folder_store, registry)
    before = {key: folder_store.read(key, limit_bytes=1 << 24) for key in keys(folder_store)}

    second = publish(check(draft(), registry), folder_store, registry)

    assert second == first
    assert before == {
        key: folder_store.read(key, limit_bytes=1 << 24) for key in keys(folder_store)
    }


@pytest.mark.parametrize("other", [b"something else", b" " * (MANIFEST_LIMIT_BYTES + 1)])
def test_another_publication_under_the_same_id_is_never_overwritten(
    draft: MakeDraft, folder_store: FolderStore, registry: Registry, other: bytes
) -> None:
    sound = check(draft(), registry)
    key = f"publications/{sound.manifest.publication_id}/{MANIFEST_NAME}"
    folder_store.write(key, other)

    with pytest.raises(ObjectExists, match=MANIFEST_NAME):
        publish(sound, folder_store, registry)

    assert folder_store.read(key, limit_bytes=1 << 24) == other


@pytest.mark.parametrize("broken", [b"{", b" " * (MANIFEST_LIMIT_BYTES + 1)])
def test_a_broken_root_manifest_is_mended(
    draft: MakeDraft, folder_store: FolderStore, registry: Registry, broken: bytes
) -> None:
    folder_store.write(MANIFEST_NAME, broken)

    manifest = publish(check(draft(), registry), folder_store, registry)

    assert latest_manifest(folder_store, registry) == manifest


def test_a_store_that_can_not_be_written_keeps_its_latest_publication(
    draft: MakeDraft, tmp_path: Path, registry: Registry
) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(StoreError, match="failed at"):
        publish(check(draft(), registry), FolderStore(tmp_path / "file" / "store"), registry)


def test_the_same_results_get_the_same_id_and_others_another(
    draft: MakeDraft, registry: Registry
) -> None:
    one, again = check(draft(), registry), check(draft(), registry)
    other = check(draft(FIRST_GENERATED_AT + timedelta(seconds=1)), registry)

    assert one.manifest.publication_id == again.manifest.publication_id
    assert one.manifest.publication_id < other.manifest.publication_id
