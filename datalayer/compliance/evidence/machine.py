"""Evidence of where this runs: the image, the way out, and what the process may do."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from datalayer.kernel.errors import NotCheckable
from datalayer.kernel.sentences import Sentence

NOBODY: Final = ("192.0.2.1", 443)
"""An address set aside for documents (RFC 5737): where there is a way out, it leads to nobody."""

IMAGE_PREFIX: Final = "/opt/venv"
"""Where the Dockerfile puts the environment, and nobody else does."""

_PATIENCE_S = 2.0
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EPERM, errno.EACCES})


@dataclass(frozen=True)
class Image:
    """An image that was measured.

    Attributes:
        digest: As ``sha256:...``; empty where it is not known.
        size_bytes: As the engine measures it, unpacked.
    """

    digest: str
    size_bytes: int

    @property
    def summary(self) -> str:
        """Its size, and which one."""
        return Sentence(
            "{size_bytes:.0f} MB, {value}",
            size_bytes=self.size_bytes / 1000000.0,
            value=self.digest or Sentence("no digest given"),
        )


@dataclass(frozen=True)
class WayOut:
    """Whether there is one.

    Attributes:
        default_routes: Names of the interfaces that a default route leads through.
        answer: What a connection to ``NOBODY`` came to, in words.
        left: Whether it left this machine: it was not refused at once.
    """

    default_routes: tuple[str, ...]
    answer: str
    left: bool

    @property
    def summary(self) -> str:
        """What was tried."""
        return Sentence(
            "the table of routes, and a connection to {nobody} ({answer})",
            nobody=NOBODY[0],
            answer=self.answer,
        )


@dataclass(frozen=True)
class Process:
    """What this process may do.

    Attributes:
        user: Its user's number.
        capabilities: The capabilities that it has or could get, as a set of bits.
        no_new_privileges: Whether it can never gain any.
        root_writable: Whether it could write to the root of the file system.
    """

    user: int
    capabilities: int
    no_new_privileges: bool
    root_writable: bool

    @property
    def summary(self) -> str:
        """Who it is."""
        return Sentence("the process of user {user}", user=self.user)


def in_image() -> bool:
    """Return True within the app's image, as its Dockerfile makes it."""
    return sys.prefix == IMAGE_PREFIX


def mounted_folders(mounts: Path = Path("/proc/self/mounts")) -> tuple[Path, ...]:
    """Return what is mounted over the root: volumes and the kernel's own, no part of an image."""
    folders = (line.split()[1].replace("\\040", " ") for line in _lines(mounts))
    return tuple(Path(folder) for folder in folders if folder != "/")


def require_image(what: str) -> None:
    """Go on within the image only.

    Raises:
        NotCheckable: This is no image, so *what* is the machine's own.
    """
    if not in_image():
        raise NotCheckable(
            reason=Sentence("this is not the image; {what} the machine's own", what=what)
        )


def measured_image(digest: str, size_bytes: int | None) -> Image:
    """Return the image of that size.

    Raises:
        NotCheckable: No size was given, so none was measured.
    """
    if size_bytes is None:
        reason = Sentence(
            "no image was measured; `make proof` measures one where there is an engine"
        )
        raise NotCheckable(reason=reason)
    return Image(digest, size_bytes)


def find_way_out() -> WayOut:
    """Return whether there is a way out of this container; sends to nobody who exists.

    Raises:
        NotCheckable: This is not the image.
    """
    require_image(Sentence("the routes are"))
    return look_for_way_out()


def look_for_way_out(
    routes: Path = Path("/proc/net/route"), routes_6: Path = Path("/proc/net/ipv6_route")
) -> WayOut:
    """Return whether there is a way out of this network, container or not."""
    interfaces = {
        line.split()[0]
        for line in _lines(routes)[1:]
        if line.split()[1:2] == ["00000000"] and line.split()[7:8] == ["00000000"]
    }
    interfaces |= {
        line.split()[-1]
        for line in _lines(routes_6)
        if line.split()[:2] == ["0" * 32, "00"] and line.split()[-1] != "lo"
    }
    answer, left = _call_nobody()
    return WayOut(tuple(sorted(interfaces)), answer, left)


def find_process(status: Path = Path("/proc/self/status")) -> Process:
    """Return what this process may do.

    Raises:
        NotCheckable: This is not the image.
    """
    require_image(Sentence("users and their rights are"))
    return read_process(status)


def read_process(status: Path) -> Process:
    """Return what the process whose status is in *status* may do."""
    fields = dict(line.split(":", 1) for line in _lines(status) if ":" in line)
    return Process(
        user=os.geteuid(),
        capabilities=int(fields.get("CapEff", "0"), 16) | int(fields.get("CapPrm", "0"), 16),
        no_new_privileges=fields.get("NoNewPrivs", "0").strip() == "1",
        root_writable=_root_writable(),
    )


def _root_writable() -> bool:
    return not os.statvfs("/").f_flag & os.ST_RDONLY


def _call_nobody() -> tuple[str, bool]:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as call:
        call.settimeout(_PATIENCE_S)
        try:
            call.connect(NOBODY)
        except TimeoutError:
            return "it left, and nobody answered", True
        except OSError as error:
            words = os.strerror(error.errno) if error.errno else str(error)
            return f"refused at once: {words}", error.errno not in _UNREACHABLE
    return "it was taken", True


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
