"""Say in what two images differ, file by file: the reason why two builds have two digests.

    podman save --format docker-archive --output one.tar farol-app:one
    podman save --format docker-archive --output two.tar farol-app:two
    python3 deploy/image_differences.py one.tar two.tar

Ends with 0 if they are the same, else 1.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

_ABSENT = "absent"


def differences(one: Path, two: Path) -> Iterator[str]:
    """Yield a line for each setting, layer and file in which two docker-archives differ."""
    with tarfile.open(one) as first, tarfile.open(two) as second:
        settings = [_settings(each) for each in (first, second)]
        yield from _unequal("setting", *settings)
        layers = [_layers(each) for each in (first, second)]
        if len(layers[0]) != len(layers[1]):
            yield f"layers: {len(layers[0])}, {len(layers[1])}"
        for number, (left, right) in enumerate(zip(*layers, strict=False), start=1):
            yield from _unequal(
                f"layer {number}", _files(_member(first, left)), _files(_member(second, right))
            )


def _unequal(what: str, one: Mapping[str, str], two: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(one.keys() | two.keys()):
        left, right = one.get(name, _ABSENT), two.get(name, _ABSENT)
        if left != right:
            yield f"{what}: {name}: {left} | {right}"
    # Names alone would hide the order, which is part of a layer's digest, too.
    if one == two and list(one) != list(two):
        yield f"{what}: the same in another order"


def _settings(archive: tarfile.TarFile) -> dict[str, str]:
    config = json.load(_member(archive, _manifest(archive)["Config"]))
    return {name: json.dumps(value) for name, value in config.items() if name != "rootfs"}


def _layers(archive: tarfile.TarFile) -> list[str]:
    return list(_manifest(archive)["Layers"])


def _manifest(archive: tarfile.TarFile) -> dict[str, list[str]]:
    (described,) = json.load(_member(archive, "manifest.json"))
    return dict(described)


def _files(layer: IO[bytes]) -> dict[str, str]:
    """Return what a layer's archive says of each file, in its order."""
    found = {}
    with tarfile.open(fileobj=layer, mode="r|*") as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.isfile() else None
            digest = hashlib.sha256(content.read()).hexdigest()[:12] if content else ""
            found[entry.name] = (
                f"type {entry.type.decode()} mode {entry.mode:04o} owner {entry.uid}:{entry.gid} "
                f"time {entry.mtime} bytes {entry.size} {entry.linkname or digest}"
            )
    return found


def _member(archive: tarfile.TarFile, name: object) -> IO[bytes]:
    found = archive.extractfile(str(name))
    if found is None:
        sys.exit(f"{archive.name!r} is no docker-archive: {name!r} in it is no file")
    return found


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"Usage: {sys.argv[0]} DOCKER_ARCHIVE DOCKER_ARCHIVE")
    found = list(differences(Path(sys.argv[1]), Path(sys.argv[2])))
    print(*found, sep="\n" if found else "", end="\n" if found else "")
    sys.exit(1 if found else 0)
