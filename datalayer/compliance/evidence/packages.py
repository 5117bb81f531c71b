"""Evidence of packages: the lock, what is installed, what is loaded."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from datalayer.compliance.forbidden import normalize
from datalayer.kernel.errors import EvidenceMissing, NotCheckable
from datalayer.kernel.sentences import Sentence

# Where a package says what it is, in the folder that it is installed in.
_DESCRIPTIONS = (".dist-info", ".egg-info")


@dataclass(frozen=True)
class Distribution:
    """One package at one version; *name* as PEP 503 writes it."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Lock:
    """What may be installed: each package at one version, with the hashes of its files.

    Attributes:
        path: Where it was read, for sentences.
        unhashed: Names that stand in it without a hash.
        options: Lines that are no package but tell pip something, such as where to look.
    """

    path: str
    versions: Mapping[str, str]
    unhashed: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """How many packages it names."""
        return Sentence("{count} packages in {path}", count=len(self.versions), path=self.path)


@dataclass(frozen=True)
class Installed:
    """What is installed in one environment; a name that is there twice stands in it twice."""

    where: str
    distributions: tuple[Distribution, ...]

    @property
    def summary(self) -> str:
        """How many distributions, and where."""
        return Sentence(
            "{count} distributions in {where}", count=len(self.distributions), where=self.where
        )


@dataclass(frozen=True)
class UnlistedFiles:
    """Files in the folders of packages that no installed distribution says it brought.

    Attributes:
        folders: Where was looked.
        listed: How many files the distributions list.
    """

    folders: tuple[str, ...]
    listed: int
    unlisted: tuple[str, ...]

    @property
    def summary(self) -> str:
        """How many files are listed, and where was looked."""
        return Sentence(
            "{listed} listed files, and all that is in {folders}",
            listed=self.listed,
            folders=tuple(self.folders),
        )


@dataclass(frozen=True)
class LoadedModules:
    """The modules that a process had loaded.

    Attributes:
        names: Full names, as in ``sys.modules``.
        origins: For each top-level module that an installed distribution brought, its normalised
            name; modules of the standard library and of this project are not in it.
        when: When that was, to be read after "loaded".
    """

    names: tuple[str, ...]
    origins: Mapping[str, tuple[str, ...]]
    when: str

    @property
    def summary(self) -> str:
        """How many modules, and when."""
        return Sentence("{count} modules loaded {when}", count=len(self.names), when=self.when)


@dataclass(frozen=True)
class Compared:
    """What is installed, beside the lock that it should be.

    Attributes:
        elsewhere: What is installed outside of the environment, in folders of other Pythons.
    """

    lock: Lock
    installed: Installed
    elsewhere: tuple[Installed, ...] = ()

    @property
    def summary(self) -> str:
        """All of it, in numbers."""
        places = (self.installed, *self.elsewhere)
        return ", ".join([*(each.summary for each in places), self.lock.summary])


@dataclass(frozen=True)
class LoadedFromLock:
    """What is loaded, beside the lock that it should come from."""

    lock: Lock
    loaded: LoadedModules

    @property
    def summary(self) -> str:
        """Both, in numbers."""
        return Sentence("{first}, {second}", first=self.loaded.summary, second=self.lock.summary)


def _lock(path: Path) -> Sentence:
    return Sentence("The lock {path}", path=str(path))


def read_lock(path: Path) -> Lock:
    """Return the lock in *path*, in the form of pip's requirements with hashes.

    Raises:
        EvidenceMissing: It is not there, or a line of it names no version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Sentence(
            "can't be read ({error:s}); an image must carry the lock that it was installed from",
            error=error.__class__.__name__,
        )
        raise EvidenceMissing(
            subject=Sentence("The lock {path}", path=str(path)), problem=problem
        ) from error
    versions: dict[str, str] = {}
    unhashed: list[str] = []
    options: list[str] = []
    for entry in _entries(text):
        if entry.startswith("-"):
            options.append(entry)
            continue
        requirement = _requirement(entry.partition("--hash")[0], path)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        pinned = re.fullmatch(r"==([^,*]+)", str(requirement.specifier))
        if pinned is None:
            problem = Sentence(
                "names {name:s} without one version; it must be name==version",
                name=requirement.name,
            )
            raise EvidenceMissing(
                subject=Sentence("The lock {path}", path=str(path)), problem=problem
            )
        versions[normalize(requirement.name)] = pinned[1]
        if "--hash=sha256:" not in entry:
            unhashed.append(requirement.name)
    if not versions:
        problem = Sentence("names no package; it must name each with its version and hashes")
        raise EvidenceMissing(subject=_lock(path), problem=problem)
    return Lock(str(path), versions, tuple(unhashed), tuple(options))


def find_installed(search: Iterable[str] | None = None) -> Installed:
    """Return what is installed in the folders of *search*; None for those of this process."""
    folders = list(sys.path if search is None else search)
    found = [
        Distribution(normalize(name), each.version)
        for each in importlib.metadata.distributions(path=folders)
        if (name := each.metadata["Name"])
    ]
    return Installed(
        sys.prefix if search is None else ", ".join(folders),
        tuple(sorted(found, key=lambda each: (each.name, each.version))),
    )


def find_elsewhere(root: Path, leave_out: Iterable[Path] = ()) -> tuple[Installed, ...]:
    """Return what is installed below *root* in folders that this Python does not look into.

    Args:
        root: Where to look, links not followed.
        leave_out: Folders that are not looked at.
    """
    passed = {str(each.resolve()) for each in (*leave_out, Path("/proc"), Path("/sys"))}
    own = {os.path.realpath(each) for each in sys.path}
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [each for each in folders if str(Path(folder, each)) not in passed]
        described = any(each.endswith(_DESCRIPTIONS) for each in (*folders, *files))
        if described and os.path.realpath(folder) not in own:
            found.append(find_installed([folder]))
    return tuple(sorted(found, key=lambda each: each.where))


def find_unlisted_files(folders: Iterable[Path]) -> UnlistedFiles:
    """Return the files in *folders* that are in no ``RECORD`` there, but for compiled ones.

    Raises:
        EvidenceMissing: Nothing is listed, or a folder can't be read.
    """
    roots = list(dict.fromkeys(folder.resolve() for folder in folders))
    listed = {
        os.path.normpath(Path(str(file.locate())))
        for each in importlib.metadata.distributions(path=list(map(str, roots)))
        for file in each.files or ()
    }
    if not listed:
        where = ", ".join(map(str, roots))
        raise EvidenceMissing(
            subject=Sentence("The folder {path}", path=where),
            problem=Sentence("has no list of its files"),
        )
    unlisted = sorted(
        str(path)
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__" and str(path) not in listed
    )
    return UnlistedFiles(tuple(map(str, roots)), len(listed), tuple(unlisted))


def find_system_packages(status: Path = Path("/var/lib/dpkg/status")) -> Installed:
    """Return what Debian's package manager has installed, and what is described beside it.

    An image that takes single files of a package over describes that in ``status.d``.

    Raises:
        NotCheckable: There is no Debian here.
    """
    if not status.is_file():
        raise NotCheckable(
            reason=Sentence("there is no {status}: this is no Debian", status=status)
        )
    found = []
    described = [status, *sorted(status.with_name("status.d").glob("*"))]
    texts = (each.read_text(encoding="utf-8", errors="replace") for each in described)
    for paragraph in "\n\n".join(texts).split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status): (.*)$", paragraph, re.M))
        if fields.get("Status", "").endswith(" installed"):
            found.append(Distribution(fields["Package"], fields.get("Version", "")))
    return Installed(f"{status} (Debian)", tuple(found))


def _entries(text: str) -> list[str]:
    """Return each requirement in one line, without comments."""
    joined = re.sub(r"\\\s*\n", " ", text)
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]


def _requirement(text: str, path: Path) -> Requirement:
    try:
        return Requirement(text.strip())
    except InvalidRequirement as error:
        problem = Sentence(
            "has the line {line!r}; it must be name==version with hashes", line=text.strip()[:80]
        )
        raise EvidenceMissing(
            subject=Sentence("The lock {path}", path=str(path)), problem=problem
        ) from error
