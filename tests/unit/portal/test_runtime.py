"""A process has one portal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer import runtime
from datalayer.portal import Portal
from tests.portals import portal_settings
from tests.unit.portal.conftest import READERS


class TestRuntime:
    @pytest.fixture(autouse=True)
    def environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        settings = portal_settings(tmp_path)
        monkeypatch.setenv("FAROL_STORE", settings.store)
        monkeypatch.setenv("FAROL_STATE", str(settings.state))
        monkeypatch.setenv("FAROL_REGISTRY", str(settings.registry))
        runtime.reset()
        yield
        runtime.reset()

    def test_a_process_has_one_portal_however_many_ask_at_once(self) -> None:
        all_ask = threading.Barrier(READERS)
        portals: list[Portal] = []

        def ask() -> None:
            all_ask.wait()
            portals.append(runtime.portal())

        threads = [threading.Thread(target=ask) for _ in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(map(id, portals))) == 1
        assert len(portals) == READERS

    def test_half_staged_files_are_swept_when_the_portal_is_made(self, tmp_path: Path) -> None:
        left_over = tmp_path / "var" / "staging" / "20261121T060000Z-1a2b3c4d.partial"
        left_over.mkdir(parents=True)

        runtime.portal()

        assert not left_over.exists()
