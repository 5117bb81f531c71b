"""Take out of an image what buildah draws by lot: two builds of the same files are then one image.

    podman push --format v2s2 farol-app:0.1.0 dir:image
    python3 deploy/canonical_image.py image
    podman pull dir:image

In Docker's format, buildah and podman write the build container's random name into the image's
configuration, and so into its digest. Nobody reads those fields.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

RANDOM = ("container", "container_config", "docker_version", "parent")
"""Of the image: the container that it was committed from, and the layer's image before it."""

RANDOM_SETTINGS = ("Hostname", "Domainname", "Image")
"""The same container's, in the settings that a new container begins with."""


def make_canonical(folder: Path) -> str:
    """Rewrite the configuration of an image in the layout ``dir:``; return its SHA-256."""
    manifest_file = folder / "manifest.json"
    manifest = json.loads(manifest_file.read_bytes())
    config_file = folder / manifest["config"]["digest"].removeprefix("sha256:")
    config = {k: v for k, v in json.loads(config_file.read_bytes()).items() if k not in RANDOM}
    settings = config["config"].items()
    config["config"] = {k: v for k, v in settings if k not in RANDOM_SETTINGS}
    # A comment names the image of the step before, whose own digest is random.
    for step in config["history"]:
        step.pop("comment", None)
    written = json.dumps(config, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(written).hexdigest()
    config_file.unlink()
    (folder / digest).write_bytes(written)
    manifest["config"] |= {"digest": f"sha256:{digest}", "size": len(written)}
    manifest_file.write_text(json.dumps(manifest), encoding="utf-8")
    return digest


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"Usage: {sys.argv[0]} FOLDER")
    print(make_canonical(Path(sys.argv[1])))
