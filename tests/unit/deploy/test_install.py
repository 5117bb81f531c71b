"""The bundle's install.sh: all of it verified, or nothing installed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.deploy.bundles import FILES, Bundle, make_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make_bundle(tmp_path)


def test_what_is_verified_is_installed_and_says_what_to_do_next(bundle: Bundle) -> None:
    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert "Verified 14 files" in done.stdout
    assert f"Installed Farol 1.2.3 in {bundle.target}" in done.stdout
    assert "Not in this bundle: docker.io/library/redis:7" in done.stdout
    assert (bundle.target / "docs/deployment.md").read_text() == FILES["docs/deployment.md"]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_refused(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        bundle = make_bundle(Path(folder))
        files = [f for f in sorted(bundle.folder.rglob("*")) if f.is_file() and f.stat().st_size]
        # A script with a flipped bit may do anything; that of install.sh is the archive's own.
        path = data.draw(st.sampled_from([f for f in files if f.name != "install.sh"]))
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, 8 * len(content) - 1))
        content[place // 8] ^= 1 << place % 8
        path.write_bytes(content)

        done = bundle.install()

        assert done.returncode == 1
        assert "Nothing was installed" in done.stderr
        assert bundle.installed() == []


def test_the_file_and_both_digests_are_named(bundle: Bundle) -> None:
    path = bundle.folder / "docs/deployment.md"
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text("# deployment\n", encoding="utf-8")

    done = bundle.install()

    found = hashlib.sha256(path.read_bytes()).hexdigest()
    sentence = f"docs/deployment.md has SHA-256 {found}; it must be {expected}"
    assert done.returncode == 1
    assert sentence in done.stderr


def test_a_missing_file_is_named(bundle: Bundle) -> None:
    (bundle.folder / "schema_registry.json").unlink()

    done = bundle.install()

    assert done.returncode == 1
    assert "schema_registry.json is missing" in done.stderr


def test_a_file_that_nobody_vouched_for_is_refused(bundle: Bundle) -> None:
    (bundle.folder / "deploy/more.sh").write_text("exit 0\n", encoding="utf-8")

    done = bundle.install()

    assert done.returncode == 1
    assert "SHA256SUMS does not name deploy/more.sh" in done.stderr
    assert bundle.installed() == []


def test_a_link_is_no_file_of_the_bundle(bundle: Bundle, tmp_path: Path) -> None:
    path = bundle.folder / "docs/deployment.md"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")

    done = bundle.install()

    assert done.returncode == 1
    assert "docs/deployment.md is a link; it must be a file" in done.stderr
    assert bundle.installed() == []


def test_a_link_that_nobody_vouched_for_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    (bundle.folder / "deploy/secrets").symlink_to(tmp_path)

    done = bundle.install()

    assert done.returncode == 1
    assert "SHA256SUMS does not name deploy/secrets" in done.stderr


def test_a_checksum_file_that_was_cut_off_vouches_for_nothing(bundle: Bundle) -> None:
    sums = bundle.folder / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes()[:-1])
    (bundle.folder / "wheelhouse/some-1-py3-none-any.whl").write_text("PJ", encoding="utf-8")

    done = bundle.install()

    assert done.returncode == 1
    assert "wheelhouse/some-1-py3-none-any.whl has SHA-256" in done.stderr


def test_a_zero_byte_in_the_checksums_is_not_read_over(bundle: Bundle) -> None:
    sums = bundle.folder / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes().replace(b"  LICENSE", b"  LIC\0ENSE"))

    done = bundle.install()

    assert done.returncode == 1
    assert "SHA256SUMS has bytes that are no text" in done.stderr


def test_a_script_that_was_cut_off_does_nothing(bundle: Bundle) -> None:
    script = bundle.folder / "install.sh"
    whole = script.read_text(encoding="utf-8").splitlines(keepends=True)
    # Up to the first line that does something, and up to each of the last.
    for lines in (20, *range(len(whole) - 25, len(whole))):
        script.write_text("".join(whole[:lines]), encoding="utf-8")
        bundle.install()

    assert bundle.installed() == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--help", "--help is no option"),
        ("", "the name of the folder is empty"),
        ("/", "/ is no name for an installation"),
        ("opt/new/.", "opt/new/. is no name for an installation"),
        ("farol-1.2.3/here", "lies in the bundle"),
        ("opt farol", "there are 2 arguments"),
    ],
)
def test_what_is_no_folder_to_install_in_is_refused(
    bundle: Bundle, arguments: str, sentence: str
) -> None:
    done = bundle.install(*arguments.split(" "))

    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Nothing was installed" in done.stderr
    assert [path.name for path in bundle.folder.parent.iterdir()] == ["farol-1.2.3"]


@pytest.mark.parametrize("name", ["a b", 'it\'s "$HOME"', "two\nlines", "./-rf", "*", "farol//"])
def test_a_folder_of_any_other_name_is_installed_in(bundle: Bundle, name: str) -> None:
    done = bundle.install(f"opt/{name}")

    target = bundle.folder.parent / "opt" / name
    assert done.returncode == 0, done.stderr
    assert (target / "VERSION").is_file()
    assert len(list(target.parent.iterdir())) == 2


def test_the_folder_of_the_bundle_is_found_whatever_cdpath_says(bundle: Bundle) -> None:
    done = bundle.install(CDPATH=f"{bundle.folder.parent}:/")

    assert done.returncode == 0, done.stderr


def test_the_containers_users_read_what_is_installed_under_any_umask(bundle: Bundle) -> None:
    for path in bundle.folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)

    bundle.install(umask=0o077)

    folder = bundle.target.resolve()
    paths = (folder.parent, folder, *folder.rglob("*"))
    modes = {path.stat().st_mode & 0o777 for path in paths}
    assert modes == {0o755, 0o644}


def test_a_folder_that_is_no_installation_is_left_alone(bundle: Bundle) -> None:
    bundle.target.mkdir(parents=True)
    (bundle.target / "mine").write_text("mine", encoding="utf-8")

    done = bundle.install()

    assert done.returncode == 1
    assert "is no link of an installation" in done.stderr
    assert [path.name for path in bundle.target.iterdir()] == ["mine"]


def test_a_link_to_something_else_is_left_alone(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    bundle.target.parent.mkdir()
    bundle.target.symlink_to(tmp_path / "mine")

    done = bundle.install()

    assert done.returncode == 1
    assert "is no link of an installation" in done.stderr
    assert bundle.target.resolve() == tmp_path / "mine"


def test_an_installation_that_can_t_be_reached_is_not_replaced(
    bundle: Bundle, tmp_path: Path
) -> None:
    bundle.target.parent.mkdir()
    bundle.target.symlink_to(tmp_path / "not mounted")

    done = bundle.install()

    assert done.returncode == 1
    assert f"leads to {tmp_path / 'not mounted'}, which is not there" in done.stderr
    assert bundle.installed() == [bundle.target]


def test_it_can_be_run_again(bundle: Bundle) -> None:
    bundle.install()
    before = bundle.installed()

    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert bundle.installed() == before


def test_an_upgrade_takes_settings_and_secrets_along_and_keeps_the_earlier_version(
    bundle: Bundle,
) -> None:
    bundle.install()
    earlier = bundle.target.resolve()
    (bundle.target / ".env").write_text("FAROL_ACCESS=members\n", encoding="utf-8")
    (bundle.target / ".env").chmod(0o660)
    (bundle.target / "ml_jobs/secrets").symlink_to("not mounted")
    (bundle.target / "deploy/secrets").mkdir(mode=0o700)
    (bundle.target / "deploy/secrets/key").write_text("k", encoding="utf-8")
    bundle.write("VERSION", "1.3.0\n")

    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert bundle.target.resolve() != earlier
    assert (bundle.target / "VERSION").read_text() == "1.3.0\n"
    assert (bundle.target / ".env").read_text() == "FAROL_ACCESS=members\n"
    assert (bundle.target / ".env").stat().st_mode & 0o777 == 0o660
    assert (bundle.target / "ml_jobs/secrets").readlink() == Path("not mounted")
    assert (bundle.target / "deploy/secrets/key").read_text() == "k"
    assert (bundle.target / "deploy/secrets").stat().st_mode & 0o777 == 0o700
    assert (earlier / "VERSION").read_text() == "1.2.3\n"


def test_another_build_of_one_version_has_a_folder_of_its_own(bundle: Bundle) -> None:
    bundle.install()
    earlier = bundle.target.resolve()
    bundle.write("docs/deployment.md", "# Deployed\n")

    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert bundle.target.resolve() != earlier
    assert (earlier / "docs/deployment.md").read_text() == FILES["docs/deployment.md"]


def test_an_earlier_version_that_is_installed_again_says_whose_settings_hold(
    bundle: Bundle,
) -> None:
    bundle.install()
    earlier = bundle.target.resolve()
    bundle.write("VERSION", "1.3.0\n")
    bundle.install()
    bundle.write("VERSION", "1.2.3\n")

    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert bundle.target.resolve() == earlier
    assert f"{earlier} was there, and keeps the .env and the secrets that it had" in done.stdout


def test_secrets_that_are_a_link_come_along_as_one(bundle: Bundle, tmp_path: Path) -> None:
    bundle.install()
    (tmp_path / "kept").mkdir()
    (bundle.target / "deploy/secrets").symlink_to(tmp_path / "kept")
    bundle.write("VERSION", "1.3.0\n")

    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert (bundle.target / "deploy/secrets").resolve() == tmp_path / "kept"
