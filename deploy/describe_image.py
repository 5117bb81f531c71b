"""Write the SBOM and the licences of the image, or the environment, that this runs in.

    python deploy/describe_image.py TOOLS FOLDER

TOOLS is where cyclonedx-bom is installed (``.venv-sbom/lib/python3.11/site-packages``), which no
image has. FOLDER gets ``sbom.cdx.json``, with Python, its packages and Debian's, and
``licences.txt`` and ``licences.json``, as each Python package puts it; those of Debian's are in
``/usr/share/doc``.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
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
    others = other_python_folders(Path("/")) if sys.prefix == IMAGE_PREFIX else []
    found = tuple(sorted({*find_licences(), *find_licences(others)}, key=lambda each: each.name))
    (folder / "licences.txt").write_text(licence_table(found), encoding="utf-8")
    listed = json.dumps([asdict(each) for each in found], indent=1)
    (folder / "licences.json").write_text(f"{listed}\n", encoding="utf-8")
    write_sbom(tools, folder / SBOM_NAME, others)


def write_sbom(tools: Path, sbom: Path, others: Iterable[str] = ()) -> None:
    """Write what is installed, here and in *others*, to *sbom*: always the same bytes for it."""
    # Behind all others: what the image itself has of the same name is what is described.
    sys.path.append(str(tools))
    options = ["environment", "--output-reproducible", "--output-format", "JSON"]
    sys.argv = ["cyclonedx-py", *options, "--output-file", str(sbom), sys.executable]
    try:
        runpy.run_module("cyclonedx_py", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            raise
    add(sbom, [component("generic", "python", platform.python_version())])
    add(sbom, other_python_components(others))
    if sys.prefix == IMAGE_PREFIX and DEBIAN.is_file():
        described = [DEBIAN, *sorted(DEBIAN.with_name("status.d").glob("*"))]
        texts = (each.read_text(encoding="utf-8", errors="replace") for each in described)
        add(sbom, debian_components("\n\n".join(texts)))


def add(sbom: Path, components: Iterable[dict[str, str]]) -> None:
    """Add *components* to *sbom*."""
    document = json.loads(sbom.read_text(encoding="utf-8"))
    document.setdefault("components", []).extend(components)
    sbom.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def component(kind: str, name: str, version: str, more: str = "") -> dict[str, str]:
    """Return a component of the SBOM: *kind* and *more* are the ends of its package URL."""
    purl = f"pkg:{kind}/{quote(name)}@{quote(version)}{more}"
    named = {"type": "library", "name": name, "version": version}
    return {**named, "purl": purl, "bom-ref": purl}


def other_python_folders(root: Path) -> list[str]:
    """Return the folders below *root* with packages that this Python does not see, by path.

    What is mounted over *root* is no part of an image, and is passed over.
    """
    device, own = root.stat().st_dev, set(map(os.path.realpath, sys.path))
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [each for each in folders if _device(Path(folder, each)) == device]
        described = any(each.endswith((".dist-info", ".egg-info")) for each in (*folders, *files))
        if described and os.path.realpath(folder) not in own:
            found.append(folder)
    return sorted(found)


def other_python_components(folders: Iterable[str]) -> list[dict[str, str]]:
    """Return Python's packages in *folders* as components, by name."""
    found = {
        (str(each.metadata["Name"]).lower(), each.version)
        for each in importlib.metadata.distributions(path=list(folders))
    }
    return [component("pypi", *each) for each in sorted(found)]


def _device(folder: Path) -> int | None:
    try:
        return folder.lstat().st_dev
    except OSError:
        return None


def debian_components(status: str) -> list[dict[str, str]]:
    """Return Debian's installed packages as components, by name."""
    found = []
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status|Architecture): (.*)$", paragraph, re.M))
        if not fields.get("Status", "").endswith(" installed"):
            continue
        name, version = fields["Package"], fields["Version"]
        found.append(component("deb/debian", name, version, f"?arch={fields['Architecture']}"))
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
    """Return the expression, else the classifiers, else the first line of the old field or file."""
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
    lines = lines or _licence_file(distribution).strip().splitlines()
    return lines[0][:LONGEST] if lines else NOT_SAID


def _licence_file(distribution: importlib.metadata.Distribution) -> str:
    """Return the text of the first licence that a package brings, empty where it brings none."""
    named = distribution.metadata.get_all("License-File") or ()
    texts = (
        distribution.read_text(f"{folder}{name}") for name in named for folder in ("licenses/", "")
    )
    return next((text for text in texts if text), "")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
