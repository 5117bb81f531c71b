"""The part of the proof that every health check can afford: what is installed and loaded here."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from datalayer.compliance.forbidden import FORBIDDEN_MODULES, is_forbidden, normalize

_MODULE = "module:"


@dataclass(frozen=True)
class Compliance:
    """The outcome of one look.

    Attributes:
        checked: How many installed distributions were looked at.
        violations: Normalised distribution names, and ``module:<name>`` for a loaded module.
    """

    checked: int
    violations: tuple[str, ...]

    @property
    def status(self) -> Literal["pass", "fail"]:
        """``pass`` when nothing forbidden was found."""
        return "fail" if self.violations else "pass"


def check_compliance(
    distributions: Iterable[str] | None = None, modules: Iterable[str] | None = None
) -> Compliance:
    """Check what is installed and what is loaded; by default in this very process.

    Args:
        distributions: Names of installed distributions; None reads the environment's metadata, once
            per process.
        modules: Names of loaded modules; None reads ``sys.modules``.
    """
    names = {normalize(name) for name in (_installed() if distributions is None else distributions)}
    found = Compliance(len(names), tuple(sorted(filter(is_forbidden, names))))
    return with_loaded_modules(found, modules)


def with_loaded_modules(earlier: Compliance, modules: Iterable[str] | None = None) -> Compliance:
    """Return *earlier*, of the same environment, with what is loaded at this moment.

    It is cheap enough for every health check.
    """
    modules = list(sys.modules) if modules is None else modules
    loaded = {name.partition(".")[0] for name in modules}
    imported = (f"{_MODULE}{name}" for name in sorted(loaded & FORBIDDEN_MODULES))
    installed = (name for name in earlier.violations if not name.startswith(_MODULE))
    return Compliance(earlier.checked, (*installed, *imported))


@cache
def _installed() -> tuple[str, ...]:
    return tuple(name for d in importlib.metadata.distributions() if (name := d.metadata["Name"]))
