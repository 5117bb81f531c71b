"""Signing: the job signs all that it publishes, or nothing."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.kernel.attestation.keys import SigningKey, TrustedKeys
from datalayer.kernel.attestation.publication import ATTESTATION_NAME, require_signed
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest, manifest_json
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import KeyFileError, ObjectMissing, SettingsError, StoreError
from datalayer.kernel.storage.object_store import FolderStore
from ml_jobs.__main__ import main
from ml_jobs.errors import ExpiredAlreadyError, UsageError
from ml_jobs.publishing.publish import Draft, SoundDraft, check, publish
from ml_jobs.publishing.signing import Signer, make_signer, write_key_pair
from ml_jobs.settings import JobSettings
from tests.publisher import LIMIT_BYTES, Publisher, data_through, write_tables
from tests.signing import KEY, folder_of

pytestmark = pytest.mark.ml

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)
TRUSTED = TrustedKeys((KEY.public,))


@pytest.fixture
def sound(publisher: Publisher, tmp_path: Path, registry: Registry) -> SoundDraft:
    """Results of yesterday that keep the contract."""
    draft = Draft(
        files=write_tables(publisher.tables(generated_at=YESTERDAY), tmp_path / "gold"),
        dataset_id="demand-2026-11",
        model_version="2026.11.0",
        generated_at=YESTERDAY,
        data_through=data_through(YESTERDAY),
        lineage={"frequency": "D"},
    )
    return check(draft, registry)


def attestation(store: FolderStore, manifest: Manifest) -> bytes:
    return store.read(f"{folder_of(manifest)}/{ATTESTATION_NAME}", limit_bytes=LIMIT_BYTES)


def test_what_is_published_is_signed(
    sound: SoundDraft, folder_store: FolderStore, registry: Registry
) -> None:
    signer = Signer(KEY, timedelta(days=45))

    manifest = publish(sound, folder_store, registry, signer=signer)

    content = folder_store.read(f"{folder_of(manifest)}/{MANIFEST_NAME}", limit_bytes=LIMIT_BYTES)
    signed = require_signed(manifest, content, attestation(folder_store, manifest), TRUSTED)
    assert signed.keyid == KEY.keyid
    assert signed.expires_at == YESTERDAY + timedelta(days=45)


def test_without_a_key_nothing_is_signed(
    sound: SoundDraft, folder_store: FolderStore, registry: Registry
) -> None:
    manifest = publish(sound, folder_store, registry)

    with pytest.raises(ObjectMissing):
        attestation(folder_store, manifest)


def test_what_is_published_unsigned_is_signed_when_it_is_published_again(
    sound: SoundDraft, folder_store: FolderStore, registry: Registry
) -> None:
    manifest = publish(sound, folder_store, registry)

    publish(sound, folder_store, registry, signer=Signer(KEY))

    signed = require_signed(
        manifest, manifest_json(manifest), attestation(folder_store, manifest), TRUSTED
    )
    assert signed.expires_at is None


def test_the_same_is_signed_with_the_same_bytes(
    sound: SoundDraft, folder_store: FolderStore, registry: Registry
) -> None:
    manifest = publish(sound, folder_store, registry, signer=Signer(KEY))
    first = attestation(folder_store, manifest)

    publish(sound, folder_store, registry, signer=Signer(KEY))

    assert attestation(folder_store, manifest) == first


def test_no_manifest_stands_in_the_store_before_its_signature(
    sound: SoundDraft, folder_store: FolderStore, registry: Registry
) -> None:
    class Refusing(FolderStore):
        def write(self, key: str, content: bytes, *, must_be_new: bool = False) -> None:
            if key.endswith(ATTESTATION_NAME):
                raise StoreError(address=self.address, problem="is full")
            super().write(key, content, must_be_new=must_be_new)

    refusing = Refusing(Path(folder_store.address))

    with pytest.raises(StoreError):
        publish(sound, refusing, registry, signer=Signer(KEY))

    for key in (MANIFEST_NAME, f"{folder_of(sound.manifest)}/{MANIFEST_NAME}"):
        with pytest.raises(ObjectMissing):
            folder_store.read(key, limit_bytes=LIMIT_BYTES)


def test_results_are_not_signed_for_a_time_that_is_over(
    sound: SoundDraft, folder_store: FolderStore, registry: Registry
) -> None:
    with pytest.raises(ExpiredAlreadyError, match="give a longer --valid-for"):
        publish(sound, folder_store, registry, signer=Signer(KEY, timedelta(hours=23)))

    assert not Path(folder_store.address).exists()


@pytest.mark.parametrize(
    ("valid_for", "expected"),
    [
        (None, None),
        ("12h", timedelta(hours=12)),
        ("45d", timedelta(days=45)),
        ("2w", timedelta(days=14)),
    ],
)
def test_a_signature_holds_as_long_as_is_asked(
    valid_for: str | None, expected: timedelta | None
) -> None:
    assert make_signer(KEY, valid_for) == Signer(KEY, expected)


def test_a_time_without_a_key_is_refused() -> None:
    with pytest.raises(UsageError, match="name a key with FAROL_SIGNING_KEY"):
        make_signer(None, "45d")


def test_without_key_and_time_nothing_is_signed() -> None:
    assert make_signer(None, None) is None


class TestSettings:
    def load(self, monkeypatch: pytest.MonkeyPatch, value: str) -> SigningKey | None:
        monkeypatch.setenv("FAROL_SIGNING_KEY", value)
        return JobSettings.load().read_signing_key()

    def test_the_key_is_read_from_its_file(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        key = write_key_pair(tmp_path / "farol.pem")

        found = self.load(monkeypatch, str(tmp_path / "farol.pem"))

        assert found is not None
        assert found.keyid == key.keyid

    def test_a_key_that_everybody_may_read_is_refused_by_name(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        path = tmp_path / "farol.pem"
        write_key_pair(path)
        path.chmod(0o644)

        with pytest.raises(SettingsError) as caught:
            self.load(monkeypatch, str(path))

        (fault,) = caught.value.faults
        assert fault == (
            f"FAROL_SIGNING_KEY names '{path}', which is open to everybody on this machine "
            "(mode 0644); it must be 0600"
        )

    def test_the_public_key_is_refused_by_name(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        path = tmp_path / "farol.pem.pub"
        path.write_text(KEY.public_pem())
        path.chmod(0o600)

        with pytest.raises(SettingsError, match=r"FAROL_SIGNING_KEY .* holds PUBLIC KEY; it must"):
            self.load(monkeypatch, str(path))

    def test_a_key_instead_of_its_path_is_refused_and_not_shown(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(SettingsError) as caught:
            self.load(monkeypatch, KEY.private_pem())

        assert "FAROL_SIGNING_KEY holds a key; it must be the path" in str(caught.value)
        assert KEY.private_pem().split("\n")[1] not in str(caught.value)


class TestKeyPairs:
    def test_the_private_key_is_its_owners_alone(self, tmp_path: Path) -> None:
        key = write_key_pair(tmp_path / "farol.pem")

        assert stat.S_IMODE((tmp_path / "farol.pem").stat().st_mode) == 0o600
        assert SigningKey.read(tmp_path / "farol.pem").keyid == key.keyid
        assert TrustedKeys.read(tmp_path / "farol.pem.pub").keyids == (key.keyid,)

    @pytest.mark.parametrize("name", ["farol.pem", "farol.pem.pub"])
    def test_no_key_is_overwritten(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("precious")

        with pytest.raises(KeyFileError, match="no key is ever overwritten"):
            write_key_pair(tmp_path / "farol.pem")

        assert (tmp_path / name).read_text() == "precious"
        assert len(list(tmp_path.iterdir())) == 1

    def test_they_are_made_on_the_command_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["keys", "new", str(tmp_path / "farol.pem")]) == 0

        key = SigningKey.read(tmp_path / "farol.pem")
        assert key.keyid in capsys.readouterr().out


class TestCommandLine:
    @pytest.fixture
    def folder(self, publisher: Publisher, tmp_path: Path) -> Path:
        write_tables(publisher.tables(generated_at=YESTERDAY), tmp_path / "gold")
        return tmp_path / "gold"

    def test_a_folder_is_published_with_a_signature(
        self,
        folder: Path,
        folder_store: FolderStore,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        publisher: Publisher,
    ) -> None:
        key = write_key_pair(tmp_path / "farol.pem")
        monkeypatch.setenv("FAROL_SIGNING_KEY", str(tmp_path / "farol.pem"))

        code = main(["publish", str(folder), "--to", folder_store.address, "--valid-for", "45d"])

        assert code == 0
        assert f"Signed by the key {key.keyid}, until" in capsys.readouterr().out
        manifest = publisher.latest
        envelope = attestation(folder_store, manifest)
        trusted = TrustedKeys((key.public,))
        signed = require_signed(manifest, manifest_json(manifest), envelope, trusted)
        assert signed.expires_at == YESTERDAY + timedelta(days=45)

    def test_a_key_that_can_not_sign_is_found_before_anything_is_read(
        self,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        folder_store: FolderStore,
    ) -> None:
        monkeypatch.setenv("FAROL_SIGNING_KEY", str(tmp_path / "none.pem"))

        code = main(["demo", "--to", folder_store.address])

        assert code == 1
        assert "FAROL_SIGNING_KEY names" in capsys.readouterr().err
        assert not Path(folder_store.address).exists()

    def test_a_time_that_is_none_is_a_wrong_option(self, folder: Path) -> None:
        with pytest.raises(SystemExit) as caught:
            main(["publish", str(folder), "--valid-for", "soon"])

        assert caught.value.code == 2

    def test_results_too_old_to_be_signed_are_refused_before_the_models_run(
        self,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        write_key_pair(tmp_path / "farol.pem")
        monkeypatch.setenv("FAROL_SIGNING_KEY", str(tmp_path / "farol.pem"))
        at = (utc_now() - timedelta(days=46)).isoformat(timespec="seconds")

        code = main(["demo", "--generated-at", at, "--valid-for", "45d"])

        assert code == 1
        assert "would have expired at" in capsys.readouterr().err
