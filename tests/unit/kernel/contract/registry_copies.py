"""Copies of the registry with changes, and the faults that are said of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.errors import RegistryError
from tests.portals import ROOT

Change = Callable[[dict[str, Any]], None]


def changed(tmp_path: Path, *changes: Change) -> Path:
    """Return the path of a copy of the registry after *changes*."""
    content = json.loads((ROOT / "schema_registry.json").read_text(encoding="utf-8"))
    for change in changes:
        change(content)
    path = tmp_path / "schema_registry.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def faults(path: Path) -> str:
    with pytest.raises(RegistryError) as caught:
        load_registry(path)
    return "\n".join(caught.value.faults)


def data_set(content: dict[str, Any], name: str) -> dict[str, Any]:
    return next(d for d in content["schema"] if d["name"] == name)


def column(content: dict[str, Any], path: str) -> dict[str, Any]:
    name, _, wanted = path.partition(".")
    return next(c for c in data_set(content, name)["properties"] if c["name"] == wanted)


def update(path: str, **values: object) -> Change:
    """Return the change that sets fields of a column."""
    return lambda content: column(content, path).update(values)


def custom(element: dict[str, Any], name: str) -> dict[str, Any]:
    return next(p for p in element["customProperties"] if p["property"] == name)


def profile_column(content: dict[str, Any], place: int) -> dict[str, Any]:
    """Return a column of the first form of order file."""
    columns: list[dict[str, Any]] = custom(content, "orderProfiles")["value"][0]["columns"]
    return columns[place]
