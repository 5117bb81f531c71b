"""Which kept publication to offer to somebody who asked for one that is not kept."""

from __future__ import annotations

from collections.abc import Sequence

from datalayer.kernel.contract.manifest import is_publication_id


def nearest(asked: str, kept: Sequence[str]) -> str:
    """Return the id in *kept* (newest first) nearest in time to *asked*.

    The newest where *asked* is no publication id; ``-`` where none is kept.
    """
    if not kept:
        return "-"
    if not is_publication_id(asked):
        return kept[0]
    return min(kept, key=lambda each: abs(_order(each) - _order(asked)))


def _order(publication_id: str) -> int:
    """Return the digits of the id's time: no count of seconds, but in the order of time."""
    return int(publication_id[:8] + publication_id[9:15])
