"""What an image is described by: the licences as packages tell them, and Debian's packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.describe_image import (
    add,
    debian_components,
    find_licences,
    licence_table,
    other_python_components,
    other_python_folders,
)


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT\nLicense: other", "MIT"),
        ("Classifier: License :: OSI Approved :: BSD License\nLicense: other", "BSD License"),
        ("License: Apache 2.0\n        and more lines", "Apache 2.0"),
        ("Summary: nothing", "not said"),
    ],
)
def test_the_expression_comes_before_classifiers_and_these_before_the_text(
    tmp_path: Path, fields: str, licence: str
) -> None:
    folder = tmp_path / "Thing-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: Thing\nVersion: 1.0\n{fields}\n"
    )

    (found,) = find_licences([str(tmp_path)])

    assert (found.name, found.version, found.licence) == ("thing", "1.0", licence)


def test_the_environment_says_the_licence_of_all_that_it_holds() -> None:
    table = licence_table(find_licences())

    assert "duckdb" in table
    assert "not said" not in table


def test_debians_packages_stand_in_the_sbom_beside_pythons(tmp_path: Path) -> None:
    sbom = tmp_path / "sbom.cdx.json"
    sbom.write_text(json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "duckdb"}]}))
    status = (
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+b1\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"
    )

    add(sbom, debian_components(status))

    components = json.loads(sbom.read_text())["components"]
    assert [each["name"] for each in components] == ["duckdb", "libc6"]
    assert components[1]["purl"] == "pkg:deb/debian/libc6@2.36-9%2Bb1?arch=amd64"


def test_packages_of_another_python_are_found_and_stand_in_the_sbom(tmp_path: Path) -> None:
    folder = tmp_path / "usr/local/lib/python3.11/site-packages"
    (folder / "Pip-24.0.dist-info").mkdir(parents=True)
    (folder / "Pip-24.0.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: Pip\nVersion: 24.0\n"
    )

    found = other_python_folders(tmp_path)

    assert found == [str(folder)]
    assert [each["purl"] for each in other_python_components(found)] == ["pkg:pypi/pip@24.0"]
