"""A refresh that trusts keys, and publications that are signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from datalayer.kernel.attestation.keys import SigningKey, TrustedKeys
from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore, ObjectStore
from datalayer.publications.active import Activation
from tests.publisher import LIMIT_BYTES, Publisher
from tests.signing import KEY, folder_of, sign_in
from tests.unit.publications.refreshing import Refreshing, joined
from tests.validating import validated_once

__all__ = ["validated_once"]

NOW = datetime(2026, 11, 26, tzinfo=UTC)
Publish = Callable[..., Manifest]
Join = Callable[..., Refreshing]


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
