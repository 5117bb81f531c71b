"""Write the SBOM and the licences of the image, or the environment, that this runs in.

    python deploy/describe_image.py TOOLS FOLDER

TOOLS is where cyclonedx-bom is installed (``.venv-sbom/lib/python3.11/site-packages``), which no
image has. FOLDER gets ``sbom.cdx.json``, with Python's packages and Debian's, and ``licences.txt``
and ``licences.json``, as each Python package puts it; those of Debian's are in ``/usr/share/doc``.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import runpy
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

SBOM_NAME = "sbom.cdx.json"
DEBIAN = Path("/var/lib/dpkg/status")
IMAGE_PREFIX = "/opt/venv"
"""Where the Dockerfiles put the environment; elsewhere Debian's packages are the machine's own."""

NOT_SAID = "not said"
LONGEST = 120


@dataclass(frozen=True)
class Licence:
    """One package's licence, as the package itself puts it."""

    name: str
    version: str
    licence: str


def main(tools: Path, folder: Path) -> None:
    """Write everything to *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    found = find_licences()
    (folder / "licences.txt").write_text(licence_table(found), encoding="utf-8")
    listed = json.dumps([asdict(each) for each in found], indent=1)
    (folder / "licences.json").write_text(f"{listed}\n", encoding="utf-8")
    write_sbom(tools, folder / SBOM_NAME)


def write_sbom(tools: Path, sbom: Path) -> None:
    """Write what is installed to *sbom*, the same bytes for the same packages."""
    # Behind all others: what the image itself has of the same name is what is described.
    sys.path.append(str(tools))
    options = ["environment", "--output-reproducible", "--output-format", "JSON"]
    sys.argv = ["cyclonedx-py", *options, "--output-file", str(sbom), sys.executable]
    try:
        runpy.run_module("cyclonedx_py", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            raise
    if sys.prefix == IMAGE_PREFIX and DEBIAN.is_file():
        add_debian(sbom, DEBIAN.read_text(encoding="utf-8", errors="replace"))


def add_debian(sbom: Path, status: str) -> None:
    """Add Debian's packages to *sbom*, from the text that dpkg keeps of them."""
    document = json.loads(sbom.read_text(encoding="utf-8"))
    document.setdefault("components", []).extend(debian_components(status))
    sbom.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def debian_components(status: str) -> list[dict[str, str]]:
    """Return Debian's installed packages as components, by name."""
    found = []
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status|Architecture): (.*)$", paragraph, re.M))
        if not fields.get("Status", "").endswith(" installed"):
            continue
        name, version = fields["Package"], fields["Version"]
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={fields['Architecture']}"
        component = {"type": "library", "name": name, "version": version}
        found.append({**component, "purl": purl, "bom-ref": purl})
    return sorted(found, key=lambda each: each["name"])


def find_licences(search: Iterable[str] | None = None) -> tuple[Licence, ...]:
    """Return the licences of what is installed in *search* (None: here), by name."""
    found = (
        importlib.metadata.distributions()
        if search is None
        else importlib.metadata.distributions(path=list(search))
    )
    licences = {
        Licence(name.lower(), each.version, licence_of(each))
        for each in found
        if (name := each.metadata["Name"])
    }
    return tuple(sorted(licences, key=lambda each: (each.name, each.version)))


def licence_table(licences: Iterable[Licence]) -> str:
    """Return *licences* as text, one a line."""
    return "".join(f"{each.name:<32}{each.version:<20}{each.licence}\n" for each in licences)


def licence_of(distribution: importlib.metadata.Distribution) -> str:
    """Return the expression, else the classifiers, else the first line of the old field."""
    metadata = distribution.metadata
    expressions = metadata.get_all("License-Expression")
    if expressions:
        return str(expressions[0])
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or ()
        if text.startswith("License :: ") and text != "License :: OSI Approved"
    ]
    if classifiers:
        return " and ".join(classifiers)
    lines = str((metadata.get_all("License") or [""])[0]).strip().splitlines()
    return lines[0][:LONGEST] if lines else NOT_SAID


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
