"""Who may import whom, looked at in running processes; `make check` looks at the static graph."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@cache
def loaded_modules(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after *statement*."""
    code = (
        f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return set(answer.stdout.split())


def test_importing_datalayer_costs_nothing() -> None:
    loaded = loaded_modules("import datalayer")

    assert not loaded & {"duckdb", "pyarrow", "pydantic", "minio", "redis", "streamlit"}


@pytest.mark.parametrize("package", ["streamlit", "plotly", "pages", "ml_jobs"])
def test_the_portal_loads_neither_what_draws_nor_what_trains(package: str) -> None:
    loaded = loaded_modules("import datalayer.portal, datalayer.runtime, datalayer.api.application")

    assert package not in loaded


def test_a_folder_store_loads_no_s3_client() -> None:
    loaded = loaded_modules(
        "from datalayer.settings import Settings; Settings(store='exports').open_store()"
    )

    assert "minio" not in loaded


@pytest.mark.parametrize(
    ("package", "owner"),
    [
        ("minio", "datalayer/kernel/storage/s3_store.py"),
        ("redis", "datalayer/publications/redis_connection.py"),
        ("streamlit_authenticator", "pages/components/access.py"),
    ],
)
def test_one_module_knows_each_outside_service(package: str, owner: str) -> None:
    importers = {
        str(path.relative_to(PROJECT))
        for folder in ("datalayer", "pages")
        for path in (PROJECT / folder).rglob("*.py")
        if any(
            line.strip().startswith((f"import {package}", f"from {package}"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    }

    assert importers == {owner}
