"""A portal that trusts keys serves nothing that they did not sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from datalayer.kernel.errors import NotSigned, TrustedKeysUnusable, UnknownSigner
from datalayer.portal import Portal
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.signing import KEY, STRANGER, sign_in, write_trusted


class TestSignaturesAtThePortal:
    @pytest.fixture
    def trusting(self, tmp_path: Path, publisher: Publisher) -> Iterator[Portal]:
        """A portal that begins to ask for signatures while an unsigned publication is active."""
        first = make_portal(tmp_path)
        publisher.publish(items=2)
        first.activate(ADMIN)
        first.close()
        keys = write_trusted(tmp_path / "keys.pem", KEY)
        portal = make_portal(tmp_path, trusted_keys=keys)
        yield portal
        portal.close()

    def test_what_nobody_signed_is_not_served_after_the_start(self, trusting: Portal) -> None:
        with pytest.raises(NotSigned):
            trusting.open()

        health = trusting.health()
        assert health.readiness == "not ready"
        assert "is not signed" in health.problem

    def test_it_is_served_once_it_is_signed_and_activated_again(
        self, trusting: Portal, publisher: Publisher
    ) -> None:
        sign_in(publisher.store, publisher.latest)

        trusting.activate(ADMIN)

        signatures = trusting.health().signatures
        assert trusting.open().manifest.publication_id == publisher.latest.publication_id
        assert signatures is not None
        assert signatures.signed_by == KEY.keyid

    def test_an_unsigned_one_can_not_be_read_by_a_link_either(
        self, trusting: Portal, publisher: Publisher
    ) -> None:
        with pytest.raises(NotSigned):
            trusting.open(publisher.latest.publication_id)

    def test_rows_can_be_compared_with_those_of_one_that_is_not_served(
        self, trusting: Portal, publisher: Publisher
    ) -> None:
        rows = trusting.compare(publisher.latest)

        assert {row.active_rows for row in rows} == {None}

    @pytest.fixture
    def keys(self, tmp_path: Path) -> Path:
        return write_trusted(tmp_path / "keys.pem", KEY)

    @pytest.fixture
    def serving(self, tmp_path: Path, publisher: Publisher, keys: Path) -> Iterator[Portal]:
        """A portal that serves the second of two signed publications, and keeps both."""
        portal = make_portal(tmp_path, trusted_keys=keys)
        for _ in range(2):
            sign_in(publisher.store, publisher.publish(items=2))
            portal.activate(ADMIN)
        yield portal
        portal.close()

    @pytest.mark.parametrize(
        ("spoil", "problem"),
        [
            (Path.unlink, "can't be read: No such file or directory"),
            (lambda path: path.write_bytes(b""), "is empty"),
            (lambda path: path.write_text("-----BEGIN"), "holds no PEM block"),
            (lambda path: path.write_text(KEY.private_pem()), "holds PRIVATE KEY"),
            (lambda path: (path.unlink(), path.mkdir()), "is a folder without key files"),
        ],
    )
    def test_nothing_is_accepted_while_the_keys_can_not_be_read_and_what_is_served_goes_on(
        self,
        serving: Portal,
        publisher: Publisher,
        keys: Path,
        spoil: Callable[[Path], object],
        problem: str,
    ) -> None:
        served = publisher.latest
        spoil(keys)
        sign_in(publisher.store, publisher.publish(items=2))

        for change in (serving.activate, serving.inspect, serving.roll_back):
            with pytest.raises(TrustedKeysUnusable) as refused:
                change(ADMIN)
            assert f"keys.pem, which FAROL_TRUSTED_KEYS names, {problem}" in str(refused.value)

        assert serving.open().manifest.publication_id == served.publication_id
        health = serving.health()
        assert (health.readiness, health.status) == ("ready", "degraded")
        assert [type(each) for each in health.findings] == [TrustedKeysUnusable]
        assert health.signatures
        assert (health.signatures.trusted, health.signatures.signed_by) == ((), KEY.keyid)

        keys.is_dir() and keys.rmdir()
        write_trusted(keys, KEY)
        serving.activate(ADMIN)
        assert serving.open().manifest.publication_id == publisher.latest.publication_id
        assert serving.health().findings == ()

    def test_a_key_that_is_added_counts_at_once(
        self, serving: Portal, publisher: Publisher, keys: Path
    ) -> None:
        sign_in(publisher.store, publisher.publish(items=2), key=STRANGER)
        with pytest.raises(UnknownSigner):
            serving.activate(ADMIN)

        write_trusted(keys, KEY, STRANGER)
        serving.activate(ADMIN)

        assert serving.open().manifest.publication_id == publisher.latest.publication_id

    def test_a_key_that_is_taken_away_counts_no_longer_for_what_is_not_served_yet(
        self, serving: Portal, publisher: Publisher, keys: Path
    ) -> None:
        served = publisher.latest
        write_trusted(keys, STRANGER)
        sign_in(publisher.store, publisher.publish(items=2))

        for change in (serving.activate, serving.roll_back):
            with pytest.raises(UnknownSigner):
                change(ADMIN)

        assert serving.open().manifest.publication_id == served.publication_id
        (finding,) = serving.health().findings
        assert f"is signed by the key {KEY.keyid}, which is not trusted here" in str(finding)

    def test_an_expired_signature_of_what_is_served_is_a_finding(
        self, tmp_path: Path, publisher: Publisher
    ) -> None:
        keys = write_trusted(tmp_path / "keys.pem", STRANGER, KEY)
        now = publisher.publish(items=2).generated_at
        sign_in(publisher.store, publisher.latest, expires_at=now + timedelta(days=1))
        clock = [now]
        portal = make_portal(tmp_path, lambda: clock[0], trusted_keys=keys)
        portal.activate(ADMIN)

        clock[0] = now + timedelta(days=2)
        health = portal.health()
        portal.close()

        (finding,) = map(str, health.findings)
        assert finding == (
            f"Publication {publisher.latest.publication_id} was signed to be used until "
            "2026-11-22T06:00:00+00:00, and it is 2026-11-23T06:00:00+00:00; publish newer results"
        )
        assert health.readiness == "ready"
