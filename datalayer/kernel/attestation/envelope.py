"""How a statement is signed, and how a signature is checked: a DSSE envelope, version 1.

Source: https://github.com/secure-systems-lab/dsse, protocol and envelope v1.0.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from datalayer.kernel.attestation.keys import SigningKey, TrustedKeys
from datalayer.kernel.attestation.statement import InTotoStatement, parse_statement, statement_json
from datalayer.kernel.contract.strict_json import excerpt, json_object
from datalayer.kernel.errors import AttestationUnusable, SignatureBroken, UnknownSigner
from datalayer.kernel.sentences import Sentence

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
ENVELOPE_LIMIT_BYTES: Final = 256 * 1024
MOST_SIGNATURES: Final = 16
LONGEST_KEYID: Final = 200


@dataclass(frozen=True)
class SignedStatement:
    """A statement and who signed it; made by ``verify`` only.

    Attributes:
        keyid: Of the trusted key that the signature fits.
    """

    statement: InTotoStatement
    keyid: str


@dataclass(frozen=True)
class _Signature:
    keyid: str
    content: bytes


def sign(statement: InTotoStatement, key: SigningKey) -> bytes:
    """Return the envelope of *statement* signed by *key*, the same bytes for the same two."""
    payload = statement_json(statement)
    signature = key.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    content = {
        "payload": b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key.keyid, "sig": b64encode(signature).decode()}],
    }
    return json.dumps(content, indent=2).encode() + b"\n"


def verify(envelope: bytes, trusted: TrustedKeys, *, publication_id: str) -> SignedStatement:
    """Return what the *envelope* of a publication says, if a trusted key signed it.

    The key's id in the envelope is a hint that nobody signed: what counts is which key fits.

    Raises:
        AttestationUnusable: It is no envelope of a statement.
        UnknownSigner: No trusted key is said to have signed it, and none fits.
        SignatureBroken: A trusted key is said to have signed it and does not fit.
    """
    try:
        fields = _fields(envelope)
        payload = _decoded("payload", fields.get("payload"))
        signatures = tuple(_signatures(fields.get("signatures")))
    except ValueError as error:
        raise AttestationUnusable(publication_id=publication_id, problem=str(error)) from error
    message = pre_authentication_encoding(PAYLOAD_TYPE, payload)
    keyid = _fitting(signatures, trusted, message)
    if keyid is None:
        raise _refusal(signatures, trusted, publication_id)
    try:
        return SignedStatement(parse_statement(payload), keyid)
    except ValueError as error:
        raise AttestationUnusable(publication_id=publication_id, problem=str(error)) from error


def unverified_statement(envelope: bytes) -> InTotoStatement:
    """Return what *envelope* says, whoever signed it: nothing of it is proved.

    Raises:
        ValueError: It is no envelope of a statement.
    """
    return parse_statement(_decoded("payload", _fields(envelope).get("payload")))


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: type and payload, each with its length in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _fitting(
    signatures: tuple[_Signature, ...], trusted: TrustedKeys, message: bytes
) -> str | None:
    """Return the id of a trusted key that one of *signatures* fits."""
    fitting = (
        key.keyid
        for signature in signatures
        for key in trusted.keys
        if key.fits(signature.content, message)
    )
    return next(fitting, None)


def _refusal(
    signatures: tuple[_Signature, ...], trusted: TrustedKeys, publication_id: str
) -> UnknownSigner | SignatureBroken:
    for signature in signatures:
        if signature.keyid in trusted.keyids:
            return SignatureBroken(publication_id=publication_id, keyid=signature.keyid)
    signers = tuple(signature.keyid for signature in signatures if signature.keyid)
    return UnknownSigner(publication_id=publication_id, signers=signers, trusted=trusted.keyids)


def _fields(envelope: bytes) -> Mapping[str, Any]:
    if len(envelope) > ENVELOPE_LIMIT_BYTES:
        raise ValueError(Sentence("it is longer than {most} bytes", most=ENVELOPE_LIMIT_BYTES))
    fields = json_object(envelope)
    if fields.get("payloadType") != PAYLOAD_TYPE:
        raise ValueError(
            Sentence(
                "its {name:s} is {found}; known is {known}",
                name="payloadType",
                found=excerpt(fields.get("payloadType")),
                known=PAYLOAD_TYPE,
            )
        )
    return fields


def _signatures(entries: object) -> Iterator[_Signature]:
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_SIGNATURES:
        raise ValueError(
            Sentence("its signatures must be a list of 1 to {most}", most=MOST_SIGNATURES)
        )
    for entry in entries:
        if not isinstance(entry, dict):
            raise ValueError(
                Sentence("a signature is {found}; it must be an object", found=excerpt(entry))
            )
        keyid = entry.get("keyid", "")
        if not isinstance(keyid, str) or len(keyid) > LONGEST_KEYID or not keyid.isprintable():
            raise ValueError(
                Sentence("a keyid is {found}; it must be the id of a key", found=excerpt(keyid))
            )
        yield _Signature(keyid, _decoded("sig", entry.get("sig")))


def _decoded(name: str, text: object) -> bytes:
    """Return what *text* encodes, if it is the one way to write it in base64."""
    if isinstance(text, str):
        try:
            content = b64decode(text, validate=True)
        except ValueError:
            content = b""
        if content and b64encode(content).decode() == text:
            return content
    raise ValueError(
        Sentence("its {name:s} is {found}; it must be base64", name=name, found=excerpt(text))
    )
