"""A signature is of one manifest, to the byte, and of what lies beside it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.attestation.envelope import sign
from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.attestation.publication import publication_statement, require_signed
from datalayer.kernel.contract.manifest import (
    ContractReference,
    Manifest,
    PublishedFile,
    SignedManifest,
    manifest_json,
)
from datalayer.kernel.errors import AttestationUnusable, SignedOtherwise
from tests.signing import KEY

TIME = datetime(2026, 11, 21, 6, tzinfo=UTC)
ID = "20261121T060000Z-1a2b3c4d"
MANIFEST = Manifest(
    publication_id=ID,
    dataset_id="demanda",
    model_version="1 peça",
    generated_at=TIME,
    data_through=TIME.date(),
    contract=ContractReference("farol", "1.0.0", {}),
    files=(PublishedFile("dim_item", f"publications/{ID}/dim_item.parquet", 1, "0" * 64, 1),),
    lineage={"currency": "BRL"},
)
CONTENT = manifest_json(MANIFEST)
TRUSTED = TrustedKeys((KEY.public,))
ENVELOPE = sign(publication_statement(MANIFEST, CONTENT), KEY)


def test_a_signed_manifest_is_stored_as_it_was_signed() -> None:
    # As another program might lay it out.
    content = CONTENT.replace(b"\n", b"\r\n")
    envelope = sign(publication_statement(MANIFEST, content), KEY)

    signed = require_signed(MANIFEST, content, envelope, TRUSTED)

    assert isinstance(signed, SignedManifest)
    assert manifest_json(signed) == content
    assert (signed.publication_id, signed.files) == (ID, MANIFEST.files)


@given(place=st.integers(0, len(CONTENT) - 1), bit=st.integers(0, 7))
def test_a_manifest_with_any_bit_flipped_is_refused(place: int, bit: int) -> None:
    altered = bytearray(CONTENT)
    altered[place] ^= 1 << bit

    with pytest.raises(SignedOtherwise) as caught:
        require_signed(MANIFEST, bytes(altered), ENVELOPE, TRUSTED)

    assert hashlib.sha256(altered).hexdigest() in str(caught.value)
    assert hashlib.sha256(CONTENT).hexdigest() in str(caught.value)


def test_what_lies_beside_the_manifest_is_signed_too() -> None:
    beside = {"datapackage.json": b"{}", "croissant.json": b"[]"}

    said = publication_statement(MANIFEST, CONTENT, beside=beside)

    assert {each.name: each.sha256 for each in said.subjects} == {
        "metadata.json": hashlib.sha256(CONTENT).hexdigest(),
        "datapackage.json": hashlib.sha256(b"{}").hexdigest(),
        "croissant.json": hashlib.sha256(b"[]").hexdigest(),
    }


@given(
    at=st.datetimes(
        min_value=datetime(2026, 1, 2),  # noqa: DTZ001 - the zone is the strategy's
        max_value=datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours))),
    )
)
def test_an_expiry_comes_out_as_the_moment_it_went_in(at: datetime) -> None:
    envelope = sign(publication_statement(MANIFEST, CONTENT, expires_at=at), KEY)

    assert require_signed(MANIFEST, CONTENT, envelope, TRUSTED).expires_at == at


def test_a_statement_of_another_kind_is_none_of_a_publication() -> None:
    said = replace(publication_statement(MANIFEST, CONTENT), predicate_type="urn:example:other")

    with pytest.raises(AttestationUnusable, match="urn:example:other"):
        require_signed(MANIFEST, CONTENT, sign(said, KEY), TRUSTED)


@pytest.mark.parametrize("name", ["publication_id", "dataset_id", "model_version", "generated_at"])
@pytest.mark.parametrize("value", ["another", None, "left out"])
def test_what_is_said_must_be_what_the_manifest_says(name: str, value: str | None) -> None:
    said = publication_statement(MANIFEST, CONTENT)
    predicate = {**said.predicate, name: value}
    if value == "left out":
        del predicate[name]

    with pytest.raises(SignedOtherwise, match=name):
        require_signed(MANIFEST, CONTENT, sign(replace(said, predicate=predicate), KEY), TRUSTED)
