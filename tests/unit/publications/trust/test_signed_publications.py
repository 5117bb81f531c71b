"""With trusted keys, what they signed comes in and its signature stays with it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest, SignedManifest
from datalayer.kernel.errors import NotSigned, SignedOtherwise, UnknownSigner
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Activated
from tests.publisher import FIRST_GENERATED_AT, Publisher
from tests.signing import KEY, STRANGER, folder_of, sign_in
from tests.unit.publications.refreshing import ANA, Refreshing
from tests.unit.publications.trust.conftest import (
    NOW,
    Join,
    Publish,
    read_attestation,
    write_attestation,
)


class TestSignedPublications:
    def test_one_that_a_trusted_key_signed_becomes_active(
        self, parts: Refreshing, publish: Publish
    ) -> None:
        manifest = publish()

        parts.activations.activate(ANA)

        kept = parts.snapshots.get(manifest.publication_id).manifest
        assert parts.active_id == manifest.publication_id
        assert isinstance(kept, SignedManifest)
        assert kept.keyid == KEY.keyid

    def test_its_signature_is_kept_with_it(
        self, parts: Refreshing, publish: Publish, join: Join, folder_store: FolderStore
    ) -> None:
        manifest = publish()
        parts.activations.activate(ANA)

        kept = join(KEY).snapshots.get(manifest.publication_id)

        attestation = (kept.folder / ATTESTATION_NAME).read_bytes()
        assert attestation == read_attestation(folder_store, manifest)
        assert isinstance(kept.manifest, SignedManifest)

    def test_any_of_several_trusted_keys_may_have_signed(
        self, join: Join, publish: Publish
    ) -> None:
        publish(key=STRANGER)

        assert isinstance(join(KEY, STRANGER).activations.activate(ANA), Activated)

    def test_a_flat_folder_is_signed_beside_its_manifest(
        self, parts: Refreshing, publisher: Publisher, folder_store: FolderStore
    ) -> None:
        manifest = publisher.publish(items=2)
        make_flat(folder_store, manifest)
        sign_in(folder_store, manifest, folder="")

        parts.activations.activate(ANA)

        assert parts.active_id == manifest.publication_id

    def test_a_flat_folder_without_a_signature_of_its_own_is_refused(
        self, parts: Refreshing, publisher: Publisher, folder_store: FolderStore
    ) -> None:
        manifest = publisher.publish(items=2)
        sign_in(folder_store, manifest)
        make_flat(folder_store, manifest)

        with pytest.raises(NotSigned):
            parts.activations.activate(ANA)
        with pytest.raises(NotSigned):
            parts.activations.activate(ANA, publication_id=manifest.publication_id)

        assert parts.active_id is None

    def test_a_manifest_that_another_program_wrote_is_signed_and_kept_to_the_byte(
        self, parts: Refreshing, publisher: Publisher, join: Join
    ) -> None:
        manifest = publisher.publish(items=2)
        publisher.rewrite_manifest(lambda fields: fields.update(note="not in the contract"))
        sign_in(publisher.store, manifest)
        parts.activations.activate(ANA)

        kept = join(KEY).snapshots.get(manifest.publication_id)

        assert json.loads((kept.folder / MANIFEST_NAME).read_bytes())["note"]
        assert isinstance(kept.manifest, SignedManifest)

    def test_without_trusted_keys_a_signature_is_not_even_read(
        self, join: Join, publish: Publish, folder_store: FolderStore
    ) -> None:
        manifest = publish()
        write_attestation(folder_store, manifest, b"anything")

        parts = join()
        parts.activations.activate(ANA)

        kept = parts.snapshots.get(manifest.publication_id)
        assert not isinstance(kept.manifest, SignedManifest)
        assert not (kept.folder / ATTESTATION_NAME).exists()


def make_flat(store: FolderStore, manifest: Manifest) -> None:
    """Lay the one publication of *store* out flat, its files beside the root manifest."""
    root = Path(store.address)
    fields = json.loads((root / MANIFEST_NAME).read_bytes())
    for file in fields["files"]:
        (root / file["path"]).rename(root / f"{file['data_set']}.parquet")
        file["path"] = f"{file['data_set']}.parquet"
    (root / MANIFEST_NAME).write_text(json.dumps(fields))
    (root / folder_of(manifest) / MANIFEST_NAME).unlink()


class TestWhatIsKept:
    def test_the_signature_of_what_came_in_before_one_was_asked_for_counts(
        self, join: Join, publish: Publish
    ) -> None:
        manifest = publish()
        join().activations.activate(ANA)

        (kept,) = join(KEY).snapshots.all()

        assert isinstance(kept.manifest, SignedManifest)
        assert kept.publication_id == manifest.publication_id

    def test_what_came_in_unsigned_before_signatures_were_asked_for_is_not_served(
        self, join: Join, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=2)
        join().activations.activate(ANA)

        parts = join(KEY)

        with pytest.raises(NotSigned):
            parts.snapshots.get(manifest.publication_id)
        assert parts.snapshots.all() == ()

    def test_it_is_served_once_it_is_activated_again(self, join: Join, publish: Publish) -> None:
        manifest = publish()
        join().activations.activate(ANA)

        parts = join(KEY)
        parts.activations.activate(ANA)

        kept = parts.snapshots.get(manifest.publication_id)
        assert isinstance(kept.manifest, SignedManifest)

    def test_it_is_no_place_to_roll_back_to_unless_its_signature_is_found(
        self, join: Join, publisher: Publisher, publish: Publish
    ) -> None:
        unsigned = publisher.publish(items=2)
        join().activations.activate(ANA)
        signed = publish()
        parts = join(KEY)
        parts.activations.activate(ANA)

        with pytest.raises(NotSigned):
            parts.activations.roll_back(ANA, unsigned.publication_id)

        assert parts.active_id == signed.publication_id

    def test_what_a_key_signed_is_not_served_once_the_key_is_no_longer_trusted(
        self, join: Join, publish: Publish
    ) -> None:
        manifest = publish()
        join(KEY).activations.activate(ANA)

        with pytest.raises(UnknownSigner):
            join(STRANGER).snapshots.get(manifest.publication_id)

    def test_what_was_altered_on_the_disk_is_not_served(self, join: Join, publish: Publish) -> None:
        manifest = publish()
        parts = join(KEY)
        parts.activations.activate(ANA)
        path = parts.snapshots.folder / manifest.publication_id / MANIFEST_NAME
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b'"frequency": "D"', b'"frequency": "W"'))

        with pytest.raises(SignedOtherwise):
            join(KEY).snapshots.get(manifest.publication_id)

    def test_what_expires_while_it_is_served_goes_on_being_served(
        self, join: Join, publish: Publish
    ) -> None:
        manifest = publish(expires_at=NOW + timedelta(days=1))
        join(KEY).activations.activate(ANA)

        later = join(KEY, now=NOW + timedelta(days=2))

        assert later.snapshots.get(manifest.publication_id).publication_id == later.active_id

    def test_it_can_still_be_rolled_back_to(self, join: Join, publish: Publish) -> None:
        expiring = publish(expires_at=NOW + timedelta(days=1))
        join(KEY).activations.activate(ANA)
        publish()
        join(KEY).activations.activate(ANA)

        later = join(KEY, now=NOW + timedelta(days=2))
        later.activations.roll_back(ANA)

        assert later.active_id == expiring.publication_id


def test_a_signature_that_was_made_anew_meanwhile_is_the_one_that_is_kept(
    parts: Refreshing, publish: Publish, folder_store: FolderStore, join: Join
) -> None:
    manifest = publish()
    parts.activations.inspect(ANA)
    sign_in(folder_store, manifest, expires_at=FIRST_GENERATED_AT + timedelta(days=90))

    parts.activations.activate(ANA)

    kept = join(KEY).snapshots.get(manifest.publication_id).manifest
    assert isinstance(kept, SignedManifest)
    assert kept.expires_at == FIRST_GENERATED_AT + timedelta(days=90)
