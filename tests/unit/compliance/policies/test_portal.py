"""What the running portal must and must not do has an example that breaks it."""

from __future__ import annotations

import pytest

from datalayer.compliance.evidence.exercise import (
    AskedAddress,
    DeclaredColumns,
    DrawnPage,
    FilledColumns,
    PublishedRows,
    Routes,
    StatementAttempt,
    StatementAttempts,
    StoreAnswer,
    Use,
)
from datalayer.compliance.policies.portal import (
    WRITING,
    AllUsed,
    EverythingRefused,
    MetadataDeclared,
    MetadataFilled,
    NoInferenceRoutes,
    OnlyRefreshWrites,
    WriteRefused,
)

PAGE = DrawnPage(page="forecast", language="en", problems=())
ADDRESS = AskedAddress(path="/api/v1/items", status=200)
DECLARED = {"fact_forecast": dict.fromkeys(("model_version", "generated_at", "source"), True)}
LOCKED = "Invalid Input Error: the configuration has been locked"


@pytest.mark.parametrize(
    "use",
    [
        Use((PAGE.model_copy(update={"problems": ("it broke",)}),), (ADDRESS,)),
        Use((PAGE,), (ADDRESS.model_copy(update={"status": 500}),)),
        Use((PAGE,), (ADDRESS.model_copy(update={"status": 403}),)),
        Use((), (ADDRESS,)),
        Use((PAGE,), ()),
    ],
)
def test_a_page_or_address_that_was_not_used_is_found(use: Use) -> None:
    assert list(AllUsed().findings(Use((PAGE,), (ADDRESS,)))) == []
    assert len(list(AllUsed().findings(use))) == 1


@pytest.mark.parametrize(
    "path",
    ["/predict", "/api/v1/forecast", "/api/v1/inference/x", "/train", "/retrain", "/optimize",
     "/features", "/preprocess", "/model/metrics", "/api/v1/models/{id}",
     "/predict-batch", "/items:predict", "/train.json"],
)  # fmt: skip
def test_an_address_that_infers_is_found(path: str) -> None:
    assert len(list(NoInferenceRoutes().findings(Routes((("GET", path),))))) == 1


def test_addresses_of_what_was_forecast_are_trusted() -> None:
    routes = Routes((("GET", "/api/v1/forecasts/summary"), ("GET", "/api/v1/items/{model}")))

    assert list(NoInferenceRoutes().findings(routes)) == []


def test_an_address_that_writes_is_found_and_so_is_a_refresh_that_is_missing() -> None:
    refresh = ("POST", "/api/v1/data/refresh")

    assert list(OnlyRefreshWrites().findings(Routes(tuple(WRITING)))) == []
    assert list(OnlyRefreshWrites().findings(Routes((refresh, ("DELETE", "/api/v1/items"))))) == [
        "DELETE /api/v1/items changes something; only refresh and roll-back may",
        "POST /api/v1/data/rollback is missing",
    ]


def test_a_result_without_all_of_the_metadata_is_found_in_the_contract() -> None:
    columns = {"fact_forecast": {**DECLARED["fact_forecast"], "source": False, "q025": True}}

    assert list(MetadataDeclared().findings(DeclaredColumns(columns))) == [
        "fact_forecast.source may be empty; the registry must require it",
        "fact_forecast has no column dataset_id; the registry must declare it",
    ]


def test_data_that_is_no_result_needs_to_say_only_where_it_comes_from() -> None:
    columns = {"dim_item": {"item_id": True, "dataset_id": True, "generated_at": True}}

    assert list(MetadataDeclared().findings(DeclaredColumns(columns))) == []


def test_rows_without_metadata_are_found() -> None:
    filled = FilledColumns(
        data_set="fact_forecast",
        rows=1200,
        filled={"model_version": 1200, "generated_at": 1200, "source": 1150},
    )

    assert list(MetadataFilled().findings(PublishedRows("p", (filled,), DECLARED))) == [
        "50 of 1,200 rows of fact_forecast have no source"
    ]


def test_a_data_set_that_was_not_looked_at_is_found() -> None:
    assert list(MetadataFilled().findings(PublishedRows("p", (), DECLARED))) == [
        "fact_forecast was not looked at; every data set must be"
    ]


@pytest.mark.parametrize(
    ("refused", "answer"), [(False, ""), (True, "IO Error: could not reach the host")]
)
def test_a_statement_that_was_run_or_tried_is_found(refused: bool, answer: str) -> None:
    good = StatementAttempt(statement="set x = 1", refused=True, answer=LOCKED)
    bad = StatementAttempt(statement="install httpfs", refused=refused, answer=answer)

    assert list(EverythingRefused().findings(StatementAttempts((good,)))) == []
    (found,) = EverythingRefused().findings(StatementAttempts((good, bad)))
    assert "install httpfs" in found


def test_a_database_that_was_asked_nothing_is_found() -> None:
    assert len(list(EverythingRefused().findings(StatementAttempts(())))) == 1


@pytest.mark.parametrize("writable", ["yes", "unknown"])
def test_a_store_that_took_a_write_or_gave_no_answer_is_found(writable: str) -> None:
    store = StoreAnswer(address="s3://farol", writable="no", problem="")

    assert list(WriteRefused().findings(store)) == []
    assert len(list(WriteRefused().findings(store.model_copy(update={"writable": writable})))) == 1


def test_a_publication_without_rows_proves_nothing() -> None:
    empty = PublishedRows("p", (FilledColumns(data_set="a", rows=0, filled={}),), {"a": {}})

    assert list(MetadataFilled().findings(empty)) == ["Publication p has no row; it must have some"]
