"""Write an image as one archive that docker, podman and skopeo load, the same bytes each time.

    podman save --format docker-archive --output image.tar farol-app:0.1.0
    python3 deploy/oci_archive.py image.tar farol-app.oci.tar docker.io/library/farol-app:0.1.0

It is an OCI image layout (version 1.0) that also has Docker's ``manifest.json``, as ``docker save``
writes it. An engine's own conversion to OCI would drop the health check, and with it change the
image's digest. Prints the digests of configuration and manifest, which engines call the image's ID.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO

_OCI = "application/vnd.oci.image"
_CHUNK_BYTES = 1 << 20
_GZIP_LEVEL = 6
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Blob:
    """A file of an image layout, named by its content.

    Attributes:
        digest: SHA-256 in hexadecimal digits.
    """

    path: Path
    digest: str
    size_bytes: int

    def described(self, media_type: str) -> dict[str, object]:
        """Return the blob's OCI descriptor."""
        return {
            "mediaType": media_type,
            "digest": f"sha256:{self.digest}",
            "size": self.size_bytes,
        }


def convert(source: Path, target: Path, name: str) -> tuple[str, str]:
    """Write the one image of a docker-archive as an OCI layout, under *name*.

    Returns:
        The SHA-256 of its configuration and of its manifest, in hexadecimal digits.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, tarfile.open(source) as archive:
        blobs = Path(folder)
        (described,) = json.load(_member(archive, "manifest.json"))
        config = _written(blobs, _member(archive, described["Config"]))
        diff_ids = json.loads(config.path.read_bytes())["rootfs"]["diff_ids"]
        layers = [
            _packed(blobs, _member(archive, layer), diff_id)
            for layer, diff_id in zip(described["Layers"], diff_ids, strict=True)
        ]
        manifest = _json_blob(
            blobs,
            {
                "schemaVersion": 2,
                "mediaType": f"{_OCI}.manifest.v1+json",
                "config": config.described(f"{_OCI}.config.v1+json"),
                "layers": [layer.described(f"{_OCI}.layer.v1.tar+gzip") for layer in layers],
            },
        )
        all_blobs = {blob.digest: blob for blob in (config, *layers, manifest)}
        _write_archive(target, all_blobs.values(), _index_files(name, config, layers, manifest))
    return config.digest, manifest.digest


def _index_files(name: str, config: Blob, layers: list[Blob], manifest: Blob) -> dict[str, object]:
    in_index = manifest.described(f"{_OCI}.manifest.v1+json")
    in_index["annotations"] = {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }
    for_docker = {
        "Config": f"blobs/sha256/{config.digest}",
        "RepoTags": [name],
        "Layers": [f"blobs/sha256/{layer.digest}" for layer in layers],
    }
    return {
        "index.json": {
            "schemaVersion": 2,
            "mediaType": f"{_OCI}.index.v1+json",
            "manifests": [in_index],
        },
        "manifest.json": [for_docker],
        "oci-layout": {"imageLayoutVersion": "1.0.0"},
    }


def _member(archive: tarfile.TarFile, name: str) -> BufferedReader:
    found = archive.extractfile(name)
    if not isinstance(found, BufferedReader):
        sys.exit(f"{archive.name!r} is no docker-archive: {name!r} in it is no file")
    return found


def _packed(blobs: Path, layer: BufferedReader, diff_id: str) -> Blob:
    """Write a layer with gzip, without its time and name, so that equal layers are equal.

    Some engines save their layers with gzip, others without: *diff_id* is the digest without it.
    """
    packed, plain = blobs / "packed", hashlib.sha256()
    unpacked = gzip.GzipFile(fileobj=layer) if layer.peek(2)[:2] == _GZIP_MAGIC else layer
    with packed.open("wb") as file, gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as writer:
        while chunk := unpacked.read(_CHUNK_BYTES):
            plain.update(chunk)
            writer.write(chunk)
    if (found := f"sha256:{plain.hexdigest()}") != diff_id:
        sys.exit(f"A layer of the image has {found}; by its configuration it must be {diff_id}")
    with packed.open("rb") as file:
        return _written(blobs, file)


def _json_blob(blobs: Path, content: object) -> Blob:
    return _written(blobs, io.BytesIO(_json(content)))


def _written(blobs: Path, content: IO[bytes]) -> Blob:
    digest, size_bytes, path = hashlib.sha256(), 0, blobs / "written"
    with path.open("wb") as file:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += file.write(chunk)
    return Blob(path.rename(blobs / digest.hexdigest()), digest.hexdigest(), size_bytes)


def _write_archive(target: Path, blobs: Iterable[Blob], files: dict[str, object]) -> None:
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name in ("blobs", "blobs/sha256"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        for blob in sorted(blobs, key=lambda each: each.digest):
            with blob.path.open("rb") as content:
                _add(archive, f"blobs/sha256/{blob.digest}", blob.size_bytes, content)
        for name, content in sorted(files.items()):
            data = _json(content)
            _add(archive, name, len(data), io.BytesIO(data))


def _add(archive: tarfile.TarFile, name: str, size_bytes: int, content: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size_bytes, 0o644
    archive.addfile(entry, content)


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(f"Usage: {sys.argv[0]} DOCKER_ARCHIVE OCI_ARCHIVE NAME:TAG")
    print(*convert(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
