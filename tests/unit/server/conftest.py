"""A served portal, as the tests of the API have it."""

from __future__ import annotations

from tests.unit.api.conftest import served, shared
from tests.validating import registry_read_once, validated_once

__all__ = ["registry_read_once", "served", "shared", "validated_once"]
