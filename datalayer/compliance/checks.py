"""Every check of the proof: which evidence, held against which policy."""

from __future__ import annotations

import platform
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from datalayer.compliance.evidence import (
    compose_ways,
    dockerfile,
    files,
    machine,
    packages,
    sbom,
)
from datalayer.compliance.evidence.exercise import (
    Attempts,
    DeclaredColumns,
    Exercise,
    PublishedRows,
    Routes,
    StoreAnswer,
    Use,
    exerciser,
)
from datalayer.compliance.policies import compose as compose_policies
from datalayer.compliance.policies import dockerfile as dockerfile_policies
from datalayer.compliance.policies import files as file_policies
from datalayer.compliance.policies import machine as machine_policies
from datalayer.compliance.policies import packages as package_policies
from datalayer.compliance.policies import portal as portal_policies
from datalayer.compliance.verifier import Check, Verifiable
from datalayer.kernel.errors import NotCheckable
from datalayer.settings import Settings

INSTALLERS: Final = frozenset({"pip", "setuptools", "wheel"})
"""What Python comes with; the environment of an image has none of it, its base may."""

SOURCE_FOLDERS: Final = ("datalayer", "pages", ".streamlit")
"""The folders of the deployment's own code."""


@dataclass(frozen=True)
class Place:
    """Where the proof is made.

    Attributes:
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


def checks(place: Place) -> tuple[Verifiable, ...]:
    """Return all checks for *place*; none has looked at anything yet."""
    use = exerciser(place.root, place.settings)
    return (*_of_packages(place, use), *_of_files(place), *_of_portal(use), *_of_machine(place))


def _of_packages(place: Place, use: Callable[[], Exercise]) -> tuple[Verifiable, ...]:
    return (
        Check(
            "lock-is-hashed",
            "The lock ties every package to its files, and none is of machine learning",
            partial(packages.read_lock, place.lock),
            package_policies.LockedWithHashes(),
        ),
        Check(
            "installed-is-the-lock",
            "What is installed is what the lock names, nothing more, nothing less",
            partial(_beside_the_lock, place),
            package_policies.ExactlyLocked(place.tolerated),
        ),
        Check(
            "files-are-of-packages",
            "Every file among the packages is of one that is installed",
            partial(packages.find_unlisted_files, _package_folders()),
            package_policies.OnlyListed(),
        ),
        Check(
            "installed-without-ml",
            "No installed package is of machine learning or of a GPU",
            packages.find_installed,
            package_policies.NoneForbidden(),
        ),
        Check(
            "system-without-ml",
            "No package of the system is of machine learning or of a GPU",
            _system_packages,
            package_policies.NoneForbidden(),
        ),
        Check(
            "sbom-without-ml",
            "The bill of materials lists nothing of machine learning or of a GPU",
            partial(sbom.read_sbom, place.sbom),
            package_policies.NoneForbidden(),
        ),
        Check(
            "sbom-is-whole",
            "The bill of materials lists what is installed, nothing more, nothing less",
            partial(_sbom_beside, place),
            package_policies.ListsAll(place.tolerated | INSTALLERS),
        ),
        Check(
            "everything-was-used",
            "Every page was drawn and every address that reads answered",
            lambda: Use(use().require_published().pages, use().endpoints),
            portal_policies.AllUsed(),
        ),
        Check(
            "loaded-without-ml",
            "No module of machine learning is loaded once everything was used",
            lambda: use().require_published().loaded,
            package_policies.NoModuleForbidden(),
        ),
        Check(
            "loaded-is-the-lock",
            "Every loaded module is Python's, the project's or of a package of the lock",
            lambda: packages.LoadedFromLock(
                packages.read_lock(place.lock), use().require_published().loaded
            ),
            package_policies.OnlyLockedModules(place.tolerated),
        ),
    )


def _of_files(place: Place) -> tuple[Verifiable, ...]:
    look, tree = partial(_image_files, place), place.tree
    return (
        Check(
            "no-model-files",
            "No file is a model, by its name or by how it begins",
            look,
            file_policies.NoModelFiles(file_policies.OWN_TEST_DATA),
        ),
        Check(
            "no-gpu-libraries",
            "No file is a GPU's library or driver",
            look,
            file_policies.NoGpuLibraries(),
        ),
        Check(
            "dockerfile",
            "The app's Dockerfile: pinned, hashed, unprivileged, from no host, nothing of ML",
            partial(dockerfile.read_dockerfile, tree / "Dockerfile"),
            dockerfile_policies.APP_IMAGE,
        ),
        Check(
            "dockerfile-of-the-job",
            "The job's Dockerfile: pinned, hashed, unprivileged, of the deployment the kernel only",
            partial(dockerfile.read_dockerfile, tree / "ml_jobs/Dockerfile"),
            dockerfile_policies.JOB_IMAGE,
        ),
        Check(
            "compose",
            "Each way to run the compose files: known services, confined, limited, no way out",
            partial(compose_ways.find_ways, tree),
            compose_policies.EachWay(),
        ),
        Check(
            "compose-of-the-job",
            "The job's compose files: a project of its own, confined, secrets by file",
            partial(compose_ways.find_ways, tree, compose_ways.JOB_FOLDER),
            compose_policies.EachWayOfTheJob(),
        ),
    )


def _of_portal(use: Callable[[], Exercise]) -> tuple[Verifiable, ...]:
    def rows() -> PublishedRows:
        used = use().require_published()
        return PublishedRows(used.publication_id or "", used.filled, used.columns)

    return (
        Check(
            "routes-infer-nothing",
            "No address predicts, trains or prepares features",
            lambda: Routes(use().routes),
            portal_policies.NoInferenceRoutes(),
        ),
        Check(
            "routes-only-read",
            "Every address reads, but refresh and roll-back",
            lambda: Routes(use().routes),
            portal_policies.OnlyRefreshWrites(),
        ),
        Check(
            "registry-asks-for-metadata",
            "The registry requires model_version, generated_at, source and dataset_id of results",
            lambda: DeclaredColumns(use().columns),
            portal_policies.MetadataDeclared(),
        ),
        Check(
            "rows-have-metadata",
            "Every published row has the metadata that the registry requires",
            rows,
            portal_policies.MetadataFilled(),
        ),
        Check(
            "store-refuses-writes",
            "The store refuses what the portal writes",
            lambda: _s3_answer(use().store),
            portal_policies.WriteRefused(),
        ),
        Check(
            "database-is-locked",
            "The database reads no other file, loads no extension and keeps its locks",
            lambda: Attempts(use().require_published().attempts),
            portal_policies.EverythingRefused(),
        ),
    )


def _of_machine(place: Place) -> tuple[Verifiable, ...]:
    return (
        Check(
            "image-is-small",
            "The image has less than 600 MB",
            partial(machine.measured_image, place.image_digest, place.image_bytes),
            machine_policies.SmallImage(),
        ),
        Check(
            "no-way-out",
            "The network of the container that the proof is made in leads nowhere",
            machine.find_way_out,
            machine_policies.NoWayOut(),
        ),
        Check(
            "process-is-confined",
            "This process is not root, has no capabilities and a root that it can't write to",
            machine.find_process,
            machine_policies.Unprivileged(),
        ),
    )


def _package_folders() -> list[Path]:
    return [Path(sysconfig.get_path(each)) for each in ("purelib", "platlib")]


def _elsewhere() -> tuple[packages.Installed, ...]:
    """Return the packages of other Pythons within the image; a machine's own are its own."""
    if not machine.in_image():
        return ()
    return packages.find_elsewhere(Path("/"), machine.mounted_folders())


def _beside_the_lock(place: Place) -> packages.Compared:
    return packages.Compared(
        packages.read_lock(place.lock), packages.find_installed(), _elsewhere()
    )


def _sbom_beside(place: Place) -> sbom.SbomBeside:
    read = sbom.read_sbom(place.sbom)
    here, elsewhere = packages.find_installed(), _elsewhere()
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


def _system_packages() -> packages.Installed:
    machine.require_image("the packages of the system are")
    return packages.find_system_packages()


def _image_files(place: Place) -> files.FoundFiles:
    if machine.in_image():
        return files.find_files([Path("/")], leave_out=machine.mounted_folders())
    return files.find_files(
        [*_package_folders(), *(place.root / folder for folder in SOURCE_FOLDERS)]
    )


def _s3_answer(answer: StoreAnswer) -> StoreAnswer:
    if answer.writable == "not checked":
        reason = (
            f"the store {answer.address} is a folder, and has no keys that could be narrower; "
            "mount it read-only"
        )
        raise NotCheckable(reason=reason)
    return answer
