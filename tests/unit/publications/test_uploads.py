"""A publication sent as a zip: judged as one from the store, kept if sound, then activated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.contract.manifest import Manifest, manifest_json
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    CandidateChanged,
    IntegrityError,
    KeptAlready,
    ManifestError,
    NotAllowed,
    NotInTheStore,
    NotSigned,
    PortalError,
    PublicationError,
    Replayed,
    StagingError,
    UploadRefused,
)
from datalayer.kernel.progress import Progress, Step
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.active import Activation
from datalayer.publications.stages import Expected
from datalayer.publications.uploads import UploadedPublication
from tests.publisher import Publisher, set_value
from tests.signing import KEY, sign_in, write_trusted
from tests.unit.publications.full_disk import FULL, small_disk
from tests.unit.publications.refreshing import ANA, PLANNER, UPLOAD_BYTES, Refreshing, joined
from tests.zipping import NAME, folder_files, upload, zipped

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture
def elsewhere(tmp_path: Path, registry: Registry) -> Publisher:
    """Publishes into a store that the portal does not read."""
    return Publisher(FolderStore(tmp_path / "elsewhere"), registry)


@pytest.fixture
def sent(elsewhere: Publisher) -> Manifest:
    """A publication of that store."""
    return elsewhere.publish(items=2)


def zip_of(elsewhere: Publisher, change: Change | None = None, root: str = "") -> bytes:
    """Return a zip of the latest publication's folder, its files changed."""
    files = folder_files(elsewhere.store, elsewhere.latest)
    if change:
        change(files)
    return zipped(files, root)


def change_manifest(**fields: object) -> Change:
    def change(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["metadata.json"])
        files["metadata.json"] = json.dumps(manifest | fields).encode()

    return change


def left_in(state: Path) -> list[str]:
    """Return what lies beneath the folder of uploads."""
    return sorted(str(path.relative_to(state)) for path in (state / "uploads").rglob("*"))


def waiting_in(parts: Refreshing) -> UploadedPublication:
    waiting = parts.activations.uploaded()
    assert waiting is not None
    return waiting


class TestSound:
    @pytest.mark.parametrize("root", ["", "insights/", "publications/{id}/", "{id}/"])
    def test_it_waits_to_be_activated_and_nothing_changes(
        self, parts: Refreshing, elsewhere: Publisher, sent: Manifest, root: str
    ) -> None:
        content = zip_of(elsewhere, root=root.format(id=sent.publication_id))

        candidate = parts.activations.receive(ANA, upload(content))

        assert candidate.report.passed
        assert waiting_in(parts).manifest == sent
        assert parts.active_id is None
        assert parts.snapshots.kept_ids() == ()

    def test_it_is_activated_by_its_id_and_leaves_the_uploads(
        self, parts: Refreshing, state: Path, elsewhere: Publisher, sent: Manifest
    ) -> None:
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))

        parts.activations.activate(ANA, publication_id=sent.publication_id)

        assert parts.active_id == sent.publication_id
        assert parts.activations.uploaded() is None
        assert left_in(state) == ["uploads/publications"]

    def test_who_sent_it_and_as_what_is_remembered_and_recorded(
        self, parts: Refreshing, elsewhere: Publisher, sent: Manifest
    ) -> None:
        content = zip_of(elsewhere)

        parts.activations.receive(ANA, upload(content))

        waiting, digest = waiting_in(parts), hashlib.sha256(content).hexdigest()
        assert waiting.by == ANA.name
        assert waiting.received is not None
        assert waiting.received.sha256 == digest
        accepted, received = parts.audit.entries(2)
        assert (received.action, received.outcome) == ("upload", "received")
        assert (accepted.action, accepted.outcome) == ("upload", "accepted")
        assert accepted.publication_id == sent.publication_id
        for line in (received, accepted):
            assert line.actor == ANA.name
            assert line.details["file"] == NAME
            assert line.details["sha256"] == digest
            assert line.details["size_bytes"] == len(content)

    def test_another_takes_the_place_of_the_one_that_waits(
        self, parts: Refreshing, elsewhere: Publisher, sent: Manifest
    ) -> None:
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))
        second = elsewhere.publish(items=3)

        parts.activations.receive(ANA, upload(zip_of(elsewhere)))

        assert waiting_in(parts).manifest == second
        assert sent.publication_id not in str(left_in(parts.snapshots.folder.parent))

    def test_checking_the_store_leaves_it_alone(
        self, parts: Refreshing, elsewhere: Publisher, sent: Manifest, publisher: Publisher
    ) -> None:
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))
        publisher.publish(items=1)

        parts.activations.inspect(ANA)

        assert waiting_in(parts).manifest == sent

    def test_it_can_be_removed(
        self, parts: Refreshing, state: Path, elsewhere: Publisher, sent: Manifest
    ) -> None:
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))

        parts.activations.discard_upload(ANA)

        assert parts.activations.uploaded() is None
        assert left_in(state) == ["uploads/publications"]
        assert parts.last_entry.publication_id == sent.publication_id

    def test_it_outlives_a_start(
        self, parts: Refreshing, state: Path, registry: Registry, elsewhere: Publisher
    ) -> None:
        manifest = elsewhere.publish(items=1)
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))
        begun = joined(state, FolderStore(state / "none"), registry)

        begun.activations.recover()

        assert waiting_in(begun).manifest == manifest

    def test_one_that_is_damaged_while_it_waits_is_not_activated(
        self, parts: Refreshing, state: Path, elsewhere: Publisher, sent: Manifest
    ) -> None:
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))
        path = waiting_in(parts).folder / "dim_item.parquet"
        path.write_bytes(path.read_bytes()[::-1])

        with pytest.raises(IntegrityError):
            parts.activations.activate(ANA, publication_id=sent.publication_id)

        assert parts.active_id is None


class TestRefused:
    @pytest.fixture(autouse=True)
    def _nothing_is_left(self, parts: Refreshing, served: Manifest, state: Path) -> Iterator[None]:
        """What was served goes on, and nothing of what was sent lies anywhere."""
        before = sorted(str(path) for path in state.rglob("*") if "staging" not in str(path))
        yield
        assert parts.active_id == served.publication_id
        assert parts.activations.uploaded() is None
        after = sorted(str(path) for path in state.rglob("*") if "staging" not in str(path))
        assert [each for each in after if each not in before and "uploads" not in each] == []
        assert left_in(state) in ([], ["uploads/publications"])
        assert parts.last_entry.action == "upload"
        assert parts.last_entry.outcome in {"rejected", "refused"}

    def refusal(self, parts: Refreshing, content: bytes) -> PortalError:
        with pytest.raises(PortalError) as refused:
            parts.activations.receive(ANA, upload(content))
        assert str(parts.last_entry.details["reason"]) == str(refused.value)
        return refused.value

    def later(self, elsewhere: Publisher) -> Manifest:
        """Publish elsewhere what is newer than what is served."""
        return elsewhere.publish(
            generated_at=datetime(2026, 11, 21, 9, tzinfo=UTC), items=2, salt="b"
        )

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda files: files.pop("metadata.json"), "holds no metadata.json"),
            (lambda files: files.update({"b/metadata.json": b"{}"}), "2 files metadata.json"),
            (lambda files: files.update({"notes.txt": b"x"}), "not the publication's: notes.txt"),
            (lambda files: files.update({"more.zip": b"PK"}), "not the publication's: more.zip"),
            (lambda files: files.pop("dim_item.parquet"), "lacks dim_item.parquet"),
            (
                lambda files: files.update({"dim_item.parquet": b"PAR1"}),
                "holds dim_item.parquet with 4 bytes, and its metadata.json says",
            ),
            (lambda files: files.update({"metadata.json": b"[]"}), f"The manifest {NAME}/metadata"),
            (change_manifest(manifest_version=0), "manifest_version is 0"),
            (change_manifest(publication_id="latest"), "it must look like"),
        ],
    )
    def test_what_is_wrong_with_the_folder_is_named(
        self, parts: Refreshing, elsewhere: Publisher, change: Change, sentence: str
    ) -> None:
        self.later(elsewhere)

        assert sentence in str(self.refusal(parts, zip_of(elsewhere, change)))

    def test_a_file_of_other_bytes(self, parts: Refreshing, elsewhere: Publisher) -> None:
        self.later(elsewhere)

        def flip(files: dict[str, bytes]) -> None:
            files["dim_item.parquet"] = files["dim_item.parquet"][::-1]

        assert isinstance(self.refusal(parts, zip_of(elsewhere, flip)), IntegrityError)

    def test_an_archive_damaged_within_a_file(
        self, parts: Refreshing, elsewhere: Publisher
    ) -> None:
        self.later(elsewhere)
        content = bytearray(zip_of(elsewhere))
        at = content.rfind(b"PK\x03\x04")
        content[at + 200 : at + 240] = bytes(40)

        assert "is damaged at" in str(self.refusal(parts, bytes(content)))

    def test_the_folder_of_another_publication(
        self, parts: Refreshing, elsewhere: Publisher, served: Manifest
    ) -> None:
        self.later(elsewhere)
        content = zip_of(elsewhere, root=f"{served.publication_id}/")

        assert f"holds the folder {served.publication_id}" in str(self.refusal(parts, content))

    def test_files_in_the_folder_of_another_publication(
        self, parts: Refreshing, elsewhere: Publisher, served: Manifest
    ) -> None:
        manifest = self.later(elsewhere)

        def move(files: dict[str, bytes]) -> None:
            text = files["metadata.json"].decode()
            own, other = (f"publications/{each.publication_id}/" for each in (manifest, served))
            files["metadata.json"] = text.replace(own, other).encode()

        assert "the file of another publication" in str(
            self.refusal(parts, zip_of(elsewhere, move))
        )

    def test_a_contract_of_another_version(self, parts: Refreshing, elsewhere: Publisher) -> None:
        self.later(elsewhere)

        def change(files: dict[str, bytes]) -> None:
            manifest = json.loads(files["metadata.json"])
            manifest["contract"]["version"] = "0.9.0"
            files["metadata.json"] = json.dumps(manifest).encode()

        refused = self.refusal(parts, zip_of(elsewhere, change))

        assert isinstance(refused, ManifestError)
        assert "0.9.0" in str(refused)

    def test_one_that_is_older_than_what_is_served(
        self, parts: Refreshing, elsewhere: Publisher
    ) -> None:
        elsewhere.publish(generated_at=datetime(2026, 11, 1, tzinfo=UTC), items=1)

        assert "before the active one" in str(self.refusal(parts, zip_of(elsewhere)))

    def test_one_of_a_time_to_come(self, parts: Refreshing, elsewhere: Publisher) -> None:
        elsewhere.publish(generated_at=datetime.now(UTC) + timedelta(days=400), items=1)

        assert "still to come" in str(self.refusal(parts, zip_of(elsewhere)))

    def test_one_that_is_kept_here(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        refused = self.refusal(parts, zip_of(publisher))

        assert isinstance(refused, KeptAlready)
        assert served.publication_id in str(refused)

    def test_another_under_an_id_that_is_kept_here(
        self, parts: Refreshing, elsewhere: Publisher, served: Manifest
    ) -> None:
        elsewhere.publish(generated_at=served.generated_at, items=5)
        change = change_manifest(publication_id=served.publication_id)
        content = zip_of(elsewhere, lambda files: _flat(files, change))

        assert "differs from the one of that id kept here" in str(self.refusal(parts, content))

    def test_another_under_an_id_that_the_store_has(
        self, parts: Refreshing, elsewhere: Publisher, publisher: Publisher
    ) -> None:
        published = publisher.publish(items=3)
        elsewhere.publish(generated_at=published.generated_at, items=5)
        change = change_manifest(publication_id=published.publication_id)
        content = zip_of(elsewhere, lambda files: _flat(files, change))

        assert "differs from the one of that id in the store" in str(self.refusal(parts, content))

    def test_one_that_is_too_large(self, parts: Refreshing) -> None:
        refused = self.refusal(parts, bytes(UPLOAD_BYTES + 1))

        assert "has 8,000,001 bytes; the most is 8,000,000 (FAROL_UPLOAD_MAX_BYTES)" in str(refused)

    def test_one_of_somebody_who_is_no_administrator(self, parts: Refreshing) -> None:
        with pytest.raises(NotAllowed):
            parts.activations.receive(PLANNER, upload(b"PK"))

        assert parts.last_entry.outcome == "refused"

    def test_one_that_breaks_the_contract_is_told_by_its_findings(
        self, parts: Refreshing, elsewhere: Publisher
    ) -> None:
        tables = elsewhere.tables(generated_at=datetime(2026, 11, 21, 9, tzinfo=UTC))
        tables["fact_forecast"] = set_value(tables["fact_forecast"], "forecast", 3, -5.0)
        elsewhere.publish(tables=tables, generated_at=datetime(2026, 11, 21, 9, tzinfo=UTC))

        candidate = parts.activations.receive(ANA, upload(zip_of(elsewhere)))

        assert not candidate.report.passed
        assert candidate.report.faults[0].data_set == "fact_forecast"

    def test_a_stop_in_the_middle_leaves_nothing(
        self, parts: Refreshing, elsewhere: Publisher
    ) -> None:
        self.later(elsewhere)

        def stop(progress: Progress) -> None:
            if progress.step is Step.VALIDATE:
                raise UploadRefused(name=NAME, problem="was stopped")

        with pytest.raises(UploadRefused):
            parts.activations.receive(ANA, upload(zip_of(elsewhere)), report=stop)


def _flat(files: dict[str, bytes], change: Change) -> None:
    """Have the manifest name its files without a folder, then *change* it."""
    manifest = json.loads(files["metadata.json"])
    for file in manifest["files"]:
        file["path"] = file["path"].rpartition("/")[2]
    files["metadata.json"] = json.dumps(manifest).encode()
    change(files)


class TestInTheStoreToo:
    """The store gets a publication of the id of one that was sent here and waits."""

    @pytest.fixture
    def other(
        self, parts: Refreshing, publisher: Publisher, elsewhere: Publisher, sent: Manifest
    ) -> Manifest:
        """Another publication under the id of the one that waits, the store's latest."""
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))
        other = publisher.publish(generated_at=sent.generated_at, items=5, salt="s")
        return _publish_again_as(sent.publication_id, publisher, other)

    @pytest.mark.parametrize("publication_id", [None, "its"])
    def test_the_store_s_is_activated_and_what_waits_is_not_touched(
        self, parts: Refreshing, sent: Manifest, other: Manifest, publication_id: str | None
    ) -> None:
        its = publication_id and sent.publication_id

        parts.activations.activate(ANA, publication_id=its, confirmed=True)

        served = parts.snapshots.get(parts.active_id or "")
        assert served.manifest.has_files_of(other)
        assert not served.manifest.has_files_of(sent)
        assert waiting_in(parts).manifest == sent

    def test_a_replica_follows_to_the_store_s(
        self, parts: Refreshing, sent: Manifest, other: Manifest
    ) -> None:
        announced = Activation(sent.publication_id, datetime.now(UTC), "ana", (), number=7)

        parts.activations.follow(ANA, announced)

        assert parts.snapshots.get(sent.publication_id).manifest.has_files_of(other)

    def test_what_waits_is_not_activated_in_its_place(
        self, parts: Refreshing, sent: Manifest, other: Manifest
    ) -> None:
        with pytest.raises(CandidateChanged, match="published anew"):
            parts.activations.activate(
                ANA, publication_id=sent.publication_id, expected=Expected(sent, None)
            )

    def test_checking_what_waits_says_why(
        self, parts: Refreshing, sent: Manifest, other: Manifest
    ) -> None:
        with pytest.raises(PublicationError, match="differs from the one of that id in the store"):
            parts.activations.inspect(ANA, sent.publication_id)

    def test_the_same_files_are_the_same_publication_however_they_lie(
        self, parts: Refreshing, publisher: Publisher, state: Path
    ) -> None:
        published = publisher.publish(items=3)
        flat = zip_of_flat(publisher)
        parts.activations.receive(ANA, upload(flat))

        parts.activations.activate(ANA)

        assert parts.active_id == published.publication_id
        assert parts.activations.uploaded() is None
        assert left_in(state) == ["uploads/publications"]


def _publish_again_as(publication_id: str, publisher: Publisher, other: Manifest) -> Manifest:
    """Have the store's latest, *other*, be of another id."""
    text = manifest_json(other).decode().replace(other.publication_id, publication_id)
    folder = f"publications/{publication_id}"
    for name, content in folder_files(publisher.store, other).items():
        publisher.store.write(f"{folder}/{name}", content)
    for key in (f"{folder}/metadata.json", "metadata.json"):
        publisher.store.write(key, text.encode())
    return replace(other, publication_id=publication_id)


def zip_of_flat(publisher: Publisher) -> bytes:
    """Return a zip whose manifest names its files without a folder."""
    return zip_of(publisher, lambda files: _flat(files, lambda _: None))


def test_a_refused_one_leaves_the_one_that_waits(
    parts: Refreshing, elsewhere: Publisher, sent: Manifest
) -> None:
    parts.activations.receive(ANA, upload(zip_of(elsewhere)))

    with pytest.raises(UploadRefused):
        parts.activations.receive(ANA, upload(b"no zip"))

    assert waiting_in(parts).manifest == sent


def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, folder_store: FolderStore, registry: Registry, elsewhere: Publisher
) -> None:
    elsewhere.publish(items=2)
    content = zip_of(elsewhere)
    with small_disk(tmp_path) as disk:
        parts = joined(disk.folder / "state", folder_store, registry)

        def fill(progress: Progress) -> None:
            if progress.step is Step.STAGE:
                disk.fill()

        with pytest.raises(StagingError, match=FULL):
            parts.activations.receive(ANA, upload(content), report=fill)

        assert not list((disk.folder / "state" / "uploads").rglob("*.parquet"))
        disk.empty()
        parts.activations.receive(ANA, upload(content))
        assert parts.activations.uploaded() is not None


def test_what_a_killed_process_unpacked_is_removed_at_the_start(
    parts: Refreshing, state: Path
) -> None:
    half = state / "uploads" / "incoming" / "20261121T060000Z-1a2b3c4d.partial"
    half.mkdir(parents=True)
    (half / "dim_item.parquet").write_bytes(b"half")

    parts.activations.recover()

    assert left_in(state) == []


class TestSignatures:
    @pytest.fixture
    def strict(
        self, state: Path, tmp_path: Path, folder_store: FolderStore, registry: Registry
    ) -> Refreshing:
        trusted = TrustedKeys.read(write_trusted(tmp_path / "trusted.pem", KEY))
        return joined(state, folder_store, registry, trusted=trusted)

    def test_one_without_a_signature_is_refused(
        self, strict: Refreshing, elsewhere: Publisher, sent: Manifest
    ) -> None:
        with pytest.raises(NotSigned):
            strict.activations.receive(ANA, upload(zip_of(elsewhere)))

        assert strict.last_entry.publication_id == sent.publication_id

    def test_a_signed_one_is_activated(
        self, strict: Refreshing, elsewhere: Publisher, sent: Manifest
    ) -> None:
        sign_in(elsewhere.store, sent)

        strict.activations.receive(ANA, upload(zip_of(elsewhere)))
        strict.activations.activate(ANA, publication_id=sent.publication_id)

        assert strict.active_id == sent.publication_id

    def test_an_older_one_offered_again_is_refused(
        self, strict: Refreshing, elsewhere: Publisher, sent: Manifest
    ) -> None:
        sign_in(elsewhere.store, sent)
        older = zip_of(elsewhere)
        newer = elsewhere.publish(items=3)
        sign_in(elsewhere.store, newer)
        strict.activations.receive(ANA, upload(zip_of(elsewhere)))
        strict.activations.activate(ANA, publication_id=newer.publication_id)

        with pytest.raises(Replayed):
            strict.activations.receive(ANA, upload(older))


class TestReplicas:
    def test_one_that_has_no_such_publication_says_what_to_do(self, parts: Refreshing) -> None:
        announced = Activation("20261121T060000Z-1a2b3c4d", datetime.now(UTC), "ana", (), number=7)

        with pytest.raises(NotInTheStore, match="upload it here too"):
            parts.activations.follow(ANA, announced)

    def test_one_to_which_it_was_sent_too_follows(
        self, parts: Refreshing, elsewhere: Publisher, sent: Manifest
    ) -> None:
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))
        announced = Activation(sent.publication_id, datetime.now(UTC), "ana", (), number=7)

        parts.activations.follow(ANA, announced)

        assert parts.active_id == sent.publication_id

    def test_one_of_the_same_state_folder_serves_it(
        self,
        parts: Refreshing,
        state: Path,
        folder_store: FolderStore,
        registry: Registry,
        elsewhere: Publisher,
    ) -> None:
        manifest = elsewhere.publish(items=1)
        parts.activations.receive(ANA, upload(zip_of(elsewhere)))
        parts.activations.activate(ANA, publication_id=manifest.publication_id)
        beside = joined(state, folder_store, registry)
        active = parts.snapshots.active()
        assert active is not None
        announced = replace(active, number=99)

        beside.activations.follow(ANA, announced)

        assert beside.active_id == manifest.publication_id
