"""The job's image forecasts and publishes without rights and a network."""

from __future__ import annotations

import json
from pathlib import Path

from tests.images.conftest import Say
from tests.images.engine import BASE, ContainerEngine

LARGEST_MB = 1100
BASE_MB = 130


def test_it_publishes_what_the_contract_asks_for(demonstration: Path) -> None:
    manifest = json.loads((demonstration / "metadata.json").read_bytes())

    assert {"fact_forecast", "fact_inventory"} <= {each["data_set"] for each in manifest["files"]}


def test_of_the_portal_it_has_the_kernel_alone(engine: ContainerEngine, ml_image: str) -> None:
    listed = ("run", "--rm", "--network=none", "--entrypoint=ls", ml_image)

    assert engine.run(*listed, "/opt/farol").split() == [
        "LICENSE",
        "RELEASE",
        "datalayer",
        "ml_jobs",
        "schema_registry.json",
    ]
    assert engine.run(*listed, "/opt/farol/datalayer").split() == ["__init__.py", "kernel"]


def test_it_has_no_pip_and_no_graphics_processor(engine: ContainerEngine, ml_image: str) -> None:
    code = (
        "import importlib.metadata as m; "
        "print([d.name for d in m.distributions() if d.name in ('pip', 'setuptools') "
        "or d.name.startswith('nvidia') or 'cuda' in d.name])"
    )

    found = engine.run("run", "--rm", "--network=none", "--entrypoint=python", ml_image, "-c", code)

    assert found.strip() == "[]"


def test_a_user_that_was_drawn_by_lot_writes_to_the_working_folder_too(
    engine: ContainerEngine, ml_image: str
) -> None:
    options = ("--rm", "--network=none", "--read-only", "--user=12345:0", "--entrypoint=touch")

    engine.run("run", *options, ml_image, "probe")


def test_it_is_no_larger_than_its_libraries_ask(
    engine: ContainerEngine, ml_image: str, say: Say
) -> None:
    whole, base = (int(str(engine.inspect(name)["Size"])) / 1e6 for name in (ml_image, BASE))

    say(f"the job's image has {whole:.0f} MB here, {whole - base:.0f} MB over its base")

    assert whole - base + BASE_MB <= LARGEST_MB
