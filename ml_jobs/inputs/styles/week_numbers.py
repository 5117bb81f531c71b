"""Weeks written like months: a year and a number, such as ``202613``, that may be read wrongly."""

from __future__ import annotations

import re

from ml_jobs.errors import InputError
from ml_jobs.inputs.styles.date_style import DateEvidence
from ml_jobs.inputs.styles.written_dates import Shape

LEAST_SHARE = 0.05
_MONTHS = 12
_WEEK = re.compile(
    r"\b(?:semanas?|sem|(?:year|calendar)?weeks?|woche|kw|wk|anosemana)\b", re.IGNORECASE
)


def refuse_week_numbers(dates: DateEvidence, file: str) -> None:
    """Refuse dates of a year and a week that are written like a year and a month.

    They are such where the heading says so, or where more than a few have a number above 12:
    weeks up to the twelfth would be taken for months.

    Raises:
        InputError: They are; how weeks are counted can't be told either.
    """
    months = dates.of(Shape.MONTH)
    if not months:
        return
    above = [seen for written, seen in months.items() if written.parts[1] > _MONTHS]
    rows = sum(seen.rows for seen in above)
    first = next(iter(months.values())).example
    if _WEEK.search(first.column.replace("_", " ")):
        example, by = first, "as its heading says"
    elif rows >= max(2, LEAST_SHARE * dates.rows(Shape.MONTH)):
        example, by = above[0].example, "since no month has such a number"
    else:
        return
    raise InputError(
        file=file,
        problem=f"has {example.sentence(file)}: a year and a week, {by}, and weeks are counted in "
        "several ways; write them as 2026-W07 (ISO 8601), or as one of their days",
    )
