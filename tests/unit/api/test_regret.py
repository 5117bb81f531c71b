"""The regret ledger over the API: rows by group, and none where a publication has no ledger."""

from __future__ import annotations

from fastapi import FastAPI

from datalayer.portal import Portal
from tests.portals import ADMIN, get
from tests.publisher import Publisher


def test_of_a_publication_without_a_ledger_there_are_no_rows(
    api: FastAPI, portal: Portal, publisher: Publisher
) -> None:
    tables = dict(publisher.tables(salt="silent"))
    del tables["agg_regret"]
    publisher.publish(tables=tables, salt="silent")
    portal.activate(ADMIN, confirmed=True)

    page = get(api, "/v1/regret").json()

    assert (page["data"], page["total"]) == ([], 0)


def test_a_rule_that_there_is_not_is_refused(shared_api: FastAPI) -> None:
    assert get(shared_api, "/v1/regret?rule=perfect").status_code == 422
