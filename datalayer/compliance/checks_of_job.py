"""The checks of the batch job's image: it may have machine learning, and nothing unnamed.

The image has no part of the proof; ``deploy/prove.sh`` brings it along from the tree.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from datalayer.compliance.evidence import compose_ways, dockerfile, files, machine, packages
from datalayer.compliance.place import (
    INSTALLERS,
    Place,
    files_of_image,
    installed_beside_lock,
    package_folders,
    sbom_beside_installed,
)
from datalayer.compliance.policies import compose_ways as compose_policies
from datalayer.compliance.policies import dockerfile as dockerfile_policies
from datalayer.compliance.policies import files as file_policies
from datalayer.compliance.policies import machine as machine_policies
from datalayer.compliance.policies import packages as package_policies
from datalayer.compliance.verifier import ProofCheck, Verifiable
from datalayer.kernel.sentences import Sentence

CODE_FOLDER: Final = Path("/opt/farol")
"""Where the Dockerfile puts the project's code."""


def checks_of_job(place: Place) -> tuple[Verifiable, ...]:
    """Return all checks of the job's image; none has looked at anything yet."""
    return (*_of_packages(place), *_of_files(place))


def _of_packages(place: Place) -> tuple[Verifiable, ...]:
    return (
        ProofCheck(
            "lock-is-hashed",
            "The lock ties every package to its files",
            partial(packages.read_lock, place.lock),
            package_policies.LockedWithHashes(machine_learning=True),
        ),
        ProofCheck(
            "installed-is-the-lock",
            "What is installed is what the lock names, nothing more, nothing less",
            partial(installed_beside_lock, place),
            package_policies.ExactlyLocked(place.tolerated),
        ),
        ProofCheck(
            "files-are-of-packages",
            "Every file among the packages is of one that is installed",
            partial(packages.find_unlisted_files, package_folders()),
            package_policies.OnlyListed(),
        ),
        ProofCheck(
            "sbom-is-whole",
            "The bill of materials lists what is installed, nothing more, nothing less",
            partial(sbom_beside_installed, place),
            package_policies.ListsAll(place.tolerated | INSTALLERS),
        ),
    )


def _of_files(place: Place) -> tuple[Verifiable, ...]:
    return (
        ProofCheck(
            "no-gpu-libraries",
            "No file is a GPU's library or driver",
            partial(files_of_image, place),
            file_policies.NoGpuLibraries(),
        ),
        ProofCheck(
            "kernel-alone",
            "Of the deployment the job's image has the kernel alone",
            _own_code,
            file_policies.KernelAlone(),
        ),
        ProofCheck(
            "dockerfile-of-the-job",
            "The job's Dockerfile: pinned, hashed, unprivileged, of the deployment the kernel only",
            partial(dockerfile.read_dockerfile, place.tree / "ml_jobs/Dockerfile"),
            dockerfile_policies.JOB_IMAGE,
        ),
        ProofCheck(
            "compose-of-the-job",
            "The job's compose files: a project of its own, confined, secrets by file",
            partial(compose_ways.find_ways, place.tree, compose_ways.JOB_FOLDER),
            compose_policies.EachWayOfTheJob(),
        ),
        ProofCheck(
            "process-is-confined",
            "This process is not root, has no capabilities and a root that it can't write to",
            machine.find_process,
            machine_policies.Unprivileged(),
        ),
    )


def _own_code() -> files.FoundFiles:
    machine.require_image(Sentence("the files are"))
    return files.find_files([CODE_FOLDER])
