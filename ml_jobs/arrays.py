"""Names for the arrays that models, metrics and tables exchange, and division that may fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import is_dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from _typeshed import DataclassInstance  # in stubs only

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]

Rows = TypeVar("Rows", bound="DataclassInstance")


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return numerator / denominator, NaN where the denominator is 0, negative or NaN."""
    top, bottom = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    answer: FloatArray = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=answer, where=bottom > 0)
    return answer


def concatenate(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all *parts*: dataclasses, whose arrays are joined along the first axis.

    So are the arrays of dataclasses that they hold; what is neither is the first part's.
    """

    def joined(name: str, first: object) -> object:
        each = [getattr(part, name) for part in parts]
        if hasattr(first, "shape"):
            return np.concatenate(each)
        if is_dataclass(first) and not isinstance(first, type):
            return concatenate(each)
        return first

    return replace(
        parts[0], **{name: joined(name, value) for name, value in vars(parts[0]).items()}
    )


def rows_of(whole: Rows, rows: IntArray) -> Rows:
    """Return the *rows* of a dataclass: of its arrays, and of those in dataclasses that it holds.

    What is neither stays as it is.
    """

    def part(value: object) -> object:
        if isinstance(value, np.ndarray):
            return value[rows]
        if is_dataclass(value) and not isinstance(value, type):
            return rows_of(value, rows)
        return value

    return replace(whole, **{name: part(value) for name, value in vars(whole).items()})


def running_sums(values: FloatArray | BoolArray) -> FloatArray:
    """Return the sums of the first 0, 1, ... N values of each row, shape (S, N + 1)."""
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def distinct(values: IntArray) -> IntArray:
    """Return the distinct *values*, sorted; on keys that follow a pattern far before np.unique."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))]
