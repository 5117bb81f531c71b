"""With trusted keys nothing comes in that they did not sign, whichever way it comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from datalayer.kernel.attestation.envelope import ENVELOPE_LIMIT_BYTES, sign
from datalayer.kernel.attestation.publication import publication_statement
from datalayer.kernel.attestation.statement import InTotoStatement
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.errors import (
    AttestationUnusable,
    NotSigned,
    ObjectTooLarge,
    SignatureBroken,
    SignatureExpired,
    SignedOtherwise,
    UnknownSigner,
)
from datalayer.kernel.storage.object_store import FolderStore
from tests.publisher import LIMIT_BYTES, Publisher
from tests.signing import KEY, STRANGER, folder_of
from tests.unit.publications.refreshing import ANA, Refreshing
from tests.unit.publications.trust.conftest import (
    NOW,
    Publish,
    announced,
    read_attestation,
    write_attestation,
)


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
