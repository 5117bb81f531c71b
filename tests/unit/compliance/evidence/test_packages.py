"""What is read of locks, environments, Debian and SBOMs; what can't be read is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.compliance.evidence.packages import (
    Distribution,
    Installed,
    find_elsewhere,
    find_installed,
    find_system_packages,
    read_lock,
)
from datalayer.kernel.errors import EvidenceMissing, NotCheckable

LOCK = """\
# a comment
Async_Timeout==5.0.1 ; python_version < "3.12" \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via -r requirements.in
tzdata==2026.6 ; sys_platform == "win32" \\
    --hash=sha256:cc
duckdb==2.0.0
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lock_names_one_version_of_each_package_that_is_for_this_system(tmp_path: Path) -> None:
    lock = read_lock(write(tmp_path / "requirements.txt", LOCK))

    assert lock.versions == {"async-timeout": "5.0.1", "duckdb": "2.0.0"}
    assert lock.unhashed == ("duckdb",)


@pytest.mark.parametrize(
    "text", ["", "# nothing", "duckdb>=2", "duckdb", "duckdb==2.*", "http://x/y.whl", "\x00"]
)
def test_a_lock_that_pins_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvidenceMissing, match="The lock"):
        read_lock(write(tmp_path / "requirements.txt", text))


def test_an_image_without_its_lock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceMissing, match="an image must carry the lock"):
        read_lock(tmp_path / "requirements.txt")


def test_the_projects_lock_is_understood_whole() -> None:
    lock = read_lock(Path(__file__).parents[4] / "requirements.txt")

    assert len(lock.versions) > 50
    assert lock.unhashed == ()


def test_what_is_installed_is_found_with_its_version_and_twice_if_it_is_there_twice(
    tmp_path: Path,
) -> None:
    for version in ("1.0", "2.0"):
        folder = tmp_path / f"Some_Thing-{version}.dist-info"
        folder.mkdir()
        write(folder / "METADATA", f"Metadata-Version: 2.1\nName: Some_Thing\nVersion: {version}\n")

    found = find_installed([str(tmp_path)])

    assert found.distributions == (
        Distribution("some-thing", "1.0"),
        Distribution("some-thing", "2.0"),
    )


def test_debians_packages_are_those_that_are_installed(tmp_path: Path) -> None:
    status = write(
        tmp_path / "status",
        "Package: libc6\nStatus: install ok installed\nVersion: 2.36\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n",
    )

    assert find_system_packages(status).distributions == (Distribution("libc6", "2.36"),)


def test_a_package_of_which_single_files_were_taken_is_one_of_debians(tmp_path: Path) -> None:
    status = write(tmp_path / "status", "")
    (tmp_path / "status.d").mkdir()
    write(
        tmp_path / "status.d/libgomp1",
        "Package: libgomp1\nStatus: install ok installed\nVersion: 12.2\n",
    )

    assert find_system_packages(status).distributions == (Distribution("libgomp1", "12.2"),)


def test_without_debian_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(NotCheckable):
        find_system_packages(tmp_path / "status")


def test_packages_of_another_python_are_found_where_they_are(tmp_path: Path) -> None:
    for name in ("a", "left"):
        folder = tmp_path / name / f"{name}-1.dist-info"
        folder.mkdir(parents=True)
        write(folder / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")

    (found,) = find_elsewhere(tmp_path, [tmp_path / "left"])

    assert found == Installed(str(tmp_path / "a"), (Distribution("a", "1"),))
