"""How much is used: what is drawn is what the table has, in words of the reader's language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import plotly.io as pio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import SeriesSelection
from pages.components.charts import Chart, ChartedPart, use
from tests.pages.charts.figures import (
    PERIODS,
    PROVENANCE,
    SUBJECT,
    THROUGH,
    Row,
    axis,
    coming_week,
    contract,
    moments,
    named,
    notes,
    numbers,
    pointed_at,
    result,
    spec,
    used_week,
    validated,
)
from tests.pages.speaking import speaking

WIRE_BYTES = 30 * 1024
USED = [used_week(back, actual) for back, actual in ((3, 4.0), (2, 0.0), (1, 2.5))]
COMING = [coming_week(ahead, forecast) for ahead, forecast in ((1, 3.0), (2, 6.0))]


def drawn(registry: Registry, rows: list[Row], *sources: str) -> Chart:
    selection = SeriesSelection("0804001", "CD-SP", sources or ("ensemble",))
    return use(
        result(rows, PERIODS),
        part=ChartedPart(
            selection=selection,
            registry=registry,
            unit="unidades por semana",
            subject=SUBJECT,
        ),
    )


def test_bars_are_what_was_used_and_the_dashed_line_what_is_forecast(registry: Registry) -> None:
    chart = drawn(registry, [*USED, *COMING])

    bars, line = named(chart, "Usado"), named(chart, "previsão")
    assert (bars["type"], bars["y"]) == ("bar", [4.0, 0.0, 2.5])
    assert (line["line"]["dash"], line["y"]) == ("dash", [3.0, 6.0])


def test_a_week_is_drawn_in_its_middle(registry: Registry) -> None:
    bars = named(drawn(registry, USED), "Usado")

    assert (bars["x0"], bars["dx"]) == ("2026-11-05T12", 7 * 86_400_000)


def test_a_lone_week_is_as_wide_as_a_week(registry: Registry) -> None:
    chart = drawn(registry, [used_week(1, 4.0), *COMING])

    assert named(chart, "Usado")["width"] == 0.75 * 7 * 86_400_000


def test_what_repeats_the_past_is_grey_dotted_and_named(registry: Registry) -> None:
    rows = [*USED, *COMING, coming_week(1, 2.0, "naive"), coming_week(2, 2.0, "naive")]

    naive = named(drawn(registry, rows, "ensemble", "naive"), "repetir o passado")

    assert naive["line"]["dash"] == "dot"
    assert naive["y"] == [2.0, 2.0]


def test_a_week_is_pointed_at_in_one_line_with_whole_units(registry: Registry) -> None:
    chart = drawn(registry, [*USED, *COMING])

    assert pointed_at(chart)[0] == "semana de 02/11: 4"
    assert pointed_at(chart)[-1] == "semana de 30/11: 6 (80%: 3 a 12)"


def test_it_is_pointed_at_in_english_too(registry: Registry) -> None:
    with speaking("en"):
        chart = drawn(registry, [*USED, *COMING])

    assert pointed_at(chart)[-1] == "week of 30 Nov: 6 (80%: 3 to 12)"


def test_a_month_is_said_by_its_name(registry: Registry) -> None:
    months = [{**row, "grain": "month", "date": date(2026, 10, 1)} for row in USED[:1]]

    assert pointed_at(drawn(registry, months)) == ["out 2026: 4"]


def test_only_one_thing_is_said_at_a_time(registry: Registry) -> None:
    rows = [*USED, *COMING, coming_week(1, 2.0, "naive")]

    chart = drawn(registry, rows, "ensemble", "naive")

    assert len(pointed_at(chart)) == len(USED) + len(COMING)


def test_the_future_begins_at_a_named_rule_and_is_shaded(registry: Registry) -> None:
    chart = drawn(registry, [*USED, *COMING])

    shade, rule = chart.figure.to_dict()["layout"]["shapes"]
    assert (rule["x0"], rule["line"]["width"]) == ("2026-11-23", 1)
    assert "dash" not in rule["line"]
    assert (shade["type"], shade["x0"]) == ("rect", rule["x0"])
    assert "dados até 22/11" in notes(chart)


def test_the_future_begins_behind_the_last_day_known_in_the_middle_of_a_week(
    registry: Registry,
) -> None:
    rows = [used_week(2, 4.0), coming_week(1, 3.0)]
    friday = replace(PROVENANCE, data_through=THROUGH - timedelta(days=2))

    chart = use(
        replace(result(rows, PERIODS), provenance=friday),
        part=ChartedPart(
            selection=SeriesSelection("0804001", sources=("ensemble",)),
            registry=registry,
            unit="",
            subject=SUBJECT,
        ),
    )

    assert chart.figure.to_dict()["layout"]["shapes"][1]["x0"] == "2026-11-21"


def test_names_stand_at_the_lines_and_there_is_no_legend(registry: Registry) -> None:
    chart = drawn(registry, [*USED, *COMING])

    assert {"previsão", "80%", "95%", "unidades por semana"} <= notes(chart)
    assert spec(chart)["layout"]["showlegend"] is False


def test_the_text_alternative_says_what_and_how_much_and_in_which_direction(
    registry: Registry,
) -> None:
    chart = drawn(registry, [*USED, *COMING])

    assert chart.alt == (
        "Peça 0804001: 2,5 usados nas últimas 2 semanas. Previsão para as próximas 2 semanas: 9, "
        "260% a mais que antes. Semana de 30/11: 8 em cada 10 casos são esperados entre 3 e 12."
    )


def test_less_than_before_is_said_in_english(registry: Registry) -> None:
    with speaking("en"):
        alt = drawn(registry, [used_week(2, 6.0), used_week(1, 6.0), *COMING]).alt

    assert "12 used in the last 2 weeks" in alt
    assert "Forecast for the next 2 weeks: 9, 25% less than before." in alt


def test_without_a_forecast_that_is_said(registry: Registry) -> None:
    assert "Não há previsão neste período." in drawn(registry, USED).alt


def test_of_nothing_no_figure_is_drawn(registry: Registry) -> None:
    chart = drawn(registry, [])

    assert chart.figure is None
    assert "Não se sabe o que foi usado." in chart.alt


def test_the_table_is_what_is_drawn_the_latest_first(registry: Registry) -> None:
    rows = [*USED, *COMING, coming_week(1, 2.0, "naive")]

    table = drawn(registry, rows, "ensemble", "naive").rows

    assert table["date"].to_pylist() == sorted((row["date"] for row in USED + COMING), reverse=True)
    assert table["actual"].to_pylist() == [None, None, 2.5, 0.0, 4.0]
    assert table["forecast ensemble"].to_pylist()[:2] == [6.0, 3.0]
    assert table["forecast naive"].to_pylist()[:2] == [None, 2.0]
    assert table["q900"].to_pylist()[:2] == [12.0, 6.0]


def test_the_call_asks_for_exactly_these_rows(registry: Registry) -> None:
    selection = SeriesSelection("08/1", "CD-SP", ("tsb",), date(2026, 1, 1), date(2026, 12, 31))

    chart = use(result(USED, PERIODS), ChartedPart(selection, registry, "", SUBJECT))

    assert chart.call.address("P1", "rfc") == (
        "api/v1/extracts/fact_period.csv?item_id=08%2F1&location=CD-SP&source=tsb"
        "&start=2026-01-01&end=2026-12-31&dialect=rfc&p=P1"
    )


def test_two_years_with_three_sources_keep_to_the_wire_budget(registry: Registry) -> None:
    sources = ("ensemble", "naive", "lstm")
    rows = [used_week(back, 3.0, source) for source in sources for back in range(1, 105)]
    rows += [coming_week(ahead, 3.0, source) for source in sources for ahead in range(1, 53)]

    chart = drawn(registry, rows, *sources)

    assert len(pio.to_json(chart.figure, validate=False)) <= WIRE_BYTES


AMOUNTS = st.one_of(st.just(0.0), st.floats(1e-9, 1e12), st.integers(0, 50).map(float))


@given(
    used=st.dictionaries(st.integers(1, 120), AMOUNTS, max_size=30),
    coming=st.dictionaries(st.integers(1, 60), AMOUNTS, max_size=30),
)
def test_nothing_is_drawn_below_zero_or_outside_of_what_is_asked_for(
    used: dict[int, float], coming: dict[int, float]
) -> None:
    rows = [used_week(back, actual) for back, actual in used.items()]
    rows += [coming_week(ahead, forecast) for ahead, forecast in coming.items()]
    with speaking("pt_BR"):
        chart = drawn(contract(), rows)
    if not rows:
        return

    figure = validated(chart)
    first = min(row["date"] for row in rows)
    last = max(row["date"] for row in rows) + timedelta(days=7)
    assert axis(chart) == (first.isoformat(), last.isoformat())
    assert all(first <= day < last for day in moments(chart))
    assert all(value >= 0 for trace in figure.data for value in numbers(trace.y))
    low, high = axis(chart, "yaxis")
    assert low == 0
    assert high > max((row.get("actual") or row.get("forecast") or 0.0) for row in rows)


@pytest.mark.parametrize(("amount", "said"), [(0.1, "0,1"), (2.25, "2,2"), (12.75, "13")])
def test_weights_are_said_with_their_fraction_while_that_counts(
    registry: Registry, amount: float, said: str
) -> None:
    assert pointed_at(drawn(registry, [used_week(1, amount)])) == [f"semana de 16/11: {said}"]


def test_the_rule_is_left_out_where_nothing_of_the_future_is_drawn(registry: Registry) -> None:
    assert (
        "shapes" not in spec(drawn(registry, USED))["layout"]
        or not spec(drawn(registry, USED))["layout"]["shapes"]
    )


def test_the_future_alone_is_drawn_from_its_beginning(registry: Registry) -> None:
    chart = drawn(registry, COMING)

    begin, _end = axis(chart)
    assert datetime.fromisoformat(begin).date() == COMING[0]["date"]


def test_a_week_that_has_begun_is_said_not_to_be_drawn(registry: Registry) -> None:
    chart = drawn(registry, [*USED, *(coming_week(ahead, 3.0) for ahead in (2, 3))])

    assert any("no meio da semana" in note for note in notes(chart))
    assert "A semana já começada não é desenhada." in chart.alt


def test_nothing_is_said_of_a_week_that_begins_with_the_forecast(registry: Registry) -> None:
    chart = drawn(registry, [*USED, *COMING])

    assert not any("no meio" in note for note in notes(chart))
    assert "não é desenhada" not in chart.alt


def test_nothing_is_said_of_it_where_another_source_alone_forecasts_at_once(
    registry: Registry,
) -> None:
    rows = [*USED, *(coming_week(ahead, 3.0, "naive") for ahead in (1, 2))]

    assert not any("no meio" in note for note in notes(drawn(registry, rows, "ensemble", "naive")))


def test_next_to_nothing_does_not_fill_the_plot(registry: Registry) -> None:
    rows = [coming_week(ahead, 0.0001) for ahead in (1, 2)]

    assert axis(drawn(registry, rows), "yaxis")[1] >= 1
