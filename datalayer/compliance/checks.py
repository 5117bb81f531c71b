"""Every check of the proof: which evidence, held against which policy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from datalayer.compliance.evidence import compose_ways, dockerfile, machine, packages, sbom
from datalayer.compliance.evidence.exercise import (
    DeclaredColumns,
    Exercise,
    PublishedRows,
    Routes,
    StatementAttempts,
    StoreAnswer,
    Use,
    exerciser,
)
from datalayer.compliance.place import (
    INSTALLERS,
    Place,
    files_of_image,
    installed_beside_lock,
    package_folders,
    sbom_beside_installed,
    system_packages,
)
from datalayer.compliance.policies import compose_ways as compose_policies
from datalayer.compliance.policies import dockerfile as dockerfile_policies
from datalayer.compliance.policies import files as file_policies
from datalayer.compliance.policies import machine as machine_policies
from datalayer.compliance.policies import packages as package_policies
from datalayer.compliance.policies import portal as portal_policies
from datalayer.compliance.verifier import ProofCheck, Verifiable
from datalayer.kernel.errors import NotCheckable
from datalayer.kernel.sentences import Sentence


def checks(place: Place) -> tuple[Verifiable, ...]:
    """Return all checks for *place*; none has looked at anything yet."""
    use = exerciser(place.root, place.settings)
    return (*_of_packages(place, use), *_of_files(place), *_of_portal(use), *_of_machine(place))


def _of_packages(place: Place, use: Callable[[], Exercise]) -> tuple[Verifiable, ...]:
    return (
        ProofCheck(
            "lock-is-hashed",
            "The lock ties every package to its files, and none is of machine learning",
            partial(packages.read_lock, place.lock),
            package_policies.LockedWithHashes(),
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
            "installed-without-ml",
            "No installed package is of machine learning or of a GPU",
            packages.find_installed,
            package_policies.NoneForbidden(),
        ),
        ProofCheck(
            "system-without-ml",
            "No package of the system is of machine learning or of a GPU",
            system_packages,
            package_policies.NoneForbidden(),
        ),
        ProofCheck(
            "sbom-without-ml",
            "The bill of materials lists nothing of machine learning or of a GPU",
            partial(sbom.read_sbom, place.sbom),
            package_policies.NoneForbidden(),
        ),
        ProofCheck(
            "sbom-is-whole",
            "The bill of materials lists what is installed, nothing more, nothing less",
            partial(sbom_beside_installed, place),
            package_policies.ListsAll(place.tolerated | INSTALLERS),
        ),
        ProofCheck(
            "everything-was-used",
            "Every page was drawn and every address that reads answered",
            lambda: Use(use().require_published().pages, use().endpoints),
            portal_policies.AllUsed(),
        ),
        ProofCheck(
            "loaded-without-ml",
            "No module of machine learning is loaded once everything was used",
            lambda: use().require_published().loaded,
            package_policies.NoModuleForbidden(),
        ),
        ProofCheck(
            "loaded-is-the-lock",
            "Every loaded module is Python's, the project's or of a package of the lock",
            lambda: packages.LoadedFromLock(
                packages.read_lock(place.lock), use().require_published().loaded
            ),
            package_policies.OnlyLockedModules(place.tolerated),
        ),
    )


def _of_files(place: Place) -> tuple[Verifiable, ...]:
    look, tree = partial(files_of_image, place), place.tree
    return (
        ProofCheck(
            "no-model-files",
            "No file is a model, by its name or by how it begins",
            look,
            file_policies.NoModelFiles(file_policies.OWN_TEST_DATA),
        ),
        ProofCheck(
            "no-gpu-libraries",
            "No file is a GPU's library or driver",
            look,
            file_policies.NoGpuLibraries(),
        ),
        ProofCheck(
            "dockerfile",
            "The app's Dockerfile: pinned, hashed, unprivileged, from no host, nothing of ML",
            partial(dockerfile.read_dockerfile, tree / "Dockerfile"),
            dockerfile_policies.APP_IMAGE,
        ),
        ProofCheck(
            "dockerfile-of-the-job",
            "The job's Dockerfile: pinned, hashed, unprivileged, of the deployment the kernel only",
            partial(dockerfile.read_dockerfile, tree / "ml_jobs/Dockerfile"),
            dockerfile_policies.JOB_IMAGE,
        ),
        ProofCheck(
            "compose",
            "Each way to run the compose files: known services, confined, limited, no way out",
            partial(compose_ways.find_ways, tree),
            compose_policies.EachWay(),
        ),
        ProofCheck(
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
        ProofCheck(
            "routes-infer-nothing",
            "No address predicts, trains or prepares features",
            lambda: Routes(use().routes),
            portal_policies.NoInferenceRoutes(),
        ),
        ProofCheck(
            "routes-only-read",
            "Every address reads, but refresh and roll-back",
            lambda: Routes(use().routes),
            portal_policies.OnlyRefreshWrites(),
        ),
        ProofCheck(
            "registry-asks-for-metadata",
            "The registry requires model_version, generated_at, source and dataset_id of results",
            lambda: DeclaredColumns(use().columns),
            portal_policies.MetadataDeclared(),
        ),
        ProofCheck(
            "rows-have-metadata",
            "Every published row has the metadata that the registry requires",
            rows,
            portal_policies.MetadataFilled(),
        ),
        ProofCheck(
            "store-refuses-writes",
            "The store refuses what the portal writes",
            lambda: _s3_answer(use().store),
            portal_policies.WriteRefused(),
        ),
        ProofCheck(
            "database-is-locked",
            "The database reads no other file, loads no extension and keeps its locks",
            lambda: StatementAttempts(use().require_published().attempts),
            portal_policies.EverythingRefused(),
        ),
    )


def _of_machine(place: Place) -> tuple[Verifiable, ...]:
    return (
        ProofCheck(
            "image-is-small",
            "The image has less than 600 MB",
            partial(machine.measured_image, place.image_digest, place.image_bytes),
            machine_policies.SmallImage(),
        ),
        ProofCheck(
            "no-way-out",
            "The network of the container that the proof is made in leads nowhere",
            machine.find_way_out,
            machine_policies.NoWayOut(),
        ),
        ProofCheck(
            "process-is-confined",
            "This process is not root, has no capabilities and a root that it can't write to",
            machine.find_process,
            machine_policies.Unprivileged(),
        ),
    )


def _s3_answer(answer: StoreAnswer) -> StoreAnswer:
    if answer.writable == "not checked":
        reason = Sentence(
            "the store {address} is a folder, and has no keys that could be narrower; mount it "
            "read-only",
            address=answer.address,
        )
        raise NotCheckable(reason=reason)
    return answer
