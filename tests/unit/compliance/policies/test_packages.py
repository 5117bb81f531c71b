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
    Sbom,
    find_unlisted_files,
    read_lock,
)
from datalayer.compliance.policies.packages import (
    ExactlyLocked,
    LockedWithHashes,
    NoModuleForbidden,
    NoneForbidden,
    OnlyListed,
    OnlyLockedModules,
)
from datalayer.kernel.errors import EvidenceMissing

LOCK = Lock("requirements.txt", {"duckdb": "2.0.0", "pyarrow": "26.0.1"})


def installed(*texts: str) -> Installed:
    return Installed("/opt/venv", tuple(Distribution(*text.split("==")) for text in texts))


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
