"""Measures of forecasts: pure functions over the last axis; NaN marks a pair that is not there.

Every function takes arrays of shape (..., N): N pairs of forecast and actual, the expected and the
observed demand in units per period, NaN in both where a series has no such pair. It returns shape
(...,), NaN where the measure is not defined: without any pair, or with a divisor of 0. Errors are
forecast - actual throughout, so a positive bias is a forecast that is too high. Shares are
fractions, not percentages. Arrays that don't broadcast raise ``ValueError``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml_jobs.arrays import FloatArray, divide


def mape(forecast: FloatArray, actual: FloatArray) -> FloatArray:
    """Mean absolute percentage error: mean(|forecast - actual| / actual).

    Not defined where any actual is 0: on intermittent demand the measure means nothing.

    Source: Hyndman and Athanasopoulos 2021, "Forecasting: Principles and Practice", section 5.8.
    """
    present = np.isfinite(actual)
    with_zero = (present & (actual == 0)).any(axis=-1)
    return np.where(with_zero, np.nan, mean(divide(np.abs(forecast - actual), actual)))


def wape(forecast: FloatArray, actual: FloatArray) -> FloatArray:
    """Weighted absolute percentage error: sum(|forecast - actual|) / sum(actual).

    Source: Kolassa and Schütz 2007, "Advantages of the MAD/Mean ratio over the MAPE".
    """
    return divide(total(np.abs(forecast - actual)), total(actual))


def bias(forecast: FloatArray, actual: FloatArray) -> FloatArray:
    """Bias: sum(forecast - actual) / sum(actual); positive where the forecast is too high.

    Source: the sign is that of ``utilsforecast.losses.bias``, which is not relative to demand.
    """
    return divide(total(forecast - actual), total(actual))


def tracking_signal(forecast: FloatArray, actual: FloatArray) -> FloatArray:
    """Tracking signal: sum(forecast - actual) / sum(|forecast - actual|), from -1 to 1.

    Source: Trigg 1964, "Monitoring a forecasting system", with plain sums for smoothed ones.
    """
    error = forecast - actual
    return np.clip(divide(total(error), total(np.abs(error))), -1.0, 1.0)


def mase(forecast: FloatArray, actual: FloatArray, scale: FloatArray) -> FloatArray:
    """Mean absolute scaled error: mean(|forecast - actual| / scale).

    Args:
        forecast: Expected demand, units per period, shape (..., N).
        actual: Observed demand, same shape and unit.
        scale: Mean absolute change from season to season before the cutoff, units per period,
            broadcasts to (..., N). Pairs whose scale is 0 or NaN are left out.

    Source: Hyndman and Koehler 2006, "Another look at measures of forecast accuracy", section 3.
    """
    return mean(divide(np.abs(forecast - actual), scale))


def rmsse(forecast: FloatArray, actual: FloatArray, squared_scale: FloatArray) -> FloatArray:
    """Root mean squared scaled error: sqrt(mean((forecast - actual)^2 / squared_scale)).

    Args:
        forecast: Expected demand, units per period, shape (..., N).
        actual: Observed demand, same shape and unit.
        squared_scale: Mean squared change from period to period before the cutoff, squared
            units, broadcasts to (..., N). Pairs whose scale is 0 or NaN are left out.

    Source: M5 Accuracy competition, Makridakis et al. 2022, eq. 1.
    """
    return np.sqrt(mean(divide((forecast - actual) ** 2, squared_scale)))


def pinball(quantiles: FloatArray, actual: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Pinball loss, averaged over the levels; one value per pair, not per series.

    loss = max(level * (actual - quantile), (level - 1) * (actual - quantile))

    Args:
        quantiles: Units per period, shape (..., N, Q).
        actual: Observed demand, same unit, shape (..., N).
        levels: Q levels as fractions, e.g. 0.9.

    Returns:
        Shape (..., N), units per period.

    Raises:
        ValueError: A level is not between 0 and 1, or there are not Q levels.

    Source: Koenker and Bassett 1978, "Regression Quantiles", section 2.
    """
    if not all(0 < level < 1 for level in levels) or len(levels) != quantiles.shape[-1]:
        message = f"{len(levels)} levels {levels} for {quantiles.shape[-1]} quantiles"
        raise ValueError(message)
    loss = np.zeros(actual.shape)
    for place, level in enumerate(levels):
        error = actual - quantiles[..., place]
        loss += np.maximum(level * error, (level - 1.0) * error)
    return loss / len(levels)


def scaled_pinball(loss: FloatArray, scale: FloatArray) -> FloatArray:
    """Scaled pinball loss: mean(loss / scale); dimensionless, lower is better.

    Args:
        loss: As `pinball` gives it, units per period, shape (..., N).
        scale: Mean absolute change from period to period before the cutoff, units per period,
            broadcasts to (..., N). Pairs whose scale is 0 or NaN are left out.

    Source: M5 Uncertainty competition, Makridakis et al. 2022, eq. 1.
    """
    return mean(divide(loss, scale))


def wql(loss: FloatArray, actual: FloatArray) -> FloatArray:
    """Weighted quantile loss: 2 * sum(loss) / sum(actual), the mean over the levels of `pinball`.

    Twice, so that a forecast without spread has its WAPE as WQL. It depends on the levels: figures
    over other levels are not comparable.

    Args:
        loss: As `pinball` gives it, units per period, shape (..., N).
        actual: Observed demand, units per period, same shape.

    Source: Gasthaus et al. 2019, "Probabilistic forecasting with spline quantile function RNNs",
    section 4, mean over the levels; ``mean_wQuantileLoss`` of GluonTS.
    """
    return divide(2.0 * total(loss), total(actual))


def total_error(forecast: FloatArray, actual: FloatArray) -> FloatArray:
    """Error of the horizon's total: sum(|sum(forecast) - sum(actual)|) / sum(actual).

    The inner sums are over the steps of one origin, the outer ones over origins (and series, when
    pooled): what counts for an order is the demand until the delivery, not that of each day.

    Args:
        forecast: Expected demand, units per period, shape (..., O, H): origins, steps.
        actual: Observed demand, same shape and unit.

    Source: WAPE (Kolassa and Schütz 2007) of the sums over the horizon, temporally aggregated as
    in Syntetos and Boylan 2005, "The accuracy of intermittent demand estimates".
    """
    return divide(total(np.abs(total(forecast - actual))), total(total(actual)))


def coverage(low: FloatArray, high: FloatArray, actual: FloatArray) -> FloatArray:
    """Share of actuals inside a band, its ends included.

    Demand is counted, so a band that includes its ends covers more than its nominal share; on
    series that are mostly zeros, much more.

    Args:
        low: Lower end, units per period, shape (..., N).
        high: Upper end, same shape and unit.
        actual: Observed demand, same shape and unit.

    Source: ``utilsforecast.losses.coverage``.
    """
    inside = np.where(np.isfinite(actual), (low <= actual) & (actual <= high), np.nan)
    return mean(np.where(np.isfinite(low), inside, np.nan))


def forecast_value_added(loss: FloatArray, naive_loss: FloatArray) -> FloatArray:
    """Forecast value added over naive: 1 - loss / naive_loss; positive is better than naive.

    Args:
        loss: Scaled pinball loss of the source, any shape.
        naive_loss: That of the naive source on the same pairs, same shape.

    Source: Gilliland 2010, "The Business Forecasting Deal", chapter 4, with the pinball loss.
    """
    return 1.0 - divide(loss, naive_loss)


def total(values: FloatArray) -> FloatArray:
    """Sum over the last axis, leaving out NaN; NaN where nothing is left."""
    present = np.isfinite(values)
    sums = np.where(present, values, 0.0).sum(axis=-1)
    return np.where(present.any(axis=-1), sums, np.nan)


def mean(values: FloatArray) -> FloatArray:
    """Mean over the last axis, leaving out NaN; NaN where nothing is left."""
    count = np.isfinite(values).sum(axis=-1).astype(np.float64)
    return divide(total(values), count)
