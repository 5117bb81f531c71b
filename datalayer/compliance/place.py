"""Where the proof is made, and what is gathered of that place by the checks of either image."""

from __future__ import annotations

import platform
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from datalayer.compliance.evidence import files, machine, packages, sbom
from datalayer.kernel.sentences import Sentence
from datalayer.settings import Settings

INSTALLERS: Final = frozenset({"pip", "setuptools", "wheel"})
"""What Python comes with; the environment of an image has none of it, its base may."""

SOURCE_FOLDERS: Final = ("datalayer", "pages", ".streamlit")
"""The folders of the deployment's own code."""


@dataclass(frozen=True)
class Place:
    """Where the proof is made.

    Attributes:
        settings: Of the portal.
        root: The folder that the portal starts in.
        tree: The project's whole tree, with what images are made of; often *root*.
        lock: The lock that the environment was installed from.
        sbom: The environment's SBOM, or None.
        image_digest: Of the image that this runs in; empty where there is none.
        image_bytes: Its size; None where it was not measured.
    """

    settings: Settings
    root: Path = Path()
    tree: Path = Path()
    lock: Path = Path("requirements.txt")
    sbom: Path | None = None
    image_digest: str = ""
    image_bytes: int | None = None
    tolerated: frozenset[str] = field(default=INSTALLERS)


def package_folders() -> list[Path]:
    """Return the folders that the environment's packages are in."""
    return [Path(sysconfig.get_path(each)) for each in ("purelib", "platlib")]


def packages_elsewhere() -> tuple[packages.Installed, ...]:
    """Return the packages of other Pythons within the image; a machine's own are its own."""
    if not machine.in_image():
        return ()
    return packages.find_elsewhere(Path("/"), machine.mounted_folders())


def installed_beside_lock(place: Place) -> packages.Compared:
    """Return what is installed, beside the lock."""
    return packages.Compared(
        packages.read_lock(place.lock), packages.find_installed(), packages_elsewhere()
    )


def sbom_beside_installed(place: Place) -> sbom.SbomBeside:
    """Return the SBOM, beside all that is installed and the lock.

    Raises:
        NotCheckable: No SBOM was given.
    """
    read = sbom.read_sbom(place.sbom)
    here, elsewhere = packages.find_installed(), packages_elsewhere()
    places = (here, *elsewhere)
    return sbom.SbomBeside(
        read,
        packages.read_lock(place.lock),
        packages.Installed(
            ", ".join(each.where for each in places),
            tuple(found for each in places for found in each.distributions),
        ),
        packages.find_system_packages() if machine.in_image() else None,
        packages.Distribution("python", platform.python_version()),
    )


def system_packages() -> packages.Installed:
    """Return the packages of the image's system.

    Raises:
        NotCheckable: This is no image, or no Debian.
    """
    machine.require_image(Sentence("the packages of the system are"))
    return packages.find_system_packages()


def files_of_image(place: Place) -> files.FoundFiles:
    """Return all files of the image; elsewhere those of the packages and the project."""
    if machine.in_image():
        return files.find_files([Path("/")], leave_out=machine.mounted_folders())
    return files.find_files(
        [*package_folders(), *(place.root / folder for folder in SOURCE_FOLDERS)]
    )
