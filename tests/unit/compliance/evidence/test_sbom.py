"""What is read of an SBOM; what is none is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalayer.compliance.evidence.packages import Distribution
from datalayer.compliance.evidence.sbom import read_sbom
from datalayer.kernel.errors import EvidenceMissing, NotCheckable


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_an_sbom_lists_components_within_components(tmp_path: Path) -> None:
    inner = {"name": "Inner.Part", "version": "2", "purl": "pkg:deb/debian/inner-part@2"}
    document = {
        "bomFormat": "CycloneDX",
        "components": [
            {"name": "outer", "purl": "pkg:pypi/outer@1", "version": "1", "components": [inner]}
        ],
    }

    found = read_sbom(write(tmp_path / "sbom.json", json.dumps(document)))

    assert found.listed("pypi") == {Distribution("outer", "1")}
    assert found.listed("deb") == {Distribution("inner-part", "2")}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"bomFormat": "CycloneDX"}', '{"bomFormat": "SPDX"}', "\xff"]
)
def test_a_document_that_is_no_sbom_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvidenceMissing, match="The SBOM"):
        read_sbom(write(tmp_path / "sbom.json", text))


def test_without_an_sbom_there_is_nothing_to_look_at() -> None:
    with pytest.raises(NotCheckable):
        read_sbom(None)
