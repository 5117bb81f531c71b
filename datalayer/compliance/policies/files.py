"""What is trusted of files: no models, whatever they are called, and no GPU libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

from datalayer.compliance.evidence.files import FoundFile, FoundFiles
from datalayer.kernel.sentences import Sentence

MODEL_SUFFIXES = frozenset(
    """
    .bin .caffemodel .cbm .ckpt .dill .engine .gguf .ggml .h5 .hdf5 .joblib .keras .mar .mlmodel
    .model .npy .npz .onnx .ort .params .pb .pdmodel .pdparams .pickle .pkl .plan .pmml .pt .pt2
    .rds .safetensors .tflite .torchscript .ubj .weights
    """.split()  # noqa: SIM905 - as words they fit on a few lines
)
"""How files of trained models and of their parameters end. Those in ``.pth`` are told by their
first bytes: Python has text files that end so."""

OWN_TEST_DATA = ("*/numpy/_core/tests/data/*", "*/numpy/lib/tests/data/*")
"""Arrays that numpy's own tests read; an image leaves them out."""

_BESIDE_THE_JOB = frozenset({"LICENSE", "RELEASE", "schema_registry.json"})
_MAGIC = (
    ((0, 4), {b"GGUF"}, "a GGUF model"),
    ((0, 8), {b"\x89HDF\r\n\x1a\n"}, "an HDF5 file, in which Keras keeps models"),
    ((4, 8), {b"TFL3"}, "a TensorFlow Lite model"),
    ((0, 6), {b"\x93NUMPY"}, "a NumPy array"),
    ((0, 15), {b"tree\nversion=v3", b"tree\nversion=v4"}, "a LightGBM model"),
    ((0, 11), {b'{"learner":'}, "an XGBoost model"),
    ((0, 2), {bytes((0x80, protocol)) for protocol in range(2, 6)}, "a Python pickle"),
)
_INFERENCE_LIBRARIES = re.compile(
    r"(lib)?_?(onnxruntime|torch|tensorflow|tensorflowlite|lightgbm|xgboost|catboost|mxnet|paddle"
    r"|openvino|ggml|llama|treelite|sklearn|armnn|ncnn)([_.-].*|_\w+)?\.(so(\.[\d.]+)?|dylib|dll)",
    re.I,
)
_GPU_FOLDER = re.compile(r"nvidia.*|cuda(-.*)?|rocm(-.*)?")
_GPU_LIBRARIES = (
    "libcuda",
    "libcudart",
    "libcublas",
    "libcudnn",
    "libnvidia",
    "libnvrtc",
    "libnccl",
    "libcufft",
    "libcurand",
    "libcusparse",
    "libcusolver",
    "libnvinfer",
    "libamdhip64",
    "librocblas",
    "libopencl",
)


@dataclass(frozen=True)
class NoModelFiles:
    """Trusts files of which none is a model, by its name or by how it begins.

    Attributes:
        tolerated: Patterns of paths that may end like a model.
    """

    tolerated: tuple[str, ...] = ()

    def findings(self, evidence: FoundFiles) -> Iterator[Sentence]:
        """Yield each that is."""
        for file in evidence.files:
            path = str(file.path)
            if any(fnmatch(path, pattern) for pattern in self.tolerated):
                continue
            if file.path.suffix.lower() in MODEL_SUFFIXES:
                yield Sentence(
                    "{path} ends like a model; models stay where ml_jobs runs", path=path
                )
            elif kind := _kind(file):
                yield Sentence(
                    "{path} begins like {kind}; models stay where ml_jobs runs",
                    path=path,
                    kind=kind,
                )
            elif member := _model_within(file):
                yield Sentence(
                    "{path} has {member} within; models stay where ml_jobs runs",
                    path=path,
                    member=member,
                )
            elif _INFERENCE_LIBRARIES.fullmatch(file.path.name):
                yield Sentence(
                    "{path} is a library of machine learning; it stays where ml_jobs runs",
                    path=path,
                )


class NoGpuLibraries:
    """Trusts files of which none is a GPU's library or driver."""

    def findings(self, evidence: FoundFiles) -> Iterator[Sentence]:
        """Yield each that is."""
        for file in evidence.files:
            folders = (part.lower() for part in file.path.parts[:-1])
            if file.path.name.lower().startswith(_GPU_LIBRARIES) or any(
                map(_GPU_FOLDER.fullmatch, folders)
            ):
                yield Sentence(
                    "{path} belongs to a GPU; the deployment runs on CPUs alone", path=file.path
                )


class KernelAlone:
    """Trusts the job's code if nothing of the deployment is there but what both share."""

    def findings(self, evidence: FoundFiles) -> Iterator[Sentence]:
        """Yield each file of the deployment, and that the job's own are missing."""
        (root,) = map(PurePosixPath, evidence.folders)
        paths = [PurePosixPath(file.path).relative_to(root) for file in evidence.files]
        if not any(path.is_relative_to("ml_jobs") for path in paths):
            yield Sentence("{root} has no ml_jobs; it must be the job's image", root=root)
        for path in paths:
            if not _is_of_the_job(path):
                yield Sentence(
                    "{root} is of the deployment; the job has datalayer/kernel alone",
                    root=root / path,
                )


def _is_of_the_job(path: PurePosixPath) -> bool:
    if path.parts[0] == "datalayer":
        return path.name == "__init__.py" or path.is_relative_to("datalayer/kernel")
    return path.parts[0] == "ml_jobs" or str(path) in _BESIDE_THE_JOB


def _model_within(file: FoundFile) -> str | None:
    return next(
        (each for each in file.members if PurePosixPath(each).suffix.lower() in MODEL_SUFFIXES),
        None,
    )


def _kind(file: FoundFile) -> str:
    """Return what a file begins like, in words; an empty string for nothing of the kind."""
    begins = file.first_bytes
    if file.path.suffix.lower() == ".pth" and not begins.isascii():
        return "a PyTorch model, not like the text that Python's own .pth files are"
    for (start, end), magic, kind in _MAGIC:
        if begins[start:end] in magic:
            return kind
    # A length of eight bytes, of which only the lower ones are used, and JSON.
    is_safetensors = begins[8:10] == b'{"' and begins[3:8] == bytes(5)
    return "a safetensors file" if is_safetensors else ""
