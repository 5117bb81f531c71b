"""Secrets that can be guessed are told from those that can't."""

from __future__ import annotations

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.storage.secret_strength import LEAST_CHARACTERS, find_weakness

RANDOM = "7f1c0d96be3a48522b1e"
# The secret key of Amazon's documentation, which stands in countless files.
AWS_SAMPLE = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize("secret", [RANDOM, "correct horse battery staple", "ação-forte-é-longa"])
def test_a_long_secret_of_many_characters_has_no_weakness(secret: str) -> None:
    assert find_weakness(secret) is None


def test_what_init_and_openssl_make_has_no_weakness() -> None:
    made = [secrets.token_hex(32), base64.b64encode(secrets.token_bytes(32)).decode()]

    assert [find_weakness(secret) for secret in made] == [None, None]


@pytest.mark.parametrize(
    "sample",
    [
        "minioadmin",
        "changeme-changeme",
        "MyPassword-2026-11-26",
        "admin",
        "this-is-a-secret-1",
        "your-key-goes-here-0",
        "senha-do-portal-12",
        "0123456789abcdefgh",
        AWS_SAMPLE,
    ],
)
def test_a_sample_is_weak(sample: str) -> None:
    assert "is a sample, or holds a word that is guessed first" in (find_weakness(sample) or "")


def test_a_short_secret_is_weak() -> None:
    assert "fewer than 16 characters" in (find_weakness(RANDOM[: LEAST_CHARACTERS - 1]) or "")


def test_a_secret_of_few_different_characters_is_weak() -> None:
    assert "fewer than 8 different characters" in (find_weakness("abcabcabcabcabcabcabc") or "")


@given(st.text(min_size=12))
def test_a_weakness_shows_nothing_of_the_secret(secret: str) -> None:
    assert secret not in (find_weakness(secret) or "")
