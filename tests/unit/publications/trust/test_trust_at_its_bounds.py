"""At the very moment that counts, a signature is judged as the documents say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.contract.manifest import ContractReference, SignedManifest
from datalayer.kernel.errors import Replayed, SignatureExpired
from datalayer.publications.trust import Trust
from tests.signing import KEY

TIME = datetime(2026, 11, 21, 6, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
SIGNED = SignedManifest(
    publication_id="20261121T060000Z-1a2b3c4d",
    dataset_id="demand",
    model_version="1",
    generated_at=TIME,
    data_through=TIME.date(),
    contract=ContractReference("farol", "1.0.0", {}),
    files=(),
    lineage={},
    content=b"",
    attestation=b"",
    keyid=KEY.keyid,
    expires_at=TIME.astimezone(timezone(timedelta(hours=-3))),
)


def trust_at(state: Path, now: datetime) -> Trust:
    return Trust(state, lambda: TrustedKeys((KEY.public,)), lambda: now)


def test_a_signature_is_of_use_until_the_moment_it_expires_in_whatever_zone(tmp_path: Path) -> None:
    trust_at(tmp_path, TIME - INSTANT).refuse_expired(SIGNED)

    with pytest.raises(SignatureExpired):
        trust_at(tmp_path, TIME).refuse_expired(SIGNED)


def test_one_that_is_as_new_as_the_newest_is_no_replay(tmp_path: Path) -> None:
    trust = trust_at(tmp_path, TIME)
    trust.remember(SIGNED)

    trust.refuse_replayed(replace(SIGNED, publication_id="20261121T060000Z-5e6f7a8b"))
    with pytest.raises(Replayed):
        trust.refuse_replayed(replace(SIGNED, generated_at=TIME - INSTANT))
