"""First days of months that a spreadsheet of another country took for days of January."""

from __future__ import annotations

import numpy as np

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_rows import DemandRows

_MONTHS = 12


def refuse_exchanged_months(rows: DemandRows) -> None:
    """Refuse rows of several years that stand on the first twelve days of Januaries alone.

    Such are the months of each year (``01/03/2026``) once day and month have been exchanged: as
    real dates of a workbook they bear no mark of it.

    Raises:
        InputError: They do, on nearly all of those days.
    """
    days = np.unique(rows.days[rows.used])
    months = days.astype("datetime64[M]").astype(np.int64) % _MONTHS
    place = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    years = len(np.unique(days.astype("datetime64[Y]")))
    in_january = years > 1 and not months.any() and place.max() < _MONTHS
    if in_january and len(days) >= max(_MONTHS, _MONTHS * (years - 2) + 2):
        raise InputError(
            file=rows.source.name,
            problem=f"has dates from the 1st to the 12th of January alone, of {years} years, such "
            f"as {days[-1]}: day and month of months seem to have been exchanged on opening a "
            "file in a spreadsheet; export it anew, with dates as YYYY-MM-DD",
        )
