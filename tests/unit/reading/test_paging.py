"""A page as JSON and as a table says the same, and knows whether rows follow."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from datalayer.reading.publication import Publication
from datalayer.reading.question import Question

ITEMS = Question(
    name="items",
    sql="select * from dim_item where item_id > $after order by item_id",
    parameters={"after": ""},
    data_sets=("dim_item",),
    order=("item_id",),
    limit=2,
    total_sql="select count(*) as rows from dim_item",
)
FORECASTS = Question(
    name="forecasts",
    sql="select item_id, source, date, forecast, generated_at from fact_forecast limit $most",
    parameters={"most": 40},
    data_sets=("fact_forecast",),
)


def asked(question: Question, **changes: object) -> Question:
    """Return *question* with other fields."""
    fields = {name: getattr(question, name) for name in question.__dataclass_fields__}
    return Question(**{**fields, **changes})


def rows_of(data: bytes) -> list[dict[str, object]]:
    return list(json.loads(b"[" + data + b"]"))


def test_json_and_table_hold_the_same_rows(publication: Publication) -> None:
    text = publication.json_page(FORECASTS)
    table = publication.table_page(FORECASTS).rows

    expected = [
        {**row, "date": row["date"].isoformat(), "generated_at": utc_text(row["generated_at"])}
        for row in table.to_pylist()
    ]
    assert rows_of(text.rows) == expected
    assert text.count == table.num_rows == 40


def utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def test_a_page_in_the_middle_says_that_more_follow_and_where(publication: Publication) -> None:
    text, table = publication.json_page(ITEMS), publication.table_page(ITEMS)

    codes = [row["item_id"] for row in rows_of(text.rows)]
    assert codes == table.rows.column("item_id").to_pylist()
    assert len(codes) == text.count == 2
    assert (text.more, table.more) == (True, True)
    assert text.last == table.last == (codes[-1],)


def test_pages_one_after_another_hold_every_row_once(publication: Publication) -> None:
    whole = [
        row["item_id"] for row in rows_of(publication.json_page(asked(ITEMS, limit=10_000)).rows)
    ]
    found: list[object] = []
    after, more = "", True

    while more:
        page = publication.json_page(asked(ITEMS, parameters={"after": after}))
        found += [row["item_id"] for row in rows_of(page.rows)]
        after, more = str(page.last[0]), page.more

    assert found == whole
    assert len(whole) > 2


def test_the_last_page_says_that_nothing_follows(publication: Publication) -> None:
    whole = publication.json_page(asked(ITEMS, limit=10_000))

    exact = publication.json_page(asked(ITEMS, limit=whole.count))

    assert not whole.more
    assert not exact.more
    assert exact.count == whole.count == whole.total


def test_no_rows_are_a_page_too(publication: Publication) -> None:
    nothing = asked(ITEMS, parameters={"after": "\U0010ffff"})

    text, table = publication.json_page(nothing), publication.table_page(nothing)

    assert (text.rows, text.count, text.more, text.last, text.sources) == (b"", 0, False, (), ())
    assert (table.rows.num_rows, table.more, table.last) == (0, False, ())


def test_the_sources_are_those_of_the_rows(publication: Publication) -> None:
    (source,) = {
        row["source"] for row in rows_of(publication.json_page(asked(FORECASTS, limit=1)).rows)
    }

    page = publication.json_page(asked(FORECASTS, limit=1))

    assert page.sources == (source,)
    assert publication.table_page(asked(FORECASTS, limit=1)).sources == (source,)


@pytest.mark.parametrize("text", ['"', "\\", "</script>", "\u2028", "ção", "\x01", "emoji 🔦"])
def test_any_text_is_written_as_json(publication: Publication, text: str) -> None:
    echo = Question("echo", "select $text as text", {"text": text}, ("dim_item",))

    assert rows_of(publication.json_page(echo).rows) == [{"text": text}]
