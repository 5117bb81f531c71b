"""The forecast page: one part by link or search, its chart, caption, table and file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.reading import questions
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher

pytestmark = pytest.mark.usefixtures("active")
WIRE_BYTES = 50 * 1024
LATER = timedelta(minutes=1)

Row = dict[str, Any]


def chart(app: AppTest) -> dict[str, object]:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def trace_names(app: AppTest) -> set[str]:
    return {trace["name"] for trace in chart(app)["data"] if trace.get("name")}


def test_a_link_opens_its_part(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00002")

    assert app.header[0].value == "P00002 · Conector RF fêmea 7/16"
    assert "Conector RF fêmea" in app.get("plotly_chart")[0].proto.alt


def test_without_a_part_in_the_link_the_first_exception_is_shown(open_page: OpenPage) -> None:
    app = open_page("forecast.py")

    first = runtime.portal().open().table(questions.exceptions.first(1)).table["item_id"][0].as_py()
    assert app.header[0].value.startswith(first)


def test_a_part_named_like_markup_is_only_text(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="<b>`x`")

    assert not app.exception
    assert app.warning


def test_the_champion_is_drawn_until_others_are_asked_for(open_page: OpenPage) -> None:
    alone = trace_names(open_page("forecast.py", item="P00001"))
    both = trace_names(open_page("forecast.py", item="P00001", sources="arima,naive"))

    assert {"Usado", "previsão"} <= alone
    assert both - alone == {"repetir o passado"}


def republish(publisher: Publisher, **changes: Callable[[list[Row]], list[Row]]) -> None:
    """Publish the same story again with the rows of some data sets changed, and activate it."""
    later = publisher.latest.generated_at + LATER
    tables = dict(publisher.tables(generated_at=later))
    for name, change in changes.items():
        rows = change(tables[name].to_pylist())
        tables[name] = pa.Table.from_pylist(rows, schema=tables[name].schema)
    publisher.publish(generated_at=later, tables=tables)
    runtime.portal().activate(ADMIN)


def without(**values: str) -> Callable[[list[Row]], list[Row]]:
    """Return what leaves out the rows that have these values."""
    return lambda rows: [row for row in rows if not values.items() <= row.items()]


def test_the_champion_is_that_of_the_longest_horizon(
    open_page: OpenPage, active: Publisher
) -> None:
    def with_another_champion_at_a_shorter_horizon(rows: list[Row]) -> list[Row]:
        shorter = [
            row | {"horizon": 7, "is_champion": row["source"] == "naive", "n_obs": 14}
            for row in rows
        ]
        key = itemgetter("item_id", "location_id", "source", "horizon")
        return sorted([*rows, *shorter], key=key)

    republish(active, fact_metrics=with_another_champion_at_a_shorter_horizon)

    app = open_page("forecast.py", item="P00001")

    assert app.pills[0].options == ["ARIMA (campeã)", "Ingênua sazonal"]
    assert "até 14 dias à frente" in texts(app)


def test_a_part_without_a_backtest_has_no_champion_and_says_why(
    open_page: OpenPage, active: Publisher
) -> None:
    republish(active, fact_metrics=without(item_id="P00001"))

    app = open_page("forecast.py", item="P00001")

    assert app.pills[0].options == ["ARIMA", "Ingênua sazonal"]
    assert "curto demais para testar" in app.warning[0].value


def test_a_part_without_a_forecast_is_refused_one(open_page: OpenPage, active: Publisher) -> None:
    republish(
        active,
        fact_forecast=without(item_id="P00006"),
        agg_daily=without(category="unclassified"),
    )

    app = open_page("forecast.py", item="P00006")

    assert "curto demais para prevê-la" in app.warning[0].value
    assert trace_names(app) == {"Usado"}


def test_choosing_sources_puts_them_into_the_address(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001")

    app.pills[0].set_value(["arima", "naive"]).run()

    assert app.query_params["sources"] == "arima,naive"


def test_an_unknown_source_is_refused_with_the_known_ones(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001", sources="oracle")

    assert "oracle" in app.error[0].value
    assert "arima" in app.error[0].value


def test_something_that_is_no_date_is_refused(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001", start="yesterday")

    assert "yesterday" in app.error[0].value


def test_dates_in_the_link_bound_what_is_drawn(open_page: OpenPage, active: Publisher) -> None:
    start = active.published[0].data_through.isoformat()

    app = open_page("forecast.py", item="P00001", start=start)

    observed = next(t for t in chart(app)["data"] if t.get("name") == "Usado")
    assert observed.get("x0", observed.get("x", [""])[0]) == start


def test_the_chart_bears_its_caption(open_page: OpenPage) -> None:
    caption = next(
        c.value for c in open_page("forecast.py").caption if c.value.startswith("Gerado em")
    )

    assert "modelo 2026.11.0" in caption
    assert "fonte ARIMA" in caption
    assert "conjunto demand-2026-11" in caption
    assert "(UTC−3)" in caption


def test_assumed_figures_are_labelled(open_page: OpenPage) -> None:
    said = texts(open_page("forecast.py", item="P00001"))

    assert "prazo de entrega 14 dias (presumido)" in said
    assert "ponto de pedido 20 unidades (presumido)" not in said


def test_observed_coverage_stands_beside_the_nominal_one(open_page: OpenPage) -> None:
    said = texts(open_page("forecast.py", item="P00001"))

    assert "a faixa de 80% conteve 81%" in said


def test_the_table_is_off_the_wire_until_it_is_opened(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001")
    assert not app.table

    app.session_state["forecast-taken"] = True
    app.run()

    table = app.table[0].value
    assert list(table.columns) == [
        "Data",
        "Usado",
        "previsão",
        "80%, de",
        "80%, até",
        "95%, de",
        "95%, até",
    ]
    dates = list(table["Data"])
    assert dates == sorted(dates, reverse=True)


def test_a_chart_keeps_to_the_wire_budget(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001", sources="arima,naive")

    assert app.get("plotly_chart")[0].proto.ByteSize() <= WIRE_BYTES
