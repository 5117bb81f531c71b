"""The machine of the job: ml_jobs/docker-compose.yml beside a stack that is up."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from pathlib import Path

from tests.images.stack import HOST, Stack


class JobMachine:
    """The machine of the job: its compose file, planners' demand, keys that may write."""

    def __init__(self, stack: Stack, image: str, folder: Path) -> None:
        (folder / "demand.csv").write_text(demand())
        folder.chmod(0o755)
        self._variables = {
            "FAROL_ML_IMAGE": image,
            "FAROL_INPUT": str(folder),
            "FAROL_ML_SECRETS": str(stack.folder / "deploy/secrets/ml_jobs"),
            "FAROL_S3_ENDPOINT": f"{HOST}:{stack.variables['FAROL_STORE_LISTEN'].split(':')[1]}",
            "FAROL_S3_SECURE": "false",
        }
        self.machine = Stack(
            stack.engine, stack.folder, f"{stack.name}job", ["ml_jobs/docker-compose.yml"], {}
        )

    def remove(self) -> None:
        """Remove what its runs left."""
        self.machine.compose("down", "--volumes", **self._variables)

    def publish(self) -> str:
        """Forecast the demand and publish it; return the publication's id."""
        quick = ("--sources", "mean,naive", "--origins", "1", "--warmups", "0")
        command = ("forecast", "--demand", "/input/demand.csv", "--frequency", "W", *quick)
        run = ("run", "-T", "--rm", "ml_jobs", *command)
        return latest_published(self.machine.compose(*run, **self._variables))


def demand() -> str:
    """Return a year of weekly demand of twelve parts."""
    drawn = random.Random(1)
    rows = ["item_id,date,quantity"]
    for item in range(12):
        for week in range(52):
            day = date(2025, 11, 3) + timedelta(weeks=week)
            rows.append(f"P{item:03},{day},{drawn.choice([0, 0, 1, 2, 5]) + item % 3}")
    return "\n".join(rows)


def latest_published(output: str) -> str:
    """Return the id of the publication that the job says it published."""
    found = re.search(r"Published (\S+) to ", output)
    assert found, output
    return found[1]
