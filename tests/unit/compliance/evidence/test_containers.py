"""Dockerfiles and compose files are read as their tools read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datalayer.compliance.evidence.compose import filled_in
from datalayer.compliance.evidence.compose_ways import compose_paths, find_ways
from datalayer.compliance.evidence.dockerfile import read_dockerfile
from datalayer.kernel.errors import EvidenceMissing, NotCheckable
from tests.portals import ROOT


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_continued_lines_comments_and_here_documents_are_one_instruction(tmp_path: Path) -> None:
    text = (
        "FROM a:1 AS first\n"
        "RUN one \\\n# a comment\n  two\n"
        "RUN <<EOF\nthree\nfour\nEOF\n"
        "FROM b:2\nCOPY --from=first --chown=1 x y\n"
    )

    found = read_dockerfile(write(tmp_path / "Dockerfile", text))

    first, final = found.stages
    assert [each.text.split() for each in first.instructions] == [
        ["one", "two"],
        ["<<EOF", "three", "four"],
    ]
    assert (first.base, first.name, final.base) == ("a:1", "first", "b:2")
    assert final.instructions[0].flags == ("from=first", "chown=1")
    assert final.instructions[0].words == ("x", "y")


def test_a_dockerfile_that_ends_within_a_line_is_read_to_its_end(tmp_path: Path) -> None:
    found = read_dockerfile(write(tmp_path / "Dockerfile", "FROM a:1\nRUN one \\\n\n#\n"))

    assert found.final.instructions[0].text == "one"


@pytest.mark.parametrize("text", ["", "RUN x", "# FROM a"])
def test_a_dockerfile_without_a_base_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvidenceMissing, match="has no FROM"):
        read_dockerfile(write(tmp_path / "Dockerfile", text))


def test_what_is_not_there_can_not_be_checked(tmp_path: Path) -> None:
    with pytest.raises(NotCheckable):
        read_dockerfile(tmp_path / "Dockerfile")
    with pytest.raises(NotCheckable):
        find_ways(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "services: {}", "a: [", "a: 1"])
def test_a_compose_file_without_services_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvidenceMissing):
        find_ways(write(tmp_path / "docker-compose.yml", text).parent)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A:-x}", "x"),
        ("${A-x}", "x"),
        ("${A}:${B:?must be}", ":"),
        ("$A/y", "/y"),
        ("${A:-${B:-z}}", "z"),
        ("plain", "plain"),
    ],
)
def test_variables_have_their_defaults(text: str, expected: str) -> None:
    assert filled_in(text) == expected


def test_a_value_takes_the_place_of_a_default_and_nothing_within_it_is_filled_in() -> None:
    assert (
        filled_in("${A:-x}/${B-y}/${C:?z}/$D", {"A": "1", "C": "a${C}", "D": "4"}) == "1/y/a{C}/4"
    )


def test_compose_files_are_known_by_name_or_by_what_stands_in_them(tmp_path: Path) -> None:
    for name in ("compose.yaml", "my-compose.yml", "docker-compose.prod.yml"):
        write(tmp_path / name, "")
    write(tmp_path / "stack.yml", "# a comment\nservices:\n  a: {}\n")
    write(tmp_path / "other.yml", "jobs:\n  services:\n")
    for folder in ("build", ".venv"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "compose.yml", "")

    assert compose_paths(tmp_path) == (
        "compose.yaml", "docker-compose.prod.yml", "my-compose.yml", "stack.yml"
    )  # fmt: skip


def test_every_file_that_a_documented_command_names_is_among_the_compose_files() -> None:
    known = {Path(each).name for each in compose_paths(ROOT)}
    documents = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"), *ROOT.glob("deploy/**/*.*")]
    named = {
        Path(found).name
        for each in (*documents, *ROOT.glob("*.yml"), *ROOT.glob("ml_jobs/*.yml"))
        if each.suffix in {".md", ".sh", ".yml"}
        for found in re.findall(r"(?:-f |[=:])([\w./-]*compose[\w.-]*\.ya?ml)", each.read_text())
    }

    assert {"docker-compose.yml", "compose.monitoring.yml", "compose.signed.yml"} <= named
    assert named <= known
