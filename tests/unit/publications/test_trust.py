"""With trusted keys nothing comes in that they did not sign, whichever way it comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from datalayer.kernel.attestation.envelope import ENVELOPE_LIMIT_BYTES, sign
from datalayer.kernel.attestation.keys import SigningKey, TrustedKeys
from datalayer.kernel.attestation.publication import ATTESTATION_NAME, publication_statement
from datalayer.kernel.attestation.statement import InTotoStatement
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest, SignedManifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    AttestationUnusable,
    NotSigned,
    ObjectTooLarge,
    Replayed,
    SignatureBroken,
    SignatureExpired,
    SignedOtherwise,
    StateError,
    UnknownSigner,
)
from datalayer.kernel.storage.object_store import FolderStore, ObjectStore
from datalayer.publications.active import Activation
from datalayer.publications.stages import Activated, AlreadyCurrent
from datalayer.publications.trust import NEWEST_SIGNED_NAME, Newest
from tests.publisher import FIRST_GENERATED_AT, LIMIT_BYTES, Publisher
from tests.signing import KEY, STRANGER, folder_of, sign_in
from tests.unit.publications.refreshing import ANA, Refreshing, joined

NOW = datetime(2026, 11, 26, tzinfo=UTC)
Publish = Callable[..., Manifest]
Join = Callable[..., Refreshing]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def join(state: Path, folder_store: FolderStore, registry: Registry) -> Join:
    """Make activations that trust the keys given, or everything without any."""

    def made(*keys: SigningKey, now: datetime = NOW) -> Refreshing:
        trusted = TrustedKeys(tuple(key.public for key in keys)) if keys else None
        return joined(state, folder_store, registry, trusted=trusted, clock=lambda: now)

    return made


@pytest.fixture
def parts(join: Join) -> Refreshing:
    """Activations that trust one key."""
    return join(KEY)


@pytest.fixture
def publish(publisher: Publisher) -> Publish:
    """Publish two parts and sign them."""

    def published(*, generated_at: datetime | None = None, **signature: Any) -> Manifest:
        manifest = publisher.publish(items=2, generated_at=generated_at)
        sign_in(publisher.store, manifest, **signature)
        return manifest

    return published


def read_attestation(store: ObjectStore, manifest: Manifest) -> bytes:
    return store.read(f"{folder_of(manifest)}/{ATTESTATION_NAME}", limit_bytes=LIMIT_BYTES)


def write_attestation(store: ObjectStore, manifest: Manifest, content: bytes) -> None:
    store.write(f"{folder_of(manifest)}/{ATTESTATION_NAME}", content)


def announced(publication_id: str, number: int = 9) -> Activation:
    return Activation(publication_id, NOW, "bia", number=number)


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


class TestWhatIsRefused:
    @pytest.fixture
    def active(self, parts: Refreshing, publish: Publish) -> Manifest:
        """A signed publication that is active before something else is offered."""
        manifest = publish()
        parts.activations.activate(ANA)
        return manifest

    @pytest.fixture
    def refused(
        self, parts: Refreshing, active: Manifest, folder_store: FolderStore
    ) -> Callable[[type[Exception]], str]:
        def check(error: type[Exception]) -> str:
            content = folder_store.read(MANIFEST_NAME, limit_bytes=LIMIT_BYTES)
            return every_way(parts, active, str(json.loads(content)["publication_id"]), error)

        return check

    def test_an_unsigned_one(self, refused: Any, publisher: Publisher) -> None:
        publisher.publish(items=2)

        sentence = refused(NotSigned)

        assert "is not signed" in sentence
        assert KEY.keyid in sentence

    def test_which_one_was_refused_is_recorded(
        self, parts: Refreshing, active: Manifest, publisher: Publisher
    ) -> None:
        manifest = publisher.publish(items=2)

        with pytest.raises(NotSigned):
            parts.activations.activate(ANA)

        assert parts.last_entry.outcome == "rejected"
        assert parts.last_entry.publication_id == manifest.publication_id

    def test_one_that_a_stranger_signed(self, refused: Any, publish: Publish) -> None:
        publish(key=STRANGER)

        sentence = refused(UnknownSigner)

        assert f"signed by the key {STRANGER.keyid}, which is not trusted here" in sentence
        assert KEY.keyid in sentence

    def test_one_whose_manifest_was_altered(
        self, refused: Any, publisher: Publisher, publish: Publish
    ) -> None:
        publish()
        publisher.rewrite_manifest(lambda fields: fields["lineage"].update(currency="BRL"))

        assert "is not what was signed: SHA-256 of metadata.json is" in refused(SignedOtherwise)

    def test_one_with_the_signature_of_another(
        self, refused: Any, publish: Publish, active: Manifest, folder_store: FolderStore
    ) -> None:
        attestation = read_attestation(folder_store, active)
        write_attestation(folder_store, publish(), attestation)

        refused(SignedOtherwise)

    def test_one_whose_signature_was_altered(
        self, refused: Any, publish: Publish, folder_store: FolderStore
    ) -> None:
        manifest = publish()
        fields = json.loads(read_attestation(folder_store, manifest))
        fields["signatures"][0]["sig"] = "A" * 86 + "=="
        write_attestation(folder_store, manifest, json.dumps(fields).encode())

        assert KEY.keyid in refused(SignatureBroken)

    def test_one_with_something_else_for_a_signature(
        self, refused: Any, publish: Publish, folder_store: FolderStore
    ) -> None:
        write_attestation(folder_store, publish(), b"<html>")

        assert "can't be used: it is not JSON" in refused(AttestationUnusable)

    def test_one_with_a_signature_of_another_kind(
        self, refused: Any, publish: Publish, folder_store: FolderStore
    ) -> None:
        manifest = publish()
        content = folder_store.read(
            f"{folder_of(manifest)}/{MANIFEST_NAME}", limit_bytes=LIMIT_BYTES
        )
        said = publication_statement(manifest, content)
        other = InTotoStatement(said.subjects, "https://slsa.dev/provenance/v1", said.predicate)
        write_attestation(folder_store, manifest, sign(other, KEY))

        assert "it says 'https://slsa.dev/provenance/v1'" in refused(AttestationUnusable)

    def test_one_whose_signature_is_endless(
        self, refused: Any, publish: Publish, folder_store: FolderStore
    ) -> None:
        write_attestation(folder_store, publish(), b" " * (ENVELOPE_LIMIT_BYTES + 1))

        refused(ObjectTooLarge)

    def test_one_whose_signature_has_expired(self, refused: Any, publish: Publish) -> None:
        publish(expires_at=NOW)

        sentence = refused(SignatureExpired)

        assert "until 2026-11-26T00:00:00+00:00, and it is 2026-11-26T00:00:00+00:00" in sentence

    @pytest.mark.parametrize("expires_at", ["soon", 7, "2026-11-27T00:00:00"])
    def test_one_whose_expiry_is_no_time(
        self, refused: Any, publish: Publish, folder_store: FolderStore, expires_at: object
    ) -> None:
        manifest = publish()
        content = folder_store.read(
            f"{folder_of(manifest)}/{MANIFEST_NAME}", limit_bytes=LIMIT_BYTES
        )
        said = publication_statement(manifest, content)
        predicate = {**said.predicate, "expires_at": expires_at}
        said = InTotoStatement(said.subjects, said.predicate_type, predicate)
        write_attestation(folder_store, manifest, sign(said, KEY))

        assert "it must be a time with its zone" in refused(AttestationUnusable)

    @pytest.mark.parametrize("name", ["publication_id", "dataset_id", "model_version"])
    def test_one_of_which_something_else_was_said(
        self, refused: Any, publish: Publish, folder_store: FolderStore, name: str
    ) -> None:
        manifest = publish()
        content = folder_store.read(
            f"{folder_of(manifest)}/{MANIFEST_NAME}", limit_bytes=LIMIT_BYTES
        )
        said = publication_statement(manifest, content)
        said = InTotoStatement(
            said.subjects, said.predicate_type, {**said.predicate, name: "other"}
        )
        write_attestation(folder_store, manifest, sign(said, KEY))

        assert f"{name} is {getattr(manifest, name)!r}, and signed was 'other'" in refused(
            SignedOtherwise
        )


def every_way(parts: Refreshing, active: Manifest, offered_id: str, error: type[Exception]) -> str:
    """Offer a publication in every way that brings one in; return the one sentence of refusal."""
    activations = parts.activations
    ways: tuple[Callable[[], object], ...] = (
        activations.latest,
        lambda: activations.inspect(ANA),
        lambda: activations.activate(ANA, confirmed=True),
        lambda: activations.activate(ANA, force=True, confirmed=True),
        lambda: activations.activate(ANA, publication_id=offered_id, confirmed=True),
        lambda: activations.roll_back(ANA, offered_id),
        lambda: activations.follow(ANA, announced(offered_id)),
    )
    sentences = set()
    for way in ways:
        with pytest.raises(error) as caught:
            way()
        sentences.add(str(caught.value))
    assert parts.active_id == active.publication_id
    assert [each.publication_id for each in parts.snapshots.all()] == [active.publication_id]
    (sentence,) = sentences
    assert parts.last_entry.details["reason"] == sentence
    return sentence


class TestReplays:
    @pytest.fixture
    def two(self, parts: Refreshing, publish: Publish) -> tuple[Manifest, Manifest]:
        """Two signed publications, one after the other active."""
        older = publish()
        parts.activations.activate(ANA)
        newer = publish()
        parts.activations.activate(ANA)
        return older, newer

    def test_an_older_one_is_refused_although_nothing_is_active_any_more(
        self, two: tuple[Manifest, Manifest], state: Path, join: Join, publisher: Publisher
    ) -> None:
        older, newer = two
        (state / "active.json").unlink()
        publisher.go_back()

        with pytest.raises(Replayed) as caught:
            join(KEY).activations.activate(ANA)

        assert caught.value.publication_id == older.publication_id
        assert f"{newer.publication_id} of {newer.generated_at.isoformat()} was accepted" in str(
            caught.value
        )

    def test_checking_it_says_so_too(
        self, two: tuple[Manifest, Manifest], parts: Refreshing, publisher: Publisher
    ) -> None:
        publisher.go_back()

        with pytest.raises(Replayed):
            parts.activations.inspect(ANA)

    def test_after_a_roll_back_one_in_between_is_refused(
        self, two: tuple[Manifest, Manifest], parts: Refreshing, publish: Publish
    ) -> None:
        older, newer = two
        parts.activations.roll_back(ANA)
        between = older.generated_at + (newer.generated_at - older.generated_at) / 2
        publish(generated_at=between)

        with pytest.raises(Replayed):
            parts.activations.activate(ANA)

        assert parts.active_id == older.publication_id

    def test_a_person_may_roll_back_to_one_that_is_kept_and_return(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, newer = two

        parts.activations.roll_back(ANA)
        assert parts.active_id == older.publication_id
        assert parts.snapshots.trust.newest() == Newest(newer.publication_id, newer.generated_at)
        parts.activations.activate(ANA, confirmed=True)

        assert parts.active_id == newer.publication_id

    def test_the_active_one_is_no_replay_of_itself(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, _ = two
        parts.activations.roll_back(ANA)

        outcome = parts.activations.activate(
            ANA, publication_id=older.publication_id, force=True, confirmed=True
        )

        assert isinstance(outcome, AlreadyCurrent)

    def test_a_person_may_roll_back_to_one_that_must_be_fetched(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, _ = two
        parts.snapshots.discard(older.publication_id)

        parts.activations.roll_back(ANA, older.publication_id)

        assert parts.active_id == older.publication_id

    def test_another_replica_is_followed_to_one_that_is_kept(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, _ = two

        parts.activations.follow(ANA, announced(older.publication_id))

        assert parts.active_id == older.publication_id

    def test_no_announcement_brings_an_older_one_in(
        self, two: tuple[Manifest, Manifest], parts: Refreshing
    ) -> None:
        older, newer = two
        parts.snapshots.discard(older.publication_id)

        with pytest.raises(Replayed):
            parts.activations.follow(ANA, announced(older.publication_id))

        assert parts.active_id == newer.publication_id

    def test_a_new_replica_follows_to_whatever_is_signed(
        self, join: Join, publish: Publish
    ) -> None:
        older = publish()
        publish()
        parts = join(KEY)

        parts.activations.follow(ANA, announced(older.publication_id))

        assert parts.active_id == older.publication_id

    def test_a_damaged_record_of_the_newest_one_lets_nothing_in(
        self, two: tuple[Manifest, Manifest], parts: Refreshing, publish: Publish, state: Path
    ) -> None:
        (state / NEWEST_SIGNED_NAME).write_text("{")
        publish()

        with pytest.raises(StateError, match=r"newest_signed\.json is damaged .* remove the file"):
            parts.activations.activate(ANA)

        assert parts.active_id == two[1].publication_id


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
