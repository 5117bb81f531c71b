"""A delivery says what became of the file, and never passes a wrong one off as whole."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import NotAllowed, ReadFailed, StateError, UnknownPublication
from datalayer.reading.extracts.delivery import Delivery
from datalayer.reading.extracts.digests import Digest, DigestMemo
from datalayer.reading.extracts.requests import ExtractRequest, Part
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.publication import Publication
from tests.extracted import content, settled_files

PAULO = Identity("paulo", Role.PLANNER)
ANITA = Identity("anita", Role.ANALYST)
DEMAND = ExtractRequest("fact_demand")


def outcomes(audit: AuditLog) -> list[str]:
    return [entry.outcome for entry in reversed(audit.entries(10))]


class TestAudit:
    def test_a_delivered_file_is_written_down_with_what_proves_it(
        self, extracts: Extracts, publication: Publication, audit: AuditLog
    ) -> None:
        extract = extracts.extract(publication, DEMAND, PAULO)

        file = content(extract)

        entry, begun = audit.entries(2)
        assert (begun.outcome, entry.outcome) == ("begun", "delivered")
        assert (entry.actor, entry.action) == ("paulo", "extract")
        assert entry.publication_id == publication.manifest.publication_id
        assert entry.details == {
            "data_set": "fact_demand",
            "format": "csv",
            "dialect": "rfc",
            "rows": extract.rows,
            "bytes": len(file),
            "sha256": hashlib.sha256(file).hexdigest(),
        }

    def test_a_file_given_up_is_broken(
        self, extracts: Extracts, publication: Publication, audit: AuditLog
    ) -> None:
        extract = extracts.extract(publication, DEMAND, PAULO)

        next(extract.chunks)
        extract.chunks.close()

        assert outcomes(audit) == ["begun", "broken"]

    def test_a_file_that_fails_is_broken(
        self, extracts: Extracts, publication: Publication, audit: AuditLog
    ) -> None:
        extract = extracts.extract(publication, DEMAND, PAULO)
        publication.snapshot.path("fact_demand").unlink()

        with pytest.raises(ReadFailed):
            content(extract)

        assert outcomes(audit) == ["begun", "broken"]

    def test_a_file_that_nobody_took_leaves_no_trace(
        self, extracts: Extracts, publication: Publication, audit: AuditLog
    ) -> None:
        extracts.extract(publication, DEMAND, PAULO).chunks.close()

        assert outcomes(audit) == []

    def test_nothing_leaves_unless_it_can_be_written_down(
        self, extracts: Extracts, publication: Publication, tmp_path: Path
    ) -> None:
        (tmp_path / "audit.jsonl").mkdir()

        with pytest.raises(StateError):
            next(extracts.extract(publication, DEMAND, PAULO).chunks)


class TestWhoMayTakeExtracts:
    @pytest.fixture
    def extracts(self, tmp_path: Path, audit: AuditLog) -> Extracts:
        return Extracts(
            audit, DigestMemo(tmp_path / "digests.json"), settled_files(tmp_path), members_only=True
        )

    def test_a_whole_data_set_takes_an_analyst_and_the_refusal_is_audited(
        self, extracts: Extracts, publication: Publication, audit: AuditLog
    ) -> None:
        with pytest.raises(NotAllowed, match="analyst"):
            extracts.extract(publication, DEMAND, PAULO)
        with pytest.raises(NotAllowed, match="analyst"):
            extracts.describe(publication, DEMAND, PAULO)

        assert outcomes(audit) == ["refused", "refused"]
        assert content(extracts.extract(publication, DEMAND, ANITA))

    def test_a_parts_rows_are_for_every_member(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        request = ExtractRequest("fact_demand", part=Part("P00001"))

        assert content(extracts.extract(publication, request, PAULO))

    def test_everything_of_a_day_takes_an_analyst(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        request = ExtractRequest("fact_demand", part=Part(start=publication.manifest.data_through))

        with pytest.raises(NotAllowed):
            extracts.extract(publication, request, PAULO)


class TestMemo:
    def test_what_was_delivered_once_is_announced_the_next_time(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        first = extracts.extract(publication, DEMAND, PAULO)
        file = content(first)

        second = extracts.extract(publication, DEMAND, PAULO)

        sha256 = hashlib.sha256(file).hexdigest()
        assert first.chunks.announced is None
        assert second.chunks.announced == Digest(second.rows, len(file), sha256)
        assert content(second) == file

    def test_it_survives_a_restart_and_is_private(
        self, extracts: Extracts, publication: Publication, audit: AuditLog, tmp_path: Path
    ) -> None:
        content(extracts.extract(publication, DEMAND, PAULO))

        memo = DigestMemo(tmp_path / "digests.json")
        again = Extracts(audit, memo, settled_files(tmp_path), members_only=False).extract(
            publication, DEMAND, PAULO
        )

        assert again.chunks.announced is not None
        assert (tmp_path / "digests.json").stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        "other",
        [
            ExtractRequest("fact_demand", dialect="excel-br"),
            ExtractRequest("fact_demand", "arrow"),
            ExtractRequest("fact_demand", part=Part("P00001")),
            ExtractRequest("dim_item"),
        ],
    )
    def test_another_request_is_another_file(
        self, extracts: Extracts, publication: Publication, other: ExtractRequest
    ) -> None:
        content(extracts.extract(publication, DEMAND, PAULO))

        assert extracts.extract(publication, other, PAULO).chunks.announced is None

    def test_a_broken_delivery_teaches_nothing(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        given_up = extracts.extract(publication, DEMAND, PAULO)
        next(given_up.chunks)
        given_up.chunks.close()

        assert extracts.extract(publication, DEMAND, PAULO).chunks.announced is None

    def test_a_wrong_memory_breaks_one_delivery_and_is_forgotten(
        self, extracts: Extracts, publication: Publication, audit: AuditLog, tmp_path: Path
    ) -> None:
        extract = extracts.extract(publication, DEMAND, PAULO)
        file = content(extract)
        wrong = Digest(extract.rows, len(file), "0" * 64)
        DigestMemo(tmp_path / "digests.json").keep(extract.key, wrong)

        given = []
        with pytest.raises(ReadFailed, match="announced"):
            given.extend(extracts.extract(publication, DEMAND, PAULO).chunks)

        assert sum(map(len, given)) < len(file)
        assert outcomes(audit)[2:] == ["begun", "altered"]
        assert content(extracts.extract(publication, DEMAND, PAULO)) == file

    def test_a_damaged_memory_is_only_a_loss(
        self, extracts: Extracts, publication: Publication, tmp_path: Path
    ) -> None:
        (tmp_path / "digests.json").write_text("{", encoding="utf-8")

        assert content(extracts.extract(publication, DEMAND, PAULO))

    def test_the_oldest_make_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("datalayer.reading.extracts.digests._MOST_ENTRIES", 2)
        memo = DigestMemo(tmp_path / "digests.json")
        for key in "abc":
            memo.keep(key, Digest(1, 1, key))

        assert [memo.find(key) is not None for key in "abc"] == [False, True, True]


def test_the_last_bytes_wait_until_the_file_is_proved() -> None:
    announced = Digest(1, 6, hashlib.sha256(b"abcdef").hexdigest())
    delivery = _delivery(iter([b"abc", b"def"]), announced)
    altered = _delivery(iter([b"abc", b"xyz"]), announced)

    assert list(delivery) == [b"abc", b"def"]
    assert next(altered) == b"abc"
    with pytest.raises(ReadFailed, match="announced"):
        next(altered)
    assert list(altered) == []


def test_closing_waits_for_the_thread_that_reads() -> None:
    reading, going_on = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"abc"
        reading.set()
        going_on.wait(30)
        yield b"def"

    delivery = _delivery(chunks(), None)
    taker = threading.Thread(target=lambda: next(delivery))
    taker.start()
    assert reading.wait(30)
    closer = threading.Thread(target=delivery.close)
    closer.start()
    going_on.set()
    taker.join(10)
    closer.join(10)

    assert not closer.is_alive()
    assert list(delivery) == []


def _delivery(chunks: Iterator[bytes], announced: Digest | None) -> Delivery:
    return Delivery(
        chunks, rows=1, announced=announced, on_begin=lambda: None, on_end=lambda *_: None
    )


def test_a_published_file_that_is_pruned_at_this_moment_is_told_to_be_gone(
    extracts: Extracts, publication: Publication
) -> None:
    extract = extracts.extract(publication, ExtractRequest("fact_demand", "parquet"), PAULO)
    folder = publication.snapshot.folder
    folder.rename(folder.with_name("aside"))

    with pytest.raises(UnknownPublication):
        content(extract)
