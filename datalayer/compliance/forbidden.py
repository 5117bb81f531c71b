"""What is never deployed: packages, modules and words of machine learning, and of its GPUs."""

from __future__ import annotations

import re

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

_MODULES_NAMED_OTHERWISE = {
    "scikit-learn": "sklearn",
    "scikit-image": "skimage",
    "imbalanced-learn": "imblearn",
    "pyro-ppl": "pyro",
}
FORBIDDEN_MODULES = frozenset(
    _MODULES_NAMED_OTHERWISE.get(name, name.replace("-", "_")) for name in FORBIDDEN_DISTRIBUTIONS
)
"""The top-level modules of these distributions."""

FORBIDDEN_SERVICES = frozenset(
    """
    airflow dagster farol-ml farol-ml-jobs inference jupyter jupyterhub jupyterlab kserve kubeflow
    metaflow ml ml-jobs ml-job mlops model-server notebook ollama predictor prefect sagemaker
    serving tensorflow-serving tfserving torchserve train trainer training triton tritonserver zenml
    """.split()  # noqa: SIM905 - as above
)
"""What services of a compose file that train or serve models are called."""

FORBIDDEN_ROUTE_WORDS = frozenset(
    """
    predict prediction predictions forecast inference infer train training retrain optimize
    optimise features preprocess model models fit score explain embed embeddings
    """.split()  # noqa: SIM905 - as above
)
"""No part of an address is one of these; what was forecast is read at ``/forecasts/...``."""

GPU_WORDS = ("cuda", "cudnn", "cublas", "nvidia", "rocm", "nccl", "tensorrt", "opencl")
"""What GPU libraries, drivers, images and variables have in their names."""


def normalize(name: str) -> str:
    """Return a distribution's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_forbidden(name: str) -> bool:
    """Return True for a distribution of machine learning or of a GPU, however it is written."""
    written = normalize(name)
    return written in FORBIDDEN_DISTRIBUTIONS or written.startswith(GPU_WORDS)
