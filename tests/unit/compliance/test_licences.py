"""Every package's licence is told as the package tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.compliance.licences import find_licences, licence_table


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
