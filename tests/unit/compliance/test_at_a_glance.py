"""The proof of no machine learning finds what is installed and what is loaded."""

from __future__ import annotations

import pytest

from datalayer.compliance.at_a_glance import check_compliance, with_loaded_modules
from datalayer.compliance.forbidden import FORBIDDEN_DISTRIBUTIONS, normalize


def test_this_very_environment_passes() -> None:
    outcome = check_compliance()

    assert outcome.violations == ()
    assert outcome.status == "pass"
    assert outcome.checked > 30


@pytest.mark.parametrize(
    "name", ["torch", "Scikit_Learn", "scikit.learn", "XGBoost", "tensorflow-CPU", "scipy"]
)
def test_a_forbidden_distribution_is_found_however_it_is_written(name: str) -> None:
    outcome = check_compliance(["numpy", name], modules=[])

    assert outcome.status == "fail"
    assert outcome.violations == (normalize(name),)
    assert outcome.checked == 2


@pytest.mark.parametrize("name", ["torch", "torch.nn.functional", "sklearn.linear_model", "jax"])
def test_a_loaded_module_is_found_even_if_nothing_is_installed(name: str) -> None:
    outcome = check_compliance([], modules=["numpy", name])

    assert outcome.violations == (f"module:{name.partition('.')[0]}",)


def test_what_only_sounds_alike_is_no_violation() -> None:
    outcome = check_compliance(["torchlight", "array", "pyarrow"], modules=["pyarrow", "kerastic"])

    assert outcome.status == "pass"


def test_looking_again_at_modules_keeps_what_is_installed_and_forgets_what_is_unloaded() -> None:
    earlier = check_compliance(["torch"], modules=["jax"])

    later = with_loaded_modules(earlier, ["keras"])

    assert later.violations == ("torch", "module:keras")


@pytest.mark.parametrize(
    "name",
    [
        "torch",
        "torchvision",
        "torchaudio",
        "tensorflow",
        "tensorflow-gpu",
        "tensorflow-cpu",
        "keras",
        "scikit-learn",
        "sklearn",
        "mlflow",
        "xgboost",
        "lightgbm",
        "catboost",
        "prophet",
        "pmdarima",
        "statsmodels",
        "statsforecast",
        "mlforecast",
        "neuralforecast",
        "utilsforecast",
        "coreforecast",
        "onnxruntime",
        "transformers",
        "jax",
        "jaxlib",
        "optax",
        "flax",
        "equinox",
        "scipy",
        "joblib",
        "sktime",
        "darts",
        "gluonts",
        "autogluon",
        "dask",
        "ray",
        "pyspark",
    ],
)
def test_the_list_has_what_the_house_forbids(name: str) -> None:
    assert name in FORBIDDEN_DISTRIBUTIONS


def test_the_list_is_written_as_it_is_compared() -> None:
    assert {normalize(name) for name in FORBIDDEN_DISTRIBUTIONS} == FORBIDDEN_DISTRIBUTIONS
