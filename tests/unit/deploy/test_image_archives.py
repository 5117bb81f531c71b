"""Archives of images: written the same each time, and compared file by file."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from tests.portals import ROOT

HEALTH = {"Test": ["CMD", "true"]}


def script(name: str) -> ModuleType:
    """Load a script of deploy/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"deploy/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


canonical_image = script("canonical_image")
oci_archive = script("oci_archive")
image_differences = script("image_differences")


def packed(
    files: Mapping[str, bytes], *, time: int = 0, mode: int = 0o644, owner: int = 0, link: str = ""
) -> bytes:
    """Return an archive of files in the order given, of links to *link* if it is given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode, entry.uid = len(content), time, mode, owner
            entry.type, entry.linkname = tarfile.SYMTYPE if link else tarfile.REGTYPE, link
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def docker_archive(
    path: Path, *layers: bytes, time: int = 0, config: Mapping[str, object] | None = None
) -> Path:
    """Write an image of *layers* as ``docker save`` and ``podman save`` do."""
    names = [f"{hashlib.sha256(layer).hexdigest()}.tar" for layer in layers]
    diff_ids = [f"sha256:{hashlib.sha256(plain(layer)).hexdigest()}" for layer in layers]
    rootfs = {"type": "layers", "diff_ids": diff_ids}
    settings = {"config": {"Healthcheck": HEALTH}, "rootfs": rootfs, **(config or {})}
    described = [{"Config": "config.json", "RepoTags": [], "Layers": names}]
    files = {
        **dict(zip(names, layers, strict=True)),
        "config.json": json.dumps(settings).encode(),
        "manifest.json": json.dumps(described).encode(),
    }
    path.write_bytes(packed(files, time=time))
    return path


def plain(layer: bytes) -> bytes:
    """Return a layer without gzip."""
    return gzip.decompress(layer) if layer.startswith(b"\x1f\x8b") else layer


def converted(folder: Path, image: Path) -> Path:
    target = folder / f"{image.stem}.oci.tar"
    oci_archive.convert(image, target, "docker.io/library/farol-app:1")
    return target


def content(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        members = [each for each in opened if each.isfile()]
        return {each.name: opened.extractfile(each).read() for each in members}  # type: ignore[union-attr]


def test_every_blob_is_named_by_its_content(tmp_path: Path) -> None:
    archive = converted(tmp_path, docker_archive(tmp_path / "a.tar", packed({"f": b"1"})))

    blobs = {k: v for k, v in content(archive).items() if k.startswith("blobs/")}

    assert len(blobs) == 3
    assert {f"blobs/sha256/{hashlib.sha256(v).hexdigest()}" for v in blobs.values()} == set(blobs)


def test_the_manifest_is_led_to_by_the_index_and_names_config_and_layers(tmp_path: Path) -> None:
    layer = packed({"f": b"1"})
    files = content(converted(tmp_path, docker_archive(tmp_path / "a.tar", layer)))

    (entry,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(files[f"blobs/sha256/{entry['digest'].removeprefix('sha256:')}"])

    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    for named in (entry, manifest["config"], *manifest["layers"]):
        found = files[f"blobs/sha256/{named['digest'].removeprefix('sha256:')}"]
        assert len(found) == named["size"]
    assert gzip.decompress(found) == layer


def test_the_configuration_stays_as_it_was_with_the_health_check(tmp_path: Path) -> None:
    image = docker_archive(tmp_path / "a.tar", packed({"f": b"1"}))

    files = content(converted(tmp_path, image))

    (described,) = json.loads(files["manifest.json"])
    assert files[described["Config"]] == content(image)["config.json"]
    assert json.loads(files[described["Config"]])["config"]["Healthcheck"] == HEALTH


def test_the_same_image_gives_the_same_bytes_whenever_it_was_saved(tmp_path: Path) -> None:
    layer = packed({"f": b"1"})
    earlier = converted(tmp_path, docker_archive(tmp_path / "a.tar", layer, time=1))
    later = converted(tmp_path, docker_archive(tmp_path / "b.tar", layer, time=2))

    assert earlier.read_bytes() == later.read_bytes()
    with tarfile.open(earlier) as opened:
        files = [entry for entry in opened if entry.isfile()]
        assert {(entry.mode, entry.mtime, entry.uid) for entry in files} == {(0o644, 0, 0)}
    layers = [blob for blob in content(earlier).values() if blob.startswith(b"\x1f\x8b")]
    assert [blob[4:8] for blob in layers] == [b"\0\0\0\0"]


def test_an_image_is_the_same_whether_its_engine_saves_layers_with_gzip(tmp_path: Path) -> None:
    layer = packed({"f": b"1"})
    one = converted(tmp_path, docker_archive(tmp_path / "a.tar", layer))
    two = converted(tmp_path, docker_archive(tmp_path / "b.tar", gzip.compress(layer, 1)))

    assert one.read_bytes() == two.read_bytes()


def test_a_layer_that_is_not_the_configuration_s_is_refused(tmp_path: Path) -> None:
    rootfs = {"diff_ids": [f"sha256:{'0' * 64}"]}
    image = docker_archive(tmp_path / "a.tar", packed({"f": b"1"}), config={"rootfs": rootfs})

    with pytest.raises(SystemExit, match="by its configuration it must be sha256:000"):
        converted(tmp_path, image)

    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


def test_equal_images_have_no_differences(tmp_path: Path) -> None:
    layer = packed({"f": b"1"})
    one = docker_archive(tmp_path / "a.tar", layer, time=1)
    two = docker_archive(tmp_path / "b.tar", layer, time=2)

    assert list(image_differences.differences(one, two)) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (packed({"f": b"2"}), "layer 1: f: "),
        (packed({"f": b"1"}, time=5), "time 5"),
        (packed({"f": b"1"}, mode=0o600), "mode 0600"),
        (packed({"f": b"1"}, owner=7), "owner 7:0"),
        (packed({"f": b""}, link="/g"), "type 2 "),
        (packed({"f": b"1", "g": b""}), "layer 1: g: absent | "),
        (packed({}), " | absent"),
    ],
    ids=["content", "time", "mode", "owner", "link", "one more", "one less"],
)
def test_a_file_that_differs_is_named(tmp_path: Path, other: bytes, expected: str) -> None:
    one = docker_archive(tmp_path / "a.tar", packed({"f": b"1"}))
    two = docker_archive(tmp_path / "b.tar", other)

    (difference,) = image_differences.differences(one, two)

    assert expected in difference


def test_a_link_to_another_file_is_a_difference(tmp_path: Path) -> None:
    one = docker_archive(tmp_path / "a.tar", packed({"f": b""}, link="/g"))
    two = docker_archive(tmp_path / "b.tar", packed({"f": b""}, link="/h"))

    (difference,) = image_differences.differences(one, two)

    assert difference.endswith("bytes 0 /h")


@pytest.mark.parametrize(("content", "code"), [(b"1", 0), (b"2", 1)])
def test_the_exit_code_says_whether_two_images_differ(
    tmp_path: Path, content: bytes, code: int
) -> None:
    one = docker_archive(tmp_path / "a.tar", packed({"f": b"1"}))
    two = docker_archive(tmp_path / "b.tar", packed({"f": content}))

    done = subprocess.run(
        [sys.executable, ROOT / "deploy/image_differences.py", one, two],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code
    assert len(done.stdout.splitlines()) == code


def test_files_in_another_order_are_a_difference(tmp_path: Path) -> None:
    one = docker_archive(tmp_path / "a.tar", packed({"f": b"", "g": b""}))
    two = docker_archive(tmp_path / "b.tar", packed({"g": b"", "f": b""}))

    assert list(image_differences.differences(one, two)) == ["layer 1: the same in another order"]


def test_a_setting_and_a_layer_more_are_differences(tmp_path: Path) -> None:
    layer = packed({"f": b"1"})
    one = docker_archive(tmp_path / "a.tar", layer, config={"created": "1"})
    two = docker_archive(tmp_path / "b.tar", layer, layer + b"", config={"created": "2"})

    assert list(image_differences.differences(one, two)) == [
        'setting: created: "1" | "2"',
        "layers: 1, 2",
    ]


def test_an_image_is_canonical_without_what_its_build_drew_by_lot(tmp_path: Path) -> None:
    digests = set()
    for lot in ("one", "two"):
        folder = tmp_path / lot
        folder.mkdir()
        lots = dict.fromkeys(("Hostname", "Domainname", "Image"), lot)
        settings = {**lots, "Healthcheck": HEALTH}
        history = [{"created_by": "COPY", "comment": f"FROM {lot}"}]
        config = {"container": lot, "parent": lot, "history": history, "config": settings}
        (folder / "aa").write_text(json.dumps(config), encoding="utf-8")
        manifest = {"config": {"digest": "sha256:aa", "size": 1}, "layers": []}
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

        digest = canonical_image.make_canonical(folder)

        written = (folder / digest).read_bytes()
        assert hashlib.sha256(written).hexdigest() == digest
        assert json.loads(written) == {
            "config": {"Healthcheck": HEALTH},
            "history": [{"created_by": "COPY"}],
        }
        described = json.loads((folder / "manifest.json").read_bytes())["config"]
        assert described == {"digest": f"sha256:{digest}", "size": len(written)}
        assert not (folder / "aa").exists()
        digests.add(digest)
    assert len(digests) == 1
