"""How many rows of a file may be unusable before the file itself must be doubted."""

from __future__ import annotations

from math import ceil

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.reasons import Reasons, RejectReason, account, reasons_in_words
from ml_jobs.inputs.files.source_file import SourceFile

# Rows that could not be understood, or that make sense as exceptions only. What is left out because
# of what it says (charges, cancelled sales, rare items, a running period) doesn't show that a file
# was misread.
UNUSABLE = frozenset(
    {
        RejectReason.MALFORMED_ROW,
        RejectReason.MISSING_ITEM,
        RejectReason.MISSING_LOCATION,
        RejectReason.UNUSABLE_CODE,
        RejectReason.BAD_DATE,
        RejectReason.DATE_OUT_OF_RANGE,
        RejectReason.FAR_DATE,
        RejectReason.BAD_QUANTITY,
        RejectReason.QUANTITY_OUT_OF_RANGE,
        RejectReason.UNMATCHED_RETURN,
        RejectReason.MISSING_DESCRIPTION,
        RejectReason.NON_POSITIVE_PRICE,
        RejectReason.NON_POSITIVE_QUANTITY,
    }
)


def refuse_mostly_unusable(source: SourceFile, reasons: Reasons, allowed: float) -> None:
    """Refuse a file of whose rows more than the share *allowed* can't be used.

    *reasons* are those of the rows of *source*, 0 where one is used.

    Raises:
        InputError: Too many can't; names their reasons with counts and samples, and the option.
    """
    set_aside = account(source, reasons).set_aside
    unusable = {reason: count for reason, count in set_aside.items() if reason in UNUSABLE}
    count, read = sum(unusable.values()), source.rows
    share = count / read
    if share <= allowed:
        return
    needed = min(ceil(100 * share) / 100, 1.0)
    listed = reasons_in_words(source, reasons, unusable)
    raise InputError(
        file=source.name,
        problem=f"has {count:,} row(s) of {read:,} that can't be used ({100 * share:.0f} %, and at "
        f"most {100 * allowed:g} % may be): {listed}. Mend the file, or go on without them "
        f"with --allow-rejected {needed:g}",
    )
