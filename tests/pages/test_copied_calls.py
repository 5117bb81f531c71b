"""Copy this call: the calls that the data page shows for what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import Role
from datalayer.kernel.contract.registry import ColumnType, Registry
from pages.components.copied_calls import calls_of
from tests.pages.conftest import OpenPage, texts
from tests.pages.signing_in import add_user, sign_in
from tests.publisher import Publisher

PINNED = "20261121T060000Z-1a2b3c4d"


def calls_shown(app: AppTest) -> list[str]:
    """Return the calls for curl, Python and R."""
    return [each.value for each in app.code if "/api/v1/" in each.value]


@pytest.mark.usefixtures("active")
def test_the_calls_are_of_the_publication_shown_at_the_address_of_the_browser(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand")
    app.context = {**app.context, "url": "https://farol.example/parts/data"}

    shown = calls_shown(app.run())

    pin = f"?p={active.latest.publication_id}"
    address = "https://farol.example/parts/api/v1/extracts/fact_demand"
    kinds = ("parquet", "parquet", "csv")
    assert [each.label for each in app.tabs] == ["curl", "Python", "R"]
    assert all(f'"{address}.{kind}{pin}"' in call for kind, call in zip(kinds, shown, strict=True))
    assert not any("FAROL_KEY" in call for call in shown)


def test_members_are_told_where_their_key_goes(
    open_page: OpenPage, active: Publisher, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(state, "ana", Role.ANALYST)
    monkeypatch.setenv("FAROL_ACCESS", "members")
    runtime.reset()

    app = sign_in(open_page("data.py", locale="en-US"), "ana")

    shown = calls_shown(app)
    assert len(shown) == 3
    assert all("FAROL_KEY" in call for call in shown)
    assert "environment variable FAROL_KEY" in texts(app)


def test_r_reads_every_text_as_text(registry: Registry) -> None:
    for data_set in registry.data_sets.values():
        call = calls_of("http://portal/x", data_set, PINNED, with_key=False)["R"]

        texts = [column.name for column in data_set.columns if column.type is ColumnType.TEXT]
        assert all(f'{name} = "character"' in call for name in texts)
        assert call.count('"character"') == len(texts)
