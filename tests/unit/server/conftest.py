"""A served portal, as the tests of the API have it."""

from __future__ import annotations

from tests.unit.api.conftest import served, shared

__all__ = ["served", "shared"]
