"""Tables of the pages: what their cells say."""

from __future__ import annotations

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest


def page_of_shares() -> None:
    """Draw a table of shares, whole hundredths of them and others, beside a number that is none."""
    import pyarrow as pa
    import streamlit as st

    from pages.components import language, tables

    language.speak(st.session_state["language"])
    rows = {"whole": [0.35, -1.2, None], "finer": [0.975, 0.8, None], "ratio": [0.35, 1.25, None]}
    tables.draw(pa.table(rows), key="shares", shares=("whole", "finer"))


@pytest.mark.parametrize(
    ("language", "whole", "finer", "ratio"),
    [
        ("pt_BR", ["35%", "-120%", "–"], ["97,5%", "80,0%", "–"], ["0,35", "1,25", "–"]),
        ("en", ["35%", "-120%", "–"], ["97.5%", "80.0%", "–"], ["0.35", "1.25", "–"]),
    ],
)
def test_shares_are_told_as_percentages_and_other_numbers_as_they_are(
    language: str, whole: list[str], finer: list[str], ratio: list[str]
) -> None:
    app = AppTest.from_function(page_of_shares)
    app.session_state["language"] = language
    app.run()

    assert not app.exception
    drawn = pa.ipc.open_stream(app.table[0].proto.arrow_data.styler.display_values).read_all()
    assert [column.to_pylist() for column in drawn.columns] == [whole, finer, ratio]
