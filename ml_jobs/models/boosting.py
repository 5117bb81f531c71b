"""Boosted trees for demand: some learn the mean, others how far demand scatters about it."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np
from scipy import special

from ml_jobs.arrays import FloatArray
from ml_jobs.models.gbm_features import Features
from ml_jobs.negative_binomial import LEAST_EXCESS

LEAST_ROWS_SHARE = 0.02  # of all rows in a leaf at most, so that few rows still make a tree
LOG_EXCESS_BOUNDS = (-4.0, 8.0)
VARIANCE_POWER = 1.05  # of the mean that the Tweedie variance is taken to grow with
LEAST_MEAN_COUNT = 1e-4
THREADS = 1  # with more, sums are taken in another order, and answers differ in their last bits
LEAST_CURVATURE = 0.25  # bounds a leaf's step where the likelihood is flat


@dataclass(frozen=True)
class Growth:
    """How trees are grown.

    Attributes:
        rounds: Number of trees.
        leaves: Most leaves of a tree.
        learning_rate: Share of each tree's answer that is taken.
        least_rows: Fewest rows in a leaf.
        feature_share: Fraction of the features that each tree may use.
        seed: Of everything drawn.
    """

    rounds: int
    leaves: int
    learning_rate: float
    least_rows: int
    feature_share: float = 0.5
    seed: int = 1

    def parameters(self, rows: int) -> dict[str, object]:
        """Return LightGBM's parameters for *rows* rows of training."""
        return {
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": max(min(self.least_rows, int(rows * LEAST_ROWS_SHARE)), 1),
            "feature_fraction": self.feature_share,
            "lambda_l2": 1.0,
            "max_bin": 127,
            "seed": self.seed,
            "num_threads": THREADS,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }


@dataclass(frozen=True)
class ExcessTrees:
    """How far demand scatters about its mean: variance over mean, less 1, in lots.

    Attributes:
        booster: Learnt what to add to *start*.
        start: Logarithm of the excess that fits all rows best.
    """

    booster: lightgbm.Booster
    start: float

    def of(self, features: Features) -> FloatArray:
        """Return the excess of each row of *features*, shape (N,); > 0."""
        logarithm = self.start + predict(self.booster, features)
        excess: FloatArray = np.exp(np.clip(logarithm, *LOG_EXCESS_BOUNDS))
        return np.maximum(excess, LEAST_EXCESS)


def predict(booster: lightgbm.Booster, features: Features) -> FloatArray:
    """Return the *booster*'s prediction for each row of *features*, at least one, shape (N,)."""
    return np.asarray(booster.predict(features, num_threads=THREADS), dtype=np.float64)


def grow_mean(
    features: Features, ratio: FloatArray, weight: FloatArray, *, growth: Growth
) -> lightgbm.Booster:
    """Learn the mean of *ratio*, so that `predict` gives it.

    Args:
        features: Shape (N, F).
        ratio: Demand over the level of its series, at least 0, shape (N,).
        weight: Of each row in the loss, shape (N,).
        growth: How trees are grown.
    """
    parameters = {
        **growth.parameters(len(ratio)),
        "objective": "tweedie",
        "tweedie_variance_power": VARIANCE_POWER,
    }
    rows = lightgbm.Dataset(features, ratio, weight=weight / weight.mean(), params=parameters)
    return lightgbm.train(parameters, rows, growth.rounds)


def grow_excess(
    features: Features,
    count: FloatArray,
    mean: FloatArray,
    weight: FloatArray,
    *,
    growth: Growth,
) -> ExcessTrees:
    """Learn the excess with which a negative binomial about *mean* gives *count* best.

    Args:
        features: Shape (N, F).
        count: Demand in lots, shape (N,).
        mean: What was forecast for it by a model that had not seen it, in lots, shape (N,).
        weight: Of each row in the likelihood, shape (N,).
        growth: How trees are grown.
    """
    shares = weight / weight.mean()
    drawn = np.maximum(mean, LEAST_MEAN_COUNT)
    start = _best_constant(count, drawn, shares)

    def objective(added: FloatArray, _rows: lightgbm.Dataset) -> tuple[FloatArray, FloatArray]:
        slope, curvature = _likelihood_slopes(count, drawn, start + added)
        return slope * shares, curvature * shares

    parameters = {**growth.parameters(len(count)), "objective": objective}
    rows = lightgbm.Dataset(features, count, params=growth.parameters(len(count)))
    booster = lightgbm.train(parameters, rows, growth.rounds)
    return ExcessTrees(booster, start)


def _likelihood_slopes(
    count: FloatArray, mean: FloatArray, log_excess: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """First derivative of the negative log likelihood by the log excess, and a curvature > 0.

    Source: NB1 of Cameron and Trivedi 2013, "Regression Analysis of Count Data", section 3.3.
    """
    excess = np.exp(np.clip(log_excess, *LOG_EXCESS_BOUNDS))
    shape = mean / excess
    chance = excess / (1.0 + excess)
    gain = special.psi(count + shape) - special.psi(shape) - np.log1p(excess)
    slope = shape * (gain + chance) - count * (1.0 - chance)
    return slope, np.maximum(np.abs(slope), LEAST_CURVATURE)


def _best_constant(count: FloatArray, mean: FloatArray, weight: FloatArray) -> float:
    low, high = LOG_EXCESS_BOUNDS
    # Halved 20 times, the bounds end within 1e-5 of where the slope changes its sign.
    for _ in range(20):
        middle = (low + high) / 2
        slope, _curvature = _likelihood_slopes(count, mean, np.full(len(count), middle))
        low, high = (low, middle) if float(slope @ weight) > 0 else (middle, high)
    return (low + high) / 2
