"""What a portal says of its own health."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from datalayer.kernel.errors import StoreError
from datalayer.portal import Portal
from datalayer.publications.store_watch import StoreWatch
from datalayer.reading import questions
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.redis_server import free_port


class TestHealth:
    def test_a_portal_without_publication_is_empty(self, portal: Portal) -> None:
        health = portal.health()

        assert health.status == "empty"
        assert health.publication_id is None

    def test_a_serving_portal_is_ok_and_says_what_it_serves(
        self, portal: Portal, publisher: Publisher
    ) -> None:
        manifest = publisher.publish()
        portal.activate(ADMIN)

        health = portal.health()

        assert health.status == "ok"
        assert health.readiness == "ready"
        assert health.publication is not None
        assert health.publication.publication_id == manifest.publication_id
        assert health.publication.data_through == manifest.data_through
        assert health.publication.generated_at == manifest.generated_at
        assert health.publication.model_version == manifest.model_version
        assert health.ml_dependencies.status == "pass"

    def test_an_unreachable_redis_is_a_degraded_portal_that_answers(
        self, publisher: Publisher, tmp_path: Path
    ) -> None:
        publisher.publish()
        portal = make_portal(tmp_path, redis_url=f"redis://127.0.0.1:{free_port()}/0")
        portal.activate(ADMIN)

        rows = portal.open().table(questions.search.parts("")).table.num_rows

        assert rows == 6
        assert portal.health().cache["state"] == "down"
        assert portal.health().status == "degraded"
        portal.close()

    def test_health_never_waits_for_the_store(self) -> None:
        may_answer = threading.Event()
        watch = StoreWatch(may_answer.wait, lambda: None)

        answers = [watch.last_answer().reach for _ in range(100)]

        may_answer.set()
        assert answers == ["unknown"] * 100

    def test_an_unreachable_store_is_known_without_asking_again(self) -> None:
        asked: list[int] = []
        failed = threading.Event()

        def fail() -> None:
            asked.append(1)
            failed.set()
            raise StoreError(address="s3://bucket", problem="does not answer")

        watch = StoreWatch(fail, lambda: None)
        watch.last_answer()
        failed.wait()
        watch.wait_for_answer()

        answers = {watch.last_answer().reach for _ in range(10)}

        assert answers == {"unreachable"}
        assert len(asked) == 1

    def test_a_loaded_ml_module_degrades_the_portal(
        self, portal: Portal, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publisher.publish()
        portal.activate(ADMIN)
        monkeypatch.setitem(__import__("sys").modules, "torch", threading)

        health = portal.health()

        assert health.status == "degraded"
        assert health.ml_dependencies.violations == ("module:torch",)
        assert [str(each) for each in health.findings] == [
            "Machine learning is deployed here: module:torch"
        ]
