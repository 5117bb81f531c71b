"""What is done with rows of demand that are negative or can't be used, as options."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field
from pydantic.dataclasses import dataclass

from ml_jobs.option_kinds import Help, Kind, one_of

NET, IGNORE, REFUSE = "net", "ignore", "refuse"
POSITIVE, NEGATIVE = "positive", "negative"

_Returns: TypeAlias = Annotated[str, one_of((NET, IGNORE, REFUSE), "WHAT")]
_Sign: TypeAlias = Annotated[str, one_of((POSITIVE, NEGATIVE), "SIGN")]
_Share: TypeAlias = Annotated[
    float,
    Field(strict=True, ge=0.0, le=1.0, allow_inf_nan=False),
    Kind("a fraction from 0 to 1 such as 0.1", "SHARE", parse=float),
]


@dataclass(frozen=True)
class RowRules:
    """What is done with rows that are negative, and how many may be unusable."""

    returns: Annotated[
        _Returns | None,
        Help(
            "input",
            "negative rows lessen earlier demand of their item (net), are set aside (ignore), or "
            "refuse the file; else net, unless most rows are negative",
        ),
    ] = None
    sign: Annotated[
        _Sign,
        Help("input", "of demand in the files; negative for goods issues as SAP exports them"),
    ] = POSITIVE
    allow_rejected: Annotated[
        _Share, Help("input", "share of a file's rows that may be unusable; more refuse the run")
    ] = 0.1


USUAL = RowRules()
