"""What is installed is the lock's to the letter, and nothing of machine learning."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.compliance.evidence.packages import (
    Compared,
    Distribution,
    Installed,
    LoadedFromLock,
    LoadedModules,
    Lock,
    find_unlisted_files,
    read_lock,
)
from datalayer.compliance.evidence.sbom import Sbom, SbomBeside
from datalayer.compliance.policies.packages import (
    ExactlyLocked,
    ListsAll,
    LockedWithHashes,
    NoModuleForbidden,
    NoneForbidden,
    OnlyListed,
    OnlyLockedModules,
)
from datalayer.kernel.errors import EvidenceMissing

LOCK = Lock("requirements.txt", {"duckdb": "2.0.0", "pyarrow": "26.0.1"})


PYTHON = Distribution("python", "3.11.9")
SYSTEM = Installed("dpkg", (Distribution("libstdc++6", "12.2"),))
LISTED = ("pypi/duckdb==2.0.0", "pypi/pyarrow==26.0.1", "generic/python==3.11.9",
          "deb/libstdc++6==12.2")  # fmt: skip


def installed(*texts: str) -> Installed:
    return Installed("/opt/venv", tuple(Distribution(*text.split("==")) for text in texts))


def listing(
    *components: str, there: tuple[str, ...] = ("duckdb==2.0.0", "pyarrow==26.0.1")
) -> list[str]:
    """Return the findings of an SBOM of *components*, as ``kind/name==version``."""
    kinds = tuple(each.partition("/")[0] for each in components)
    listed = tuple(Distribution(*each.partition("/")[2].split("==")) for each in components)
    sbom = Sbom("sbom.json", listed, kinds)
    return list(
        ListsAll(frozenset({"pip"})).findings(
            SbomBeside(sbom, LOCK, installed(*there), SYSTEM, PYTHON)
        )
    )


def compared(*texts: str, tolerated: frozenset[str] = frozenset()) -> list[str]:
    return list(ExactlyLocked(tolerated).findings(Compared(LOCK, installed(*texts))))


def test_what_the_lock_names_is_trusted() -> None:
    assert compared("duckdb==2.0.0", "pyarrow==26.0.1") == []


def test_a_missing_package_is_found() -> None:
    assert compared("duckdb==2.0.0") == [
        "pyarrow is not installed; requirements.txt names 26.0.1",
    ]


def test_a_package_beside_the_lock_is_found() -> None:
    assert compared("duckdb==2.0.0", "pyarrow==26.0.1", "innocent==1.0") == [
        "innocent 1.0 is installed and is not in requirements.txt; nothing else may be",
    ]


def test_another_version_is_found() -> None:
    assert compared("duckdb==1.5.6", "pyarrow==26.0.1") == [
        "duckdb is installed at 1.5.6; requirements.txt names 2.0.0",
    ]


def test_a_package_that_is_there_twice_is_found() -> None:
    assert compared("duckdb==1.5.6", "duckdb==2.0.0", "pyarrow==26.0.1") == [
        "duckdb is installed 2 times; it must be there once",
    ]


def test_an_installer_is_tolerated_only_where_that_is_asked() -> None:
    all_of_it = ("duckdb==2.0.0", "pyarrow==26.0.1", "pip==26.3")

    assert compared(*all_of_it, tolerated=frozenset({"pip"})) == []
    assert len(compared(*all_of_it)) == 1


def test_a_lock_without_hashes_or_with_machine_learning_is_found() -> None:
    lock = Lock("requirements.txt", {"duckdb": "2.0.0", "torch": "2.13.0"}, unhashed=("duckdb",))

    without_hash, machine_learning = LockedWithHashes().findings(lock)

    assert without_hash.startswith("requirements.txt names duckdb without --hash")
    assert machine_learning.startswith("torch is in the lock requirements.txt")


def test_the_lock_of_the_job_may_have_machine_learning_but_no_package_without_hashes() -> None:
    lock = Lock("ml_jobs/requirements.txt", {"lightgbm": "4.6"}, unhashed=("lightgbm",))

    (found,) = LockedWithHashes(machine_learning=True).findings(lock)

    assert "names lightgbm without --hash" in found


@pytest.mark.parametrize(
    "name",
    ["torch", "scikit-learn", "mlflow", "nvidia-cublas-cu12", "libcudart12", "cuda-python",
     "python3-scipy"],
)  # fmt: skip
def test_a_forbidden_package_is_found_wherever_it_is_listed(name: str) -> None:
    in_environment = NoneForbidden().findings(installed(f"{name}==1"))
    in_sbom = NoneForbidden().findings(Sbom("sbom.json", (Distribution(name, "1"),)))

    assert len([*in_environment, *in_sbom]) == 2


def test_what_only_sounds_alike_is_trusted() -> None:
    assert list(NoneForbidden().findings(installed("raytracer==1", "libraries==2"))) == []


def test_a_loaded_module_of_machine_learning_is_found() -> None:
    loaded = LoadedModules(("json", "sklearn.linear_model"), {}, "at the end")

    (found,) = NoModuleForbidden().findings(loaded)
    assert found.startswith("the module sklearn is loaded at the end; ")


def test_a_module_of_a_package_outside_of_the_lock_is_found() -> None:
    origins = {"duckdb": ("duckdb",), "innocent": ("innocent",), "pip": ("pip",)}
    loaded = LoadedModules(tuple(origins), origins, "at the end")

    found = OnlyLockedModules(frozenset({"pip"})).findings(LoadedFromLock(LOCK, loaded))

    assert list(found) == [
        "the module innocent is of innocent, which is not in requirements.txt",
    ]


@pytest.mark.parametrize(
    "line", ["--extra-index-url https://example.org/simple", "-r other.txt", "-e ./vendored"]
)
def test_a_line_of_a_lock_that_is_no_package_is_found(tmp_path: Path, line: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"{line}\nduckdb==1.5.5 --hash=sha256:{'a' * 64}\n")

    (found,) = LockedWithHashes().findings(read_lock(path))

    assert f"has the line {line!r}" in found


def test_a_file_among_packages_that_none_brought_is_found(tmp_path: Path) -> None:
    described = tmp_path / "one-1.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: one\nVersion: 1\n")
    (described / "RECORD").write_text(
        "one/__init__.py,,\none-1.dist-info/METADATA,,\none-1.dist-info/RECORD,,\n"
    )
    for name in ("one", "sklearn"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()

    (found,) = OnlyListed().findings(find_unlisted_files([tmp_path]))

    assert found.startswith(f"{tmp_path}/sklearn/__init__.py is of no installed package")


def test_packages_without_lists_of_their_files_are_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(EvidenceMissing, match="has no list of its files"):
        find_unlisted_files([tmp_path])


def test_an_sbom_of_what_is_there_is_trusted() -> None:
    assert listing(*LISTED) == []


@pytest.mark.parametrize("left_out", LISTED)
def test_what_an_sbom_leaves_out_is_found(left_out: str) -> None:
    found = listing(*(each for each in LISTED if each != left_out))

    name, version = left_out.partition("/")[2].split("==")
    assert f"sbom.json leaves {name} {version} out, which is installed; it must list all" in found


@pytest.mark.parametrize("kind", ["pypi", "generic", "deb", "npm", ""])
def test_what_an_sbom_makes_up_is_found(kind: str) -> None:
    found = listing(*LISTED, f"{kind}/innocent==1")

    assert found[0].startswith("sbom.json lists innocent 1")


def test_an_sbom_of_another_version_is_found_on_both_sides() -> None:
    assert listing(*LISTED[1:], "pypi/duckdb==1.5.6") == [
        "sbom.json leaves duckdb 2.0.0 out, which is installed; it must list all",
        "sbom.json lists duckdb 1.5.6, which is not installed; it must list what is there",
        "sbom.json leaves duckdb 2.0.0 out, which requirements.txt names; it must list all",
        "sbom.json lists duckdb 1.5.6, which requirements.txt does not name",
    ]


def test_an_sbom_is_held_against_the_lock_also_where_it_fits_what_is_installed() -> None:
    there = ("duckdb==2.0.0", "innocent==1", "pip==26.3")
    components = [f"pypi/{each}" for each in there]

    assert listing(*components, *LISTED[2:], there=there) == [
        "sbom.json leaves pyarrow 26.0.1 out, which requirements.txt names; it must list all",
        "sbom.json lists innocent 1, which requirements.txt does not name",
    ]


def test_a_package_outside_of_the_environment_is_found_unless_it_is_pythons_own() -> None:
    other = Installed("/usr/local/lib", (Distribution("pip", "24"), Distribution("innocent", "1")))
    there = installed("duckdb==2.0.0", "pyarrow==26.0.1")

    assert list(ExactlyLocked().findings(Compared(LOCK, there, (other,)))) == [
        "innocent 1 is installed in /usr/local/lib; the environment alone may have it"
    ]
