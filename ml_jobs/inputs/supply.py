"""Which place's stock comes from which central store, as a location file says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ml_jobs.inputs.master_file import samples
from ml_jobs.panel import NETWORK

Rows = Mapping[str, Mapping[str, Any]]


def supply_faults(rows: Rows) -> Iterator[str]:
    """Yield what is wrong with who supplies whom, as sentences; *rows* by location_id."""
    sources = {code: row["supplied_from"] for code, row in rows.items() if row["supplied_from"]}
    pairs = sorted(sources.items())
    known = {code: above for code, above in pairs if code != above and above in rows}
    yield from _code_faults(pairs, rows)
    yield from _level_faults(known)
    yield from _tree_faults(known, rows)
    loose = sorted(c for c, row in rows.items() if row["supply_days"] is not None)
    if alone := [code for code in loose if code not in sources]:
        yield f"supply_days needs supplied_from beside it; found alone at {samples(alone)}"


def _code_faults(pairs: list[tuple[str, str]], rows: Rows) -> Iterator[str]:
    if network := [code for code, above in pairs if above == NETWORK]:
        yield (
            f"supplied_from is {NETWORK!r} at {samples(network)}; the network is no place that "
            "holds stock, so it must be a central store"
        )
    if unknown := sorted({above for _, above in pairs} - {*rows, NETWORK}):
        yield f"supplied_from has {samples(unknown)}; it must be a location_id of the file"
    if itself := [code for code, above in pairs if code == above]:
        yield f"a place can't be supplied from itself; found at {samples(itself)}"


def _level_faults(known: Mapping[str, str]) -> Iterator[str]:
    """Circles, and central stores that are supplied from others."""
    circling = [code for code in known if _leads_to(code, code, known)]
    if circling:
        yield f"supplied_from goes in a circle at {samples(circling)}"
    chains = [
        f"{code} from {above} from {known[above]}"
        for code, above in known.items()
        if above in known and code not in circling
    ]
    if chains:
        yield (
            "a central store must be supplied by suppliers, so that there are two levels; found "
            f"three at {samples(chains)}"
        )


def _tree_faults(known: Mapping[str, str], rows: Rows) -> Iterator[str]:
    """Central stores that aren't above their places, and places that others are below."""
    parents = {code: row["parent_location_id"] for code, row in rows.items()}
    beside = [
        f"{code} from {above}"
        for code, above in known.items()
        if not _leads_to(above, code, parents)
    ]
    if beside:
        yield (
            "supplied_from must be above the place, where what its places need is added up, such "
            f"as its parent_location_id; found elsewhere at {samples(beside)}"
        )
    inner = {parent for parent in parents.values() if parent}
    if groups := [code for code in known if code in inner]:
        yield (
            f"supplied_from belongs to places with none below them; found at {samples(groups)}, "
            "which others hang under"
        )


def _leads_to(end: str, code: str, steps: Mapping[str, str | None]) -> bool:
    """Whether *steps* from place to place lead from *code* to *end*."""
    here = steps.get(code)
    for _ in steps:
        if here is None or here == end:
            break
        here = steps.get(here)
    return here == end
