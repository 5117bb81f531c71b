"""Models and GPU libraries are found by their names and by how they begin."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from datalayer.compliance.evidence.files import FoundFile, FoundFiles, find_files
from datalayer.compliance.policies.files import (
    OWN_TEST_DATA,
    KernelAlone,
    NoGpuLibraries,
    NoModelFiles,
)


def models(path: str, first_bytes: bytes = b"") -> list[str]:
    found = FoundFiles(("/opt",), (FoundFile(PurePosixPath(path), first_bytes),))
    return list(NoModelFiles(OWN_TEST_DATA).findings(found))


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def gpu(path: str) -> list[str]:
    found = FoundFiles(("/opt",), (FoundFile(PurePosixPath(path)),))
    return list(NoGpuLibraries().findings(found))


@pytest.mark.parametrize(
    "name",
    ["m.pkl", "m.joblib", "m.onnx", "m.pt", "M.H5", "m.safetensors", "m.keras", "m.gguf", "m.pb",
     "m.npz", "m.bin", "m.tflite", "m.ubj", "m.ckpt"],
)  # fmt: skip
def test_a_file_that_ends_like_a_model_is_found(name: str) -> None:
    assert models(f"/opt/farol/{name}") == [
        f"/opt/farol/{name} ends like a model; models stay where ml_jobs runs"
    ]


@pytest.mark.parametrize(
    "first_bytes",
    [b"GGUF\x03\x00\x00\x00", b"\x89HDF\r\n\x1a\n", b"\x1c\x00\x00\x00TFL3", b"\x93NUMPY\x01\x00",
     b"\x80\x04\x95", b'\x40\x01\x00\x00\x00\x00\x00\x00{"__meta'],
)  # fmt: skip
def test_a_model_under_another_name_is_found_by_how_it_begins(first_bytes: bytes) -> None:
    assert len(models("/opt/farol/innocent", first_bytes)) == 1


def test_a_pytorch_model_is_told_from_a_path_file_of_python() -> None:
    assert len(models("/opt/venv/model.pth", b"PK\x03\x04\x00\x00\x08\x08\x80\xff")) == 1
    assert models("/opt/venv/innocent.pth", b"import os; os.x") == []


@pytest.mark.parametrize("path", ["/opt/x.parquet", "/opt/x.so", "/opt/VERSION"])
def test_other_files_are_trusted(path: str) -> None:
    assert models(path, b"PAR1\x15\x04\x15\x00") == []


def test_the_arrays_of_numpys_own_tests_are_trusted_and_no_others() -> None:
    assert models("/opt/venv/numpy/lib/tests/data/python3.npy") == []
    assert len(models("/opt/venv/numpy/lib/weights.npy")) == 1


@pytest.mark.parametrize(
    "path",
    ["/usr/lib/libcuda.so.1", "/usr/lib/x86_64/libcudart.so.12", "/usr/local/cuda-13.0/bin/nvcc",
     "/opt/venv/nvidia/cublas/lib/x.so"],
)  # fmt: skip
def test_what_belongs_to_a_gpu_is_found(path: str) -> None:
    assert gpu(path) == [f"{path} belongs to a GPU; the deployment runs on CPUs alone"]


def test_arrows_own_module_of_that_name_is_trusted() -> None:
    assert gpu("/opt/venv/pyarrow/cuda.py") == []


def test_a_model_within_an_archive_is_found(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "harmless.dat", "w") as archive:
        archive.writestr("archive/data.pkl", b"")

    assert list(NoModelFiles().findings(find_files([tmp_path]))) == [
        f"{tmp_path}/harmless.dat has archive/data.pkl within; models stay where ml_jobs runs"
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [("m.txt", b"tree\nversion=v4\n"), ("m.json", b'{"learner":{}}'), ("m.py", b"\x80\x04\x95")],
)
def test_a_model_in_a_file_of_a_plain_kind_is_found(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)

    (found,) = NoModelFiles().findings(find_files([tmp_path]))

    assert "begins like" in found


@pytest.mark.parametrize(
    "name", ["libonnxruntime.so.1.20", "lib_lightgbm.so", "libtorch_cpu.so", "libxgboost.so"]
)
def test_a_library_of_machine_learning_is_found(name: str) -> None:
    assert "is a library of machine learning" in models(f"/opt/lib/{name}")[0]


def test_of_the_deployment_the_job_has_the_kernel_alone(tmp_path: Path) -> None:
    for name in ("LICENSE", "datalayer/__init__.py", "datalayer/kernel/errors.py", "ml_jobs/a.py"):
        write(tmp_path / name, b"x")
    assert list(KernelAlone().findings(find_files([tmp_path]))) == []

    for name in ("datalayer/portal.py", "app.py", "pages/forecast.py"):
        write(tmp_path / name, b"x")

    assert sorted(KernelAlone().findings(find_files([tmp_path]))) == [
        f"{tmp_path}/{name} is of the deployment; the job has datalayer/kernel alone"
        for name in ("app.py", "datalayer/portal.py", "pages/forecast.py")
    ]


def test_an_image_without_the_job_is_not_the_jobs(tmp_path: Path) -> None:
    write(tmp_path / "LICENSE", b"x")

    (found,) = KernelAlone().findings(find_files([tmp_path]))

    assert found == f"{tmp_path} has no ml_jobs; it must be the job's image"
