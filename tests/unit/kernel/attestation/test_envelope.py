"""Envelopes: what a trusted key signed comes out as it went in, and nothing else comes out."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from datalayer.kernel.attestation.envelope import (
    ENVELOPE_LIMIT_BYTES,
    PAYLOAD_TYPE,
    pre_authentication_encoding,
    sign,
    verify,
)
from datalayer.kernel.attestation.keys import TrustedKeys
from datalayer.kernel.attestation.statement import InTotoStatement, Subject, statement_json
from datalayer.kernel.errors import (
    AttestationUnusable,
    SignatureBroken,
    SignatureError,
    UnknownSigner,
)
from tests.signing import KEY, STRANGER

ID = "20261121T060000Z-1a2b3c4d"
TRUSTED = TrustedKeys((KEY.public,))
STATEMENT = InTotoStatement(
    (Subject("metadata.json", "0" * 64),), "urn:example:v1", {"model_version": "peças"}
)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def refused(envelope: bytes, trusted: TrustedKeys = TRUSTED) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        verify(envelope, trusted, publication_id=ID)
    assert ID in str(caught.value)
    return caught.value


def changed(change: Any, statement: InTotoStatement = STATEMENT) -> bytes:
    fields = json.loads(sign(statement, KEY))
    change(fields)
    return json.dumps(fields).encode()


def signed_payload(payload: bytes) -> bytes:
    """Return an envelope that is signed well, whatever it holds."""
    signature = KEY.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    fields = {
        "payload": b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": KEY.keyid, "sig": b64encode(signature).decode()}],
    }
    return json.dumps(fields).encode()


def test_the_pre_authentication_encoding_is_that_of_the_specification() -> None:
    encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")

    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


@given(
    digests=st.dictionaries(NAMES, DIGESTS, min_size=1, max_size=4),
    predicate=st.dictionaries(NAMES, JSON, max_size=4),
)
def test_what_is_signed_comes_out_as_it_went_in(
    digests: dict[str, str], predicate: dict[str, object]
) -> None:
    subjects = tuple(Subject(name, digest) for name, digest in digests.items())
    statement = InTotoStatement(subjects, "urn:example:v1", predicate)

    signed = verify(sign(statement, KEY), TRUSTED, publication_id=ID)

    assert signed.statement == statement
    assert signed.keyid == KEY.keyid


def test_the_same_statement_is_signed_with_the_same_bytes() -> None:
    assert sign(STATEMENT, KEY) == sign(STATEMENT, KEY)


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_payload_with_any_bit_flipped_is_refused(place: int, bit: int) -> None:
    def flip(fields: dict[str, Any]) -> None:
        payload = bytearray(b64decode(fields["payload"]))
        payload[place % len(payload)] ^= 1 << bit
        fields["payload"] = b64encode(payload).decode()

    assert isinstance(refused(changed(flip)), SignatureBroken)


@given(place=st.integers(0, 63), bit=st.integers(0, 7))
def test_a_signature_with_any_bit_flipped_is_refused(place: int, bit: int) -> None:
    def flip(fields: dict[str, Any]) -> None:
        signature = bytearray(b64decode(fields["signatures"][0]["sig"]))
        signature[place] ^= 1 << bit
        fields["signatures"][0]["sig"] = b64encode(signature).decode()

    assert isinstance(refused(changed(flip)), SignatureBroken)


@given(place=st.integers(0), byte=st.binary(min_size=1, max_size=1))
def test_no_changed_byte_of_an_envelope_changes_what_comes_out(place: int, byte: bytes) -> None:
    envelope = bytearray(sign(STATEMENT, KEY))
    at = place % len(envelope)
    assume(envelope[at : at + 1] != byte)
    envelope[at : at + 1] = byte

    try:
        found = verify(bytes(envelope), TRUSTED, publication_id=ID)
    except SignatureError:
        return
    # White space, an unsigned hint or a name nobody reads: what was said is the same.
    assert found.statement == STATEMENT
    assert found.keyid == KEY.keyid


def test_an_unknown_key_is_named_beside_those_that_are_trusted() -> None:
    error = refused(sign(STATEMENT, STRANGER), TrustedKeys((KEY.public,)))

    assert isinstance(error, UnknownSigner)
    assert STRANGER.keyid in str(error)
    assert KEY.keyid in str(error)


def test_a_stranger_who_names_a_trusted_key_is_found_out() -> None:
    fields = json.loads(sign(STATEMENT, STRANGER))
    fields["signatures"][0]["keyid"] = KEY.keyid

    assert isinstance(refused(json.dumps(fields).encode()), SignatureBroken)


def test_one_trusted_signature_among_several_is_enough() -> None:
    def add(fields: dict[str, Any]) -> None:
        fields["signatures"][:0] = json.loads(sign(STATEMENT, STRANGER))["signatures"]

    signed = verify(changed(add), TRUSTED, publication_id=ID)

    assert signed.keyid == KEY.keyid


@pytest.mark.parametrize("keyid", [None, "", "of another program"])
def test_the_key_that_fits_counts_whatever_it_is_called(keyid: str | None) -> None:
    def rename(fields: dict[str, Any]) -> None:
        fields["signatures"][0]["keyid"] = keyid
        if keyid is None:
            del fields["signatures"][0]["keyid"]

    signed = verify(changed(rename), TRUSTED, publication_id=ID)

    assert signed.keyid == KEY.keyid


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.update(payloadType="text/plain"), "its payloadType is 'text/plain'"),
        (lambda f: f.pop("payloadType"), "its payloadType is None"),
        (lambda f: f.pop("payload"), "its payload is None; it must be base64"),
        (lambda f: f.update(payload="*"), "its payload is '*'; it must be base64"),
        (lambda f: f.update(payload=f["payload"] + "\n"), "it must be base64"),
        (lambda f: f.update(payload=[]), "its payload is []; it must be base64"),
        (lambda f: f.pop("signatures"), "its signatures must be a list of 1 to 16"),
        (lambda f: f.update(signatures=[]), "its signatures must be a list of 1 to 16"),
        (lambda f: f.update(signatures=f["signatures"] * 17), "must be a list of 1 to 16"),
        (lambda f: f.update(signatures=["x"]), "a signature is 'x'; it must be an object"),
        (lambda f: f["signatures"][0].pop("sig"), "its sig is None; it must be base64"),
        (lambda f: f["signatures"][0].update(sig=7), "its sig is 7; it must be base64"),
        (lambda f: f["signatures"][0].update(keyid=7), "a keyid is 7; it must be the id of a key"),
        (lambda f: f["signatures"][0].update(keyid="\x1b"), "it must be the id of a key"),
        (lambda f: f["signatures"][0].update(keyid="x" * 201), "it must be the id of a key"),
    ],
)
def test_what_is_no_envelope_of_a_statement_is_refused_in_words(change: Any, said: str) -> None:
    error = refused(changed(change))

    assert isinstance(error, AttestationUnusable)
    assert said in error.problem


@pytest.mark.parametrize(
    ("envelope", "said"),
    [
        (b"", "it is not JSON"),
        (b"\xff\xfe", "it is not in UTF-8"),
        (b"[]", "it is a JSON list, not an object"),
        (b'{"payload": "a", "payload": "b"}', "one object has 'payload' 2 times"),
        (b"[" * 100_000, "it is not JSON"),
        (b" " * (ENVELOPE_LIMIT_BYTES + 1), "it is longer than 262,144 bytes"),
    ],
)
def test_hostile_json_is_refused_in_words(envelope: bytes, said: str) -> None:
    error = refused(envelope)

    assert isinstance(error, AttestationUnusable)
    assert said in error.problem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "its _type is"),
        ({"predicateType": None}, "its predicateType is None; it must be a URI"),
        ({"predicate": []}, "its predicate is []; it must be an object"),
        ({"subject": None}, "its subject must be a list of 1 to 200 files"),
        ({"subject": []}, "its subject must be a list of 1 to 200 files"),
        ({"subject": [{"name": ""}]}, "a subject has the name ''"),
        ({"subject": ["x"]}, "a subject has the name None"),
        ({"subject": [{"name": "a", "digest": "x"}]}, "the subject 'a' has the SHA-256 None"),
        (
            {"subject": [{"name": "a", "digest": {"sha256": "A" * 64}}]},
            "it must be 64 digits of lower-case hex",
        ),
        (
            {"subject": [{"name": "a", "digest": {"sha256": "0" * 64}}] * 2},
            "it names a subject twice",
        ),
    ],
)
def test_what_is_signed_and_no_statement_is_refused_in_words(
    change: dict[str, object], said: str
) -> None:
    fields = json.loads(statement_json(STATEMENT)) | change

    error = refused(signed_payload(json.dumps(fields).encode()))

    assert isinstance(error, AttestationUnusable)
    assert said in error.problem


@given(payload=st.binary(min_size=1, max_size=200))
def test_whatever_is_signed_is_a_statement_or_refused(payload: bytes) -> None:
    assert isinstance(refused(signed_payload(payload)), AttestationUnusable)


@pytest.mark.parametrize("name", ["payload", "sig"])
@pytest.mark.parametrize(
    "written_otherwise",
    [
        lambda text: f"{text}\n",
        lambda text: f" {text}",
        lambda text: text.rstrip("="),
        lambda text: f"{text}====",
        # The bits of the last letter that count for nothing.
        lambda text: f"{text[:-3]}{chr(ord(text[-3]) + 1)}==",
    ],
)
def test_there_is_one_way_to_write_base64(name: str, written_otherwise: Any) -> None:
    # Of a length that leaves two letters of padding, as a signature's 64 bytes do.
    kind = "x" * (-len(statement_json(STATEMENT)) % 3 + 1)
    said = replace(STATEMENT, predicate_type=STATEMENT.predicate_type + kind)

    def write_otherwise(fields: Any) -> None:
        place = fields if name == "payload" else fields["signatures"][0]
        assert place[name].endswith("==")
        place[name] = written_otherwise(place[name])

    assert "it must be base64" in str(refused(changed(write_otherwise, said)))
