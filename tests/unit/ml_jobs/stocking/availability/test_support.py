"""What the past supports: kept at every cutoff, counted in the past, and nothing behind a gap."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.options import MONEY
from ml_jobs.stocking.availability.curve import KEY, SUMS, TODAY
from ml_jobs.stocking.availability.support import (
    FEW_CUTOFFS,
    LEAST_CUTOFFS,
    LESS_NOT_SUPPORTED,
    NO_HISTORY,
    NOT_KEPT,
    TAIL_NOT_SEEN,
    TWO_LEVELS,
    Key,
    reasons_against,
    record_of,
)

pytestmark = pytest.mark.ml

POINTS: list[Key] = [(MONEY, point, "A") for point in range(4)]
DOWN = np.array([8.0, 4.0, 2.0, 1.0])


def past(over: FloatArray, keys: list[Key] = POINTS, promised: float = 2.0) -> pa.Table:
    """Sums of past cutoffs, at which *over* times the promise happened, shape (cutoffs, keys)."""
    rows = [
        {
            **dict(zip(KEY[1:], key, strict=True)),
            **dict.fromkeys(SUMS, 0),
            "cutoff": cutoff,
            "down": round(1e9 * promised),
            "happened": round(1e9 * promised * times),
        }
        for cutoff, of_keys in enumerate(over)
        for key, times in zip(keys, of_keys, strict=True)
    ]
    return pa.Table.from_pylist(rows)


NONE = np.zeros(len(DOWN))


def reasons(over: FloatArray, counted: float = 1.0, two_levels: float = 0.0) -> list[str]:
    found: TextArray = reasons_against(
        POINTS,
        record_of(past(over), POINTS),
        down=DOWN,
        counted=counted * DOWN,
        two_levels=two_levels * DOWN,
    )
    return found.tolist()


def kept(cutoffs: int = LEAST_CUTOFFS) -> FloatArray:
    return np.ones((cutoffs, len(POINTS)))


def test_what_was_kept_at_every_cutoff_can_be_promised() -> None:
    assert reasons(1.5 * kept()) == [""] * 4


def test_one_cutoff_at_which_it_was_not_kept_is_enough() -> None:
    over = np.concatenate([0.1 * kept(9), kept(1)])
    over[-1, 3] = 1.6

    assert over[:, 3].mean() < 0.5
    assert reasons(over) == ["", "", "", NOT_KEPT]


def test_nothing_with_more_stock_than_a_point_that_was_not_kept_can_be_promised() -> None:
    over = kept()
    over[1, 1] = 2.0

    assert reasons(over) == ["", NOT_KEPT, LESS_NOT_SUPPORTED, LESS_NOT_SUPPORTED]


def test_too_few_cutoffs_say_so() -> None:
    assert reasons(kept(LEAST_CUTOFFS - 1)) == [FEW_CUTOFFS] * 4


def test_without_a_cutoff_there_is_no_history() -> None:
    record = record_of(past(kept()).slice(0, 0), POINTS)

    found = reasons_against(POINTS, record, down=DOWN, counted=DOWN, two_levels=NONE)

    assert found.tolist() == [NO_HISTORY] * 4
    assert np.isnan(record.promised).all()


def test_what_rests_on_chances_that_were_not_counted_can_not_be_promised() -> None:
    assert reasons(kept(), counted=0.4) == [TAIL_NOT_SEEN] * 4


def test_what_hangs_on_parts_at_two_levels_says_so() -> None:
    assert reasons(kept(), counted=0.4, two_levels=0.6) == [TWO_LEVELS] * 4
    assert reasons(kept(), counted=0.4, two_levels=0.4) == [TAIL_NOT_SEEN] * 4
    assert reasons(2.0 * kept(), counted=0.4, two_levels=0.6)[0] == NOT_KEPT


def test_a_contract_whose_parts_are_all_at_two_levels_has_more_than_no_history() -> None:
    record = record_of(past(kept()).slice(0, 0), POINTS)

    found = reasons_against(POINTS, record, down=DOWN, counted=NONE, two_levels=DOWN)

    assert found.tolist() == [TWO_LEVELS] * 4


def test_what_stood_still_without_having_been_promised_was_not_kept() -> None:
    sums = past(kept())
    none = sums.set_column(sums.column_names.index("down"), "down", pa.array([0] * sums.num_rows))

    record = record_of(none, POINTS)

    assert np.isinf(record.most_over).all()


def test_each_contract_is_judged_by_its_own_record() -> None:
    keys: list[Key] = [(MONEY, point, contract) for contract in "AB" for point in range(2)]
    over = np.array([[2.0, 1.0, 1.0, 1.0]] * LEAST_CUTOFFS)
    down = np.array([8.0, 4.0, 8.0, 4.0])

    record = record_of(past(over, keys), keys)
    found = reasons_against(keys, record, down=down, counted=down, two_levels=NONE)

    assert found.tolist() == [NOT_KEPT, LESS_NOT_SUPPORTED, "", ""]


@pytest.mark.parametrize(("today", "reason"), [(8.0, ""), (3.0, NOT_KEPT), (0.5, NOT_KEPT)])
def test_today_s_stock_is_promised_where_the_next_point_of_the_curve_is(
    today: float, reason: str
) -> None:
    keys: list[Key] = [*POINTS[:3], (TODAY, 0, "A")]
    over = np.array([[1.0, 1.0, 2.0]] * LEAST_CUTOFFS)
    down = np.append(DOWN[:3], today)

    record = record_of(past(over, POINTS[:3]), keys)
    found = reasons_against(keys, record, down=down, counted=down, two_levels=NONE)

    assert found.tolist() == ["", "", NOT_KEPT, reason]
