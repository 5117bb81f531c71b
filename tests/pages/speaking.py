"""A language that is fixed inside a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from datalayer.kernel.contract.registry import Language
from pages.components import language


@contextmanager
def speaking(wanted: Language | None) -> Iterator[None]:
    """Fix the language inside a ``with`` block; None for none, as before a page is drawn."""
    before = language._language.get()
    language._language.set(wanted)
    try:
        yield
    finally:
        language._language.set(before)
