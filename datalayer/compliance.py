"""The proof that no machine learning is deployed: what is installed and what is loaded."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

FORBIDDEN_DISTRIBUTIONS = frozenset(
    """
    accelerate ai-edge-litert arviz autogluon autogluon-tabular autogluon-timeseries autokeras
    bentoml catboost chronos-forecasting clearml coreforecast coremltools cupy cvxpy dalex darts
    dask deepspeed diffusers distributed equinox fastai feast feature-engine flaml flax fugue
    gluonts gradio greykite h2o hierarchicalforecast huggingface-hub imbalanced-learn interpret
    jax jaxlib joblib kats kedro keras keras-core keras-nlp langchain lightgbm lightning lime
    llama-cpp-python llvmlite m2cgen mlflow mlflow-skinny mlforecast mlserver mxnet
    neuralforecast neuralprophet ngboost nltk numba numpyro onnx onnxruntime onnxruntime-gpu
    openvino optax optuna orbit-ml paddlepaddle patsy pmdarima polars-ml prophet pycaret pymc
    pyro-ppl pyspark pystan pytorch-forecasting pytorch-lightning ray river safetensors
    sagemaker salesforce-merlion scikeras scikit-image scikit-learn scipy seldon-core
    sentence-transformers shap skforecast sklearn skops sktime spacy statsforecast statsmodels
    stumpy tabpfn tbats tensorboard tensorflow tensorflow-cpu tensorflow-estimator
    tensorflow-gpu tensorflow-probability tflite-runtime theano thinc timesfm tokenizers torch
    torchaudio torchvision tpot transformers treelite triton tsfresh tslearn utilsforecast vllm
    wandb xformers xgboost xgboost-cpu
    """.split()  # noqa: SIM905 - as words they fit on a page, which 120 lines do not
)
"""Distributions that train, infer or serve models, or that only such programs need."""

_MODULE = "module:"
_MODULES_NAMED_OTHERWISE = {
    "scikit-learn": "sklearn",
    "scikit-image": "skimage",
    "imbalanced-learn": "imblearn",
    "pyro-ppl": "pyro",
}
_FORBIDDEN_MODULES = frozenset(
    _MODULES_NAMED_OTHERWISE.get(name, name.replace("-", "_")) for name in FORBIDDEN_DISTRIBUTIONS
)


@dataclass(frozen=True)
class Compliance:
    """The outcome of one check.

    Attributes:
        checked: How many installed distributions were looked at.
        violations: Normalised distribution names, and ``module:<name>`` for a loaded module.
    """

    checked: int
    violations: tuple[str, ...]

    @property
    def status(self) -> Literal["pass", "fail"]:
        """``pass`` when nothing forbidden was found."""
        return "fail" if self.violations else "pass"


def normalize(name: str) -> str:
    """Return a distribution's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def check_compliance(
    distributions: Iterable[str] | None = None, modules: Iterable[str] | None = None
) -> Compliance:
    """Check what is installed and what is loaded; by default in this very process.

    Args:
        distributions: Names of installed distributions; None reads the environment's metadata, once
            per process.
        modules: Names of loaded modules; None reads ``sys.modules``.
    """
    names = {normalize(name) for name in (_installed() if distributions is None else distributions)}
    found = Compliance(len(names), tuple(sorted(names & FORBIDDEN_DISTRIBUTIONS)))
    return with_loaded_modules(found, modules)


def with_loaded_modules(earlier: Compliance, modules: Iterable[str] | None = None) -> Compliance:
    """Return *earlier*, of the same environment, with what is loaded at this moment.

    It is cheap enough for every health check.
    """
    modules = list(sys.modules) if modules is None else modules
    loaded = {name.partition(".")[0] for name in modules}
    imported = (f"{_MODULE}{name}" for name in sorted(loaded & _FORBIDDEN_MODULES))
    installed = (name for name in earlier.violations if not name.startswith(_MODULE))
    return Compliance(earlier.checked, (*installed, *imported))


@cache
def _installed() -> tuple[str, ...]:
    return tuple(name for d in importlib.metadata.distributions() if (name := d.metadata["Name"]))
