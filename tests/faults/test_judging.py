"""Answers that are wrong are found to be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.fake_data import SOURCES
from tests.faults.judging import ApiRead, Judgement, judge
from tests.faults.page_visits import judge_page
from tests.faults.publications import KnownFigures, PublicationSeries
from tests.publisher import Publisher

PART = "P00003"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    """The figures of two publications."""
    folder = tmp_path_factory.mktemp("figures")
    publications = PublicationSeries(
        Publisher(FolderStore(folder / "store"), registry), folder / "of"
    )
    for _ in range(2):
        publications.publish()
    return folder / "of"


@pytest.fixture
def known(folder: Path) -> KnownFigures:
    return KnownFigures(folder)


@pytest.fixture
def ids(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.iterdir())


def answer_of(kind: str, publication_id: str, known: KnownFigures) -> dict[str, Any]:
    """A right answer, as the API gives it."""
    figures = known.of(publication_id)
    assert figures
    rows: dict[str, list[dict[str, Any]]] = {
        "items": [{"item_id": PART, "generated_at": figures.generated_at}],
        "series": [
            {"source": None, "forecast": None, "actual": 1.0},
            *({"source": each, "forecast": figures.forecast[PART][each]} for each in SOURCES),
        ],
        "demand rows": [{"quantity": figures.demand[PART]}, {"quantity": 0.0}],
        "summary": [{"source": each, "forecast_total": figures.total(each)} for each in SOURCES],
        "exceptions": [{"rank": 1, "generated_at": figures.generated_at}],
    }
    return {
        "data": rows[kind],
        "total": figures.items,
        "metadata": {"publication_id": publication_id, "generated_at": figures.generated_at},
    }


def judged(kind: str, answer: dict[str, Any], known: KnownFigures) -> Judgement:
    return judge(ApiRead(kind, "/", PART), 200, json.dumps(answer).encode(), known)


@pytest.mark.parametrize("kind", ["items", "series", "demand rows", "summary", "exceptions"])
def test_an_answer_with_the_figures_of_its_publication_is_right(
    kind: str, known: KnownFigures, ids: list[str]
) -> None:
    judgement = judged(kind, answer_of(kind, ids[0], known), known)

    assert judgement == Judgement(ids[0])


@pytest.mark.parametrize("kind", ["items", "series", "demand rows", "summary", "exceptions"])
def test_rows_of_another_publication_are_found(
    kind: str, known: KnownFigures, ids: list[str]
) -> None:
    mixed = answer_of(kind, ids[0], known) | {
        "metadata": answer_of(kind, ids[1], known)["metadata"]
    }

    assert judged(kind, mixed, known).fault.startswith("mixed: ")


@pytest.mark.parametrize("kind", ["series", "demand rows", "summary"])
def test_a_figure_that_nobody_published_is_found(
    kind: str, known: KnownFigures, ids: list[str]
) -> None:
    answer = answer_of(kind, ids[0], known)
    for name in {"forecast", "quantity", "forecast_total"} & answer["data"][-1].keys():
        answer["data"][-1][name] += 0.001

    assert judged(kind, answer, known).fault.startswith("mixed: ")


def test_a_publication_that_was_never_published_is_found(
    known: KnownFigures, ids: list[str]
) -> None:
    answer = answer_of("items", ids[0], known)
    answer["metadata"]["publication_id"] = "20200101T000000Z-00000000"

    assert "was never published" in judged("items", answer, known).fault


@pytest.mark.parametrize(
    "body",
    [
        b"Internal Server Error",
        b'{"detail": "x"}',
        b'{"type": "/api/v1/problems/internal-error", "status": 500}',
        b'{"type": "/x", "detail": "Traceback (most recent call last):"}',
    ],
)
def test_a_refusal_that_is_no_sentence_is_found(body: bytes, known: KnownFigures) -> None:
    assert judge(ApiRead("items", "/"), 500, body, known).fault


def test_a_refusal_with_a_sentence_is_right(known: KnownFigures) -> None:
    body = b'{"type": "/api/v1/problems/temporarily-unavailable", "detail": "The disk is full"}'

    assert judge(ApiRead("items", "/"), 503, body, known) == Judgement()


def test_a_page_of_two_publications_is_found(known: KnownFigures, ids: list[str]) -> None:
    assert judge_page([f"- Publication: `{ids[0]}`", f"?p={ids[1]}"], known).fault.startswith(
        "mixed"
    )
    assert judge_page([f"- Publication: `{ids[0]}`", f"?p={ids[0]}"], known) == Judgement(ids[0])


def test_a_page_that_failed_is_found(known: KnownFigures) -> None:
    assert judge_page(["Something went wrong here."], known).fault
