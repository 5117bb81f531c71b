"""Codes of a file held against those of the demand: what matches, and what may be misspelt."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ml_jobs.errors import InputError
from ml_jobs.inputs.master_file import MOST_SAMPLES, samples
from ml_jobs.inputs.styles.code_spelling import likeness

# Of the codes that could match (those of the file or of the demand, whichever are fewer). Files of
# the same parts match in nearly all; so little in common is another data set, or another spelling.
LEAST_MATCHED = 0.1


def spelt_otherwise(
    file: str, what: str, codes: Collection[str], demand: Collection[str]
) -> tuple[str, ...]:
    """Return a sentence about *codes* of a *file* that may be spelt otherwise in the demand.

    *what* they are of, such as ``item``, is named in it. There is none where nothing looks like it.

    Raises:
        InputError: Fewer than `LEAST_MATCHED` of the codes match, or fewer than are spelt
            otherwise: the file would be left out without anybody knowing.
    """
    here, there = set(codes), set(demand)
    if not here or not there:
        return ()
    matched = len(here & there)
    near = _near(here - there, there - here)
    if matched < LEAST_MATCHED * min(len(here), len(there)) or matched < len(near):
        found = "none" if matched == 0 else f"{matched:,}"
        shown = _pairs(near) if near else _apart(here - there, there - here)
        raise InputError(
            file=file,
            problem=f"has {len(here):,} {what}(s), {found} among the {len(there):,} of the demand; "
            f"{shown}. Write codes as the demand does, and leave out what is not of it",
        )
    if not near:
        return ()
    found = f"{len(near):,} {what}(s) that match the demand but for spelling"
    return (f"{file} has {found}: {_pairs(near)}",)


def _near(here: Collection[str], there: Collection[str]) -> list[tuple[str, str]]:
    """Return the pairs of a code here and one there that may mean the same, in order."""
    alike = {likeness(code): code for code in sorted(there, reverse=True)}
    alike.pop("", None)
    return [(code, alike[key]) for code in sorted(here) if (key := likeness(code)) in alike]


def _pairs(near: Sequence[tuple[str, str]]) -> str:
    shown = ", ".join(f"{one!r} may be {other!r}" for one, other in near[:MOST_SAMPLES])
    more = len(near) - MOST_SAMPLES
    return f"{shown} and {more} more" if more > 0 else shown


def _apart(here: Collection[str], there: Collection[str]) -> str:
    return f"it has {samples(sorted(here))}, the demand {samples(sorted(there))}"
