"""A page that is drawn again reads nothing that it has read before: every answer is cached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from datalayer.reading.database import Database
from datalayer.runtime import portal
from tests.ordering_publications import publish_quantities
from tests.pages.conftest import ADMIN, OpenPage
from tests.publisher import Publisher

PAGES = (
    "monday.py",
    "forecast.py",
    "orders.py",
    "changes.py",
    "availability.py",
    "inventory.py",
    "accuracy.py",
    "data.py",
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the database is asked, as it is asked."""
    questions: list[str] = []

    def noting(name: str) -> Callable[..., Any]:
        whole = getattr(Database, name)

        def read(self: Database, publication_id: str, sql: str, *rest: Any) -> Any:
            questions.append(sql)
            return whole(self, publication_id, sql, *rest)

        return read

    for name in ("query", "columns", "stream"):
        monkeypatch.setattr(Database, name, noting(name))
    return questions


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_drawn_again_asks_the_database_nothing(
    open_page: OpenPage, active: Publisher, asked: list[str], page: str
) -> None:
    for quantity in (3.0, 4.0) if page == "changes.py" else ():
        publish_quantities(active, [quantity])
        portal().activate(ADMIN, confirmed=True)
    asked.clear()
    app = open_page(page)
    assert asked
    asked.clear()

    app.run()

    assert not app.exception
    assert asked == []
