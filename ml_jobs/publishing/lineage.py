"""What a publication says of how it was made; names of files, never where they lie."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # What reads workbooks comes with it, and publishing needs none of that.
    from ml_jobs.inputs.demand.reasons import Accounting

VERSION = "0.1.0"
LIBRARIES = (
    "duckdb",
    "equinox",
    "holidays",
    "jax",
    "jaxlib",
    "lightgbm",
    "numpy",
    "optax",
    "pandas",
    "prophet",
    "pyarrow",
    "python-calamine",
    "scipy",
    "statsforecast",
)

_PACKAGE = Path(__file__).parents[1]


def code_version() -> str:
    """Return a digest of this package's source files, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def model_version() -> str:
    """Return the version that results made by this code carry."""
    return f"{VERSION}+{code_version()[:8]}"


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that results depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def rows_entry(accounting: Accounting) -> dict[str, object]:
    """Describe where the rows of the demand file went."""
    aside = {str(reason): rows for reason, rows in accounting.set_aside.items()}
    return {"read": accounting.read, "used": accounting.used, "set_aside": aside}
