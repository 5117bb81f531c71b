"""The command line: exit codes, words on standard output, errors on standard error."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from datalayer.__main__ import main
from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.storage.object_store import FolderStore
from tests.receiving_host import TAKEN, ReceivingHost, receiving_host
from tests.redis_server import free_port

if TYPE_CHECKING:
    from tests.publisher import Publisher

ROOT = Path(__file__).parents[2]
NOTICE_SECRET = "whsec_q8Tz0nXvK3mYw5hLr2JdPbUe7CsGfA9iNoVxR4kWtE0="


@pytest.fixture(autouse=True)
def _settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder_store: FolderStore
) -> Iterator[None]:
    monkeypatch.setenv("FAROL_STORE", folder_store.address)
    monkeypatch.setenv("FAROL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("FAROL_REGISTRY", str(ROOT / "schema_registry.json"))
    yield
    structlog.reset_defaults()  # the command set up logs for this test's standard error


@pytest.fixture
def first(publisher: Publisher) -> Manifest:
    """A publication that is active."""
    manifest = publisher.publish(items=2)
    assert main(["activate"]) == 0
    return manifest


def test_the_latest_publication_is_activated(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = publisher.publish(items=2)

    code = main(["activate"])

    assert code == 0
    assert f"Publication {manifest.publication_id} is active" in capsys.readouterr().out


def test_activating_again_is_no_failure(
    first: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["activate"])

    assert code == 0
    assert "is the active one already" in capsys.readouterr().out


def test_the_progress_of_each_step_is_shown_apart_from_the_answer(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.publish(items=2)

    main(["activate"])

    shown = capsys.readouterr()
    steps = [line.split()[0] for line in shown.err.splitlines()]
    assert steps == ["stage", "verify", "validate", "promote", "activate"]
    assert len(shown.out.splitlines()) == 1


def test_a_failure_is_one_sentence_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["activate"])

    shown = capsys.readouterr()
    assert code == 1
    assert shown.out == ""
    assert shown.err.startswith("The store ")
    assert shown.err.endswith("holds no metadata.json\n")


def test_a_broken_contract_is_told_fault_by_fault(
    publisher: Publisher, first: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = {name: table.slice(0, 0) for name, table in publisher.tables(items=2).items()}
    publisher.publish(tables=empty)

    code = main(["inspect"])

    shown = capsys.readouterr()
    assert code == 1
    assert "fault(s)" in shown.out
    assert "  fact_forecast: " in shown.err


def test_a_candidate_is_compared_with_the_active_publication(
    publisher: Publisher, first: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = publisher.publish(items=3)

    code = main(["inspect"])

    shown = capsys.readouterr().out.splitlines()
    assert code == 0
    assert ["dim_item", "3", "2"] in [line.split() for line in shown]
    assert any(line.startswith(f"Publication {newer.publication_id}: ") for line in shown)


def test_what_an_activation_takes_away_must_be_confirmed(
    publisher: Publisher, first: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = publisher.tables(items=2)
    tables["fact_inventory"] = tables["fact_inventory"].slice(0, 0)
    newer = publisher.publish(tables=tables)

    codes = [main(["inspect"]), main(["activate"]), main(["activate", "--confirm"])]

    shown = capsys.readouterr()
    assert codes == [0, 1, 0]
    assert "  to be confirmed: fact_inventory has 0 rows; " in shown.err
    assert "\n  fact_inventory has 0 rows; the active publication has 2\n" in shown.err
    assert "activate it with --confirm" in shown.err
    assert f"Publication {newer.publication_id} is active" in shown.out


def test_the_publication_before_comes_back(
    publisher: Publisher, first: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = publisher.publish(items=2)
    main(["activate"])

    code = main(["rollback"])

    assert code == 0
    said = f"Rolled back from {newer.publication_id} to {first.publication_id}"
    assert said in capsys.readouterr().out


def test_the_status_names_store_active_and_kept(
    first: Manifest, folder_store: FolderStore, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    code = main(["status"])

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert ["store", folder_store.address] in lines
    assert ["active", "publication", first.publication_id] in lines
    assert any(line[:2] == ["kept", first.publication_id] for line in lines)
    assert any(line[0] == "cache" for line in lines)


def test_the_status_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["status"])

    assert code == 1
    assert "holds no metadata.json" in capsys.readouterr().err


def test_every_fault_of_the_settings_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAROL_KEEP_SNAPSHOTS", "none")
    monkeypatch.setenv("FAROL_MEMORY_LIMIT", "lots")

    code = main(["status"])

    heading, *faults = capsys.readouterr().err.splitlines()
    assert code == 1
    assert heading == "The settings have 2 fault(s):"
    assert [fault.split()[0] for fault in faults] == ["FAROL_KEEP_SNAPSHOTS", "FAROL_MEMORY_LIMIT"]


def test_a_state_that_is_no_folder_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").write_text("a file")

    code = main(["status"])

    assert code == 1
    assert "can't be made: Not a directory" in capsys.readouterr().err


def test_an_unexpected_failure_shows_a_reference_that_the_log_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("datalayer.__main__.Portal", broken)

    code = main(["status"])

    logged, told = capsys.readouterr().err.splitlines()
    assert code == 1
    assert told.endswith(json.loads(logged)["reference"])


def test_who_acted_is_recorded(first: Manifest, tmp_path: Path) -> None:
    (line,) = (tmp_path / "state" / "audit.jsonl").read_text().splitlines()

    assert json.loads(line)["actor"].startswith("cli:")


def test_a_whole_audit_log_is_told_with_its_head(
    first: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = (tmp_path / "state" / "audit.jsonl").read_bytes().rstrip(b"\n")
    capsys.readouterr()

    code = main(["verify"])

    facts = dict(each.split(maxsplit=1) for each in capsys.readouterr().out.splitlines())
    assert code == 0
    assert facts["audit"] == "log           whole"
    assert facts["entries"] == "1"
    assert facts["head"] == hashlib.sha256(line).hexdigest()


def test_a_changed_audit_log_is_a_failure_that_names_the_line(
    first: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["activate"])
    log = tmp_path / "state" / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"activated"', b'"rejected"'))
    capsys.readouterr()

    code = main(["verify"])

    shown = capsys.readouterr()
    assert code == 1
    assert "The audit log is broken: line 2 says" in shown.err
    assert shown.out == ""


def test_a_head_that_was_kept_is_sought_in_the_audit_log(
    first: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = (tmp_path / "state" / "audit.jsonl").read_bytes().rstrip(b"\n")

    found = main(["verify", "--head", hashlib.sha256(line).hexdigest()])
    said = capsys.readouterr().out
    missing = main(["verify", "--head", "0" * 64])

    assert (found, missing) == (0, 1)
    assert "line 1 of 1" in said
    assert f"No line has the SHA-256 {'0' * 64}" in capsys.readouterr().err


@pytest.mark.parametrize("head", ["", "abc", "g" * 64, "0" * 65])
def test_a_head_that_is_no_digest_is_refused(head: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["verify", "--head", head])

    assert "must be the 64 hex digits of a SHA-256" in capsys.readouterr().err


def test_an_empty_audit_log_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["verify"])

    assert code == 0
    assert "no line is chained yet" in capsys.readouterr().out


def test_the_audit_log_is_listed_without_what_a_terminal_obeys(
    first: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = AuditLog(tmp_path / "state" / "audit.jsonl")
    log.record(Identity("eve\x1b[2J\n", Role.PLANNER), "activate", "refused", None, reason="no")
    capsys.readouterr()

    code = main(["audit", "--limit", "1"])

    (line,) = capsys.readouterr().out.splitlines()
    assert code == 0
    assert line.split("  ")[1:] == ["eve\\x1b[2J\\n", "activate", "refused", "-", "reason=no"]


def test_nothing_to_prune_is_said(first: Manifest, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["prune"])

    assert code == 0
    assert "nothing to remove" in capsys.readouterr().out


def test_the_first_welcome_shows_the_password_and_the_next_how_to_set_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["welcome", "--port", "8600"])
    first_time = capsys.readouterr().out
    main(["welcome", "--port", "8600"])
    next_time = capsys.readouterr().out

    assert "http://localhost:8600" in first_time
    assert "with the password" in first_time
    assert "with the password" not in next_time
    assert "-m datalayer.access passwd admin" in next_time


def test_the_welcome_names_the_address_with_its_prefix(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAROL_PATH_PREFIX", "/farol")

    main(["welcome", "--port", "8600"])

    assert "http://localhost:8600/farol\n" in capsys.readouterr().out


def test_the_process_ends_with_the_code_of_the_command() -> None:
    failed = subprocess.run(
        [sys.executable, "-m", "datalayer", "activate"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr


def test_a_command_leaves_nothing_to_the_end_of_its_process(first: Manifest) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "datalayer", "status"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (told.returncode, told.stderr) == (0, "")
    assert first.publication_id in told.stdout


class TestNotify:
    @pytest.fixture
    def host(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReceivingHost]:
        with receiving_host(TAKEN) as host:
            monkeypatch.setenv("FAROL_PUBLIC_ORIGIN", "https://farol.example")
            monkeypatch.setenv("FAROL_WEBHOOK_HOSTS", "127.0.0.1")
            monkeypatch.setenv("FAROL_WEBHOOK_PLAIN_HTTP", "true")
            monkeypatch.setenv("FAROL_WEBHOOK_SECRET", NOTICE_SECRET)
            monkeypatch.setenv("FAROL_WEBHOOK_URL", host.url)
            yield host

    def test_an_activation_is_told_before_the_command_ends(
        self, host: ReceivingHost, first: Manifest
    ) -> None:
        (received,) = host.received

        told = json.loads(received.body)
        assert told["data"]["after"]["publication_id"] == first.publication_id

    def test_a_test_is_sent_and_said(
        self, host: ReceivingHost, first: Manifest, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["notify", "--test"]) == 0

        assert json.loads(host.received[-1].body)["type"] == "test"
        assert "127.0.0.1 took a test" in capsys.readouterr().out

    def test_the_last_notice_can_be_sent_again(self, host: ReceivingHost, first: Manifest) -> None:
        assert main(["notify"]) == 0

        once, again = host.received
        assert once.body == again.body
        assert once.headers["webhook-id"] == again.headers["webhook-id"]

    def test_a_host_that_takes_none_is_a_failure(
        self,
        first: Manifest,
        host: ReceivingHost,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("FAROL_WEBHOOK_URL", f"http://127.0.0.1:{free_port()}/")

        assert main(["notify", "--test"]) == 1

        assert "The notice was not taken: 127.0.0.1 can't be reached" in capsys.readouterr().err

    def test_without_a_webhook_there_is_nobody_to_tell(
        self, first: Manifest, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["notify"]) == 1

        assert "FAROL_WEBHOOK_URL names where notices are sent" in capsys.readouterr().err
