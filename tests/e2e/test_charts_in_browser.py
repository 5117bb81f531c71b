"""Charts in a real browser: what is pointed at, what is taken along, and room on a telephone."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.visits import Visit

PART = "/forecast?item=85123A&lang=pt-BR"
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "pt-BR"}
PNG = b"\x89PNG\r\n\x1a\n"


def chart_of(visit: Visit) -> Locator:
    chart = visit.page.locator(".js-plotly-plot").first
    expect(chart.locator(".main-svg").first).to_be_visible()
    return chart


def boxes_of(chart: Locator, selector: str) -> list[dict[str, float]]:
    """Return where the parts of a chart are, all at the same moment: it is drawn in steps."""
    found: list[dict[str, float]] = chart.evaluate(
        """(chart, selector) => [...chart.querySelectorAll(selector)].map(
            part => part.getBoundingClientRect().toJSON())""",
        selector,
    )
    return found


def open_folded(visit: Visit) -> Locator:
    """Open what is folded under the first chart and return the button of the picture."""
    visit.page.get_by_text("Tabela, arquivos e chamada").first.click()
    button = visit.page.locator("[data-farol-picture]").first
    expect(button).to_be_visible()
    return button


def test_a_chart_is_pointed_at_in_one_line_of_the_readers_language(visit: Visit) -> None:
    visit.open(PART)
    chart = chart_of(visit)
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None

    visit.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.5)

    said = chart.locator(".hovertext")
    expect(said).to_have_count(1)
    expect(said).to_contain_text("80%: ")
    expect(chart.locator(".spikeline")).to_have_count(0)


def test_the_picture_is_made_here_by_keyboard_with_its_origin(visit: Visit, tmp_path: Path) -> None:
    visit.open(PART)
    chart_of(visit)
    button = open_folded(visit)
    button.focus()

    with visit.page.expect_download() as download:
        visit.page.keyboard.press("Enter")

    picture = tmp_path / "chart.png"
    download.value.save_as(picture)
    assert picture.read_bytes().startswith(PNG)
    assert download.value.suggested_filename.startswith("farol_")
    caption = button.get_attribute("data-caption") or ""
    assert "publicação" in caption


def test_the_chart_is_as_it_was_after_its_picture(visit: Visit) -> None:
    visit.open(PART)
    chart = chart_of(visit)
    button = open_folded(visit)
    texts = "chart => chart.layout.annotations.map(note => note.text)"
    before = chart.evaluate(texts)

    with visit.page.expect_download():
        button.click()

    assert chart.evaluate(texts) == before


def test_plotlys_own_tools_are_neither_seen_nor_reached(visit: Visit) -> None:
    visit.open(PART)
    chart = chart_of(visit)

    expect(chart.locator(".modebar-btn")).to_be_hidden()


@pytest.mark.parametrize("visit", [PHONE], indirect=True)
def test_no_name_lies_on_another_on_a_telephone(visit: Visit) -> None:
    visit.open(PART)
    chart = chart_of(visit)

    boxes = boxes_of(chart, ".annotation-text")

    assert len(boxes) > 3
    for one, other in combinations(boxes, 2):
        across, down = (
            min(one[at] + one[size], other[at] + other[size]) - max(one[at], other[at])
            for at, size in (("x", "width"), ("y", "height"))
        )
        assert min(across, down) <= 1


@pytest.mark.parametrize("visit", [PHONE], indirect=True)
def test_dates_below_the_axis_have_room_on_a_telephone(visit: Visit) -> None:
    visit.open(PART)
    chart = chart_of(visit)

    ends = [(box["x"], box["x"] + box["width"]) for box in boxes_of(chart, ".xtick text")]

    assert len(ends) > 1
    assert all(right < left for (_, right), (left, _) in pairwise(sorted(ends)))
