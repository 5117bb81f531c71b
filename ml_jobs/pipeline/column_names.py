"""The headings that a request gives for columns, held against what is read and what files have."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from ml_jobs.errors import UsageError
from ml_jobs.inputs import classes_file, items, lanes_file, locations, orders_file, stock_file
from ml_jobs.inputs.demand import demand, invoices
from ml_jobs.inputs.files.headings import normal
from ml_jobs.pipeline.request import JobRequest

NAMES = frozenset(
    {
        "item_id",
        "location_id",
        "class",
        *(name for group in (*demand.COLUMNS, *invoices.COLUMNS) for name in group),
        *(
            column.name
            for module in (items, stock_file, locations, orders_file, lanes_file, classes_file)
            for column in module.COLUMNS
        ),
    }
)


def refuse_unknown_names(request: JobRequest) -> None:
    """Refuse a heading that is given for a column that nothing reads.

    Raises:
        UsageError: There is one. A drivers' file has columns of any name.
    """
    known = NAMES | {normal(request.location_column or "item_id")}
    for name, heading in request.reading.headings.items():
        if name not in known and not request.drivers:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
            problem = f"--columns gives {heading} for {name}, which nothing reads; {hint}"
            raise UsageError(problem=problem)


def refuse_missing_headings(request: JobRequest, headings: Iterable[str]) -> None:
    """Refuse a heading that is given for a column and that no file has.

    Raises:
        UsageError: There is one; says which of *headings*, those of all files, are near.
    """
    there = {normal(heading): heading for heading in headings}
    for name, heading in request.reading.headings.items():
        if normal(heading) not in there:
            near = get_close_matches(normal(heading), there, n=3)
            shown = " or ".join(there[each] for each in near) or ", ".join(sorted(there.values()))
            hint = f"did you mean {shown}?" if near else f"they have {shown}"
            problem = f"--columns takes {name} from {heading}, which no file has; {hint}"
            raise UsageError(problem=problem)
