"""Clients work as printed, in docs/api.md and on the data page, against a running portal."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from time import time_ns
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.attempts import LockHolder, refresh_lock
from pages.components.copied_calls import calls_of
from tests.api_document import BLOCKS, M_TEXT, Block
from tests.integration.servers import wait_until
from tests.places_that_share import with_moves
from tests.portals import ADMIN, ROOT, make_portal
from tests.publisher import Publisher
from tests.running_portal import RunningPortal, running_portal

PROGRAMS: Mapping[str, Sequence[str]] = {
    "sh": ("bash", "-euo", "pipefail", "-c"),
    "python": (sys.executable, "-W", "error", "-c"),
    "r": ("Rscript", "--vanilla", "-e"),
}
# Nothing is torn down: pyarrow now and then aborts there, after its output (apache/arrow#34314).
ENDING = "{code}\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n"
# A block of the shell leaves its variables to those after it, as a terminal does.
KEEPING = "source ./variables\n{code}\nexport -p > ./variables\n"


@dataclass(frozen=True)
class BlockRun:
    """A block that was run, and what the document says it prints, if it does."""

    block: Block
    exit_code: int
    output: str
    errors: str
    printed: Block | None


@pytest.fixture(scope="module")
def portal_folder(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    """State and store of a portal with two publications, with moves; a third is in the store."""
    folder = tmp_path_factory.mktemp("clients")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    portal = make_portal(folder)
    try:
        for salt in ("before", ""):
            publisher.publish(salt=salt, tables=with_moves(publisher.tables(salt=salt)))
            portal.activate(ADMIN)
    finally:
        portal.close()
    publisher.publish(salt="next", tables=with_moves(publisher.tables(salt="next")))
    return folder


@pytest.fixture(scope="module")
def running(portal_folder: Path) -> Iterator[RunningPortal]:
    """That portal, served."""
    with running_portal(portal_folder) as running:
        yield running


@pytest.fixture(scope="module")
def scratch(portal_folder: Path) -> Path:
    """A folder to run code in: with the project's environment, and nothing else."""
    folder = portal_folder / "scratch"
    folder.mkdir()
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "variables").touch()
    return folder


@pytest.fixture(scope="module")
def runs(running: RunningPortal, scratch: Path) -> list[BlockRun]:
    """Every block that can be run here, run in the order of the document."""
    return [
        run(block, after, running, scratch)
        for block, after in zip(BLOCKS, [*BLOCKS[1:], None], strict=True)
        if block.language in PROGRAMS
    ]


def run(block: Block, after: Block | None, running: RunningPortal, scratch: Path) -> BlockRun:
    environment = {**running.environment, "FAROL_URL": running.address, "PYTHONPATH": str(ROOT)}
    code = KEEPING.format(code=block.text) if block.language == "sh" else block.text
    done = executed(block.language, code, scratch, {**environment, **variables(scratch)})
    printed = after if after and after.language in ("json", "text") else None
    return BlockRun(block, done.returncode, done.stdout, done.stderr, printed)


def executed(
    language: str, code: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    whole = ENDING.format(code=code) if language == "python" else code
    return subprocess.run(
        [*PROGRAMS[language], whole],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def variables(scratch: Path) -> dict[str, str]:
    """Return what the blocks of the shell have exported, for other languages."""
    exported = re.findall(r'^declare -x (\w+)="(.*)"$', (scratch / "variables").read_text(), re.M)
    return {name: value for name, value in exported if name.startswith(("FAROL_", "REFRESH_"))}


def differences(printed: object, answered: object, where: str = "") -> list[str]:
    """Return where *printed*, which may leave things out, is not the shape of *answered*."""
    if printed is None or answered is None:
        return []
    if type(printed) is not type(answered):
        return [f"{where} is {type(answered).__name__}, printed {type(printed).__name__}"]
    if isinstance(printed, dict) and isinstance(answered, dict):
        missing = [f"{where}.{name} is not answered" for name in printed.keys() - answered.keys()]
        both = printed.keys() & answered.keys()
        found = (differences(printed[name], answered[name], f"{where}.{name}") for name in both)
        return [*missing, *(each for one in found for each in one)]
    if isinstance(printed, list) and isinstance(answered, list) and printed:
        return differences(printed[0], answered[0], f"{where}[0]") if answered else [f"{where} []"]
    return []


def test_every_block_of_the_document_ends_well(runs: list[BlockRun]) -> None:
    failed = [(each.block.line, each.output, each.errors) for each in runs if each.exit_code]

    assert failed == []
    assert {each.block.language for each in runs} == set(PROGRAMS)


def test_no_answer_that_is_printed_unseen_is_a_problem(runs: list[BlockRun]) -> None:
    refused = [
        (each.block.line, each.output)
        for each in runs
        if each.printed is None and '"detail":' in each.output
    ]

    assert refused == []


def test_answers_have_the_fields_that_are_printed(runs: list[BlockRun]) -> None:
    compared = [each for each in runs if each.printed and each.printed.language == "json"]

    found = {
        each.printed.line: differences(json.loads(each.printed.text), json.loads(each.output))
        for each in compared
        if each.printed
    }

    assert len(found) >= 4
    assert {line: each for line, each in found.items() if each} == {}


def test_other_output_is_what_is_printed(runs: list[BlockRun]) -> None:
    compared = [each for each in runs if each.printed and each.printed.language == "text"]

    assert len(compared) >= 4
    assert [each.output for each in compared] == [
        each.printed.text for each in compared if each.printed
    ]


def test_the_refresh_of_the_document_activates_what_waits_and_goes_back(
    running: RunningPortal, runs: list[BlockRun]
) -> None:
    log = AuditLog(running.state / "audit.jsonl")

    def ended() -> list[tuple[str, str]]:
        own = [each for each in reversed(log.entries(1000)) if each.actor == "key:nightly"]
        return [(each.action, each.outcome) for each in own if each.outcome != "started"]

    wait_until(lambda: len(ended()) >= 2, within_s=30, problem="the roll-back did not end")
    assert ended() == [("activate", "activated"), ("roll_back", "activated")]


def test_a_refresh_by_curl_is_refused_while_another_runs(
    running: RunningPortal, scratch: Path
) -> None:
    block = next(each for each in BLOCKS if '"source": "ml_results", "force"' in each.text)
    key = running.command("datalayer.access", "key", "add", "waits", "--scope", "refresh")
    (scratch / "variables").write_text(f'declare -x REFRESH_KEY="{key.strip()}"\n')

    holder = LockHolder("tester", "activate", "noon")
    with refresh_lock(running.state / "refresh.lock", holder):
        refused = run(block, None, running, scratch)

    assert refused.exit_code == 22  # curl: "HTTP page not retrieved", with --fail-with-body
    answer = json.loads((scratch / "job.json").read_text())
    assert answer["type"] == "/api/v1/problems/refresh-in-progress"
    assert answer["status"] == 409
    assert "tester" in answer["detail"]


@pytest.mark.parametrize(
    "block",
    [each for each in BLOCKS if each.language == "powerquery"],
    ids=lambda block: f"line {block.line}",
)
def test_power_query_asks_for_what_there_is_and_names_its_types(
    running: RunningPortal, block: Block
) -> None:
    path = re.search(rf"RelativePath = {M_TEXT}", block.text)
    query = re.search(r"Query = \[(.*?)\]", block.text)
    typed = re.findall(rf"\{{{M_TEXT}, type (\w+)\}}", block.text)
    assert path
    assert query
    parameters = dict(re.findall(rf"(\w+) = {M_TEXT}", query[1]))

    rows = rows_answered(f"{running.address}/{path[1]}?{urllib.parse.urlencode(parameters)}")

    assert rows
    assert len(typed) >= 5
    for name, kind in typed:
        values = [row[name] for row in rows if row[name] not in (None, "")]
        assert [value for value in values if not is_typed(value, kind)] == []


def rows_answered(address: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(address) as answer:
        if answer.headers["Content-Type"] == "application/json":
            data: list[dict[str, Any]] = json.load(answer)["data"]
            return data
        return list(csv.DictReader(io.StringIO(answer.read().decode())))


def is_typed(value: Any, kind: str) -> bool:
    """Say whether *value* is what Power Query reads as *kind* under the culture en-US."""
    try:
        {"text": str, "number": float, "date": date.fromisoformat}[kind](value)
    except ValueError:
        return False
    return True


WRITING = {
    "curl": ("sh", "{code}"),
    "Python": ("python", "{code}\nrows.to_parquet('rows.parquet')"),
    "R": ("r", "{code}\nwrite.csv(rows, 'rows.csv', row.names = FALSE, na = '')"),
}
CHOICES = (
    "",
    "columns=name%2Citem_id&order=-name",
    "item_id=P00001&item_id=P00003&order=item_id",
    "name_contains=%27%22%24%28id%29%60id%60%5C+%3B%26%7C%23%21%5Bx%5D%7By%7D",
    "lead_time_days_min=1&unit_cost_null=false&columns=item_id%2Cunit_cost&order=-unit_cost",
)


@dataclass(frozen=True)
class CopiedCall:
    """A call as the data page shows it, and the rows that it must bring."""

    language: str
    code: str
    rows: pa.Table

    def run(self, folder: Path, key: str) -> subprocess.CompletedProcess[str]:
        """Run it in an empty *folder*; Python and R write the rows that they have."""
        program, writing = WRITING[self.language]
        return executed(program, writing.format(code=self.code), folder, {"FAROL_KEY": key})

    def rows_brought(self, folder: Path) -> list[list[str]]:
        """Return the rows that it brought, as texts."""
        if self.language == "R":
            with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
                return list(csv.reader(file))[1:]
        (file,) = folder.glob("*.parquet")
        return as_texts(pq.read_table(file))


def as_texts(table: pa.Table) -> list[list[str]]:
    """Return the rows of *table* as R writes them: 15 digits, no zeros behind the point."""
    return [
        [f"{each:.15g}" if isinstance(each, float) else _as_text(each) for each in row.values()]
        for row in table.to_pylist()
    ]


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, bool):
        return str(value).upper()
    return "" if value is None else str(value)


@pytest.fixture(params=[False, True], ids=["open", "with a key"])
def with_key(request: pytest.FixtureRequest) -> bool:
    """Whether a call carries a key."""
    return bool(request.param)


@pytest.fixture(params=list(WRITING))
def language(request: pytest.FixtureRequest) -> str:
    """The language of a copied call."""
    return str(request.param)


def copied_call(
    running: RunningPortal, language: str, choice: str, *, with_key: bool
) -> CopiedCall:
    """Return the call of the rows that *choice*, a query string, asks for; pinned."""
    address = f"{running.address}/api/v1/extracts/dim_item"
    with urllib.request.urlopen(f"{address}.parquet.metadata.json?{choice}") as answer:
        about = json.load(answer)
    asked = f"{choice}&p={about['metadata']['publication_id']}".lstrip("&")
    with urllib.request.urlopen(f"{address}.parquet?{asked}") as answer:
        rows = pq.read_table(io.BytesIO(answer.read()))
    texts = sorted(field.name for field in rows.schema if pa.types.is_string(field.type))
    flags = [field.name for field in rows.schema if pa.types.is_boolean(field.type)]
    assert "item_id" in texts
    file, table = f"{address}.parquet?{asked}", f"{address}.csv?{asked}"
    calls = calls_of(file, file, table, texts, flags, with_key=with_key)
    return CopiedCall(language, calls[language], rows)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_copied_call_brings_the_rows_of_the_file(
    running: RunningPortal, language: str, choice: str, tmp_path: Path
) -> None:
    copied = copied_call(running, language, choice, with_key=True)
    key = running.command("datalayer.access", "key", "add", f"k{time_ns()}", "--scope", "read")

    done = copied.run(tmp_path, key.strip())

    assert done.returncode == 0, done.stderr
    assert copied.rows_brought(tmp_path) == as_texts(copied.rows)


def test_a_copied_call_sends_the_key_where_one_is_needed(
    running: RunningPortal, language: str, tmp_path: Path, with_key: bool
) -> None:
    copied = copied_call(running, language, "", with_key=with_key)

    done = copied.run(tmp_path, f"farol_{'0' * 12}_{'0' * 64}")

    assert (done.returncode != 0) == with_key
    assert ("401" in done.stderr) == with_key
