"""Tools of others, in an environment of their own, with every connection refused and recorded.

They pin older libraries than Farol does, so they are installed beside the others, into
``.venv-judges``. What passes here passes without a network.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ENVIRONMENT = PROJECT / ".venv-judges"
PATIENCE_S = 180
REFUSE_CONNECTIONS = """
import os, socket

def refuse(self, address, *rest):
    with open(os.environ["CONNECTIONS"], "a") as file:
        print(address, file=file)
    raise OSError("connections are refused in this test")

socket.socket.connect = socket.socket.connect_ex = refuse
"""


class Judge:
    """Runs programs of ``.venv-judges``.

    Attributes:
        folder: An empty one that it works in.
    """

    def __init__(self, folder: Path) -> None:
        assert ENVIRONMENT.exists(), "`make test` installs it; see docs/contract.md"
        self.folder = folder
        self._connections = folder / "connections.txt"
        (folder / "sitecustomize.py").write_text(REFUSE_CONNECTIONS)

    @property
    def tried_to_connect(self) -> bool:
        """Whether a program wanted to talk to anybody."""
        return self._connections.exists()

    def run(
        self,
        program: str,
        *arguments: str | Path,
        within: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, within a folder; by default in the judge's own."""
        return subprocess.run(
            [ENVIRONMENT / "bin" / program, *arguments],
            env={
                **os.environ,
                "PYTHONPATH": str(self.folder),
                "CONNECTIONS": str(self._connections),
                **(environment or {}),
            },
            cwd=within or self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    folder = tmp_path / "judge"
    folder.mkdir()
    return Judge(folder)
