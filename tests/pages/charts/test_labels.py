"""Names in a plot don't lie on each other, on a telephone either."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pages.components.charts.labels import NARROWEST_PX, Label, PlacedLabel, apart

HEIGHT_PX = 248.0


def label(text: str, share: float, height_px: float) -> Label:
    return Label(text, "2026-11-22", share, height_px, None, "#000001")


def overlap(one: PlacedLabel, other: PlacedLabel) -> bool:
    (a, b, c, d), (e, f, g, h) = one.box, other.box
    return min(b, f) > max(a, e) and min(d, h) > max(c, g)


def test_a_name_stands_right_above_what_it_names() -> None:
    (placed,) = apart([label("previsão", 1.0, 100.0)], HEIGHT_PX)

    assert 100 < placed.middle_px < 120
    assert placed.side == "right"


def test_the_first_name_has_the_first_choice() -> None:
    first, second = apart([label("a", 1.0, 100.0), label("b", 1.0, 100.0)], HEIGHT_PX)

    assert first.middle_px > 100 > second.middle_px


@given(
    st.lists(
        st.tuples(
            st.text("abcdefgh ", min_size=1, max_size=18), st.floats(0, 1), st.floats(0, 248)
        ),
        max_size=7,
    )
)
def test_names_lie_inside_the_plot_and_not_on_each_other(
    named: list[tuple[str, float, float]],
) -> None:
    placed = apart([label(*each) for each in named], HEIGHT_PX)

    for place, one in enumerate(placed):
        left, right, foot, head = one.box
        assert left >= -0.5
        assert right <= NARROWEST_PX + 0.5
        assert foot >= 0
        assert head <= HEIGHT_PX
        assert not any(overlap(one, other) for other in placed[:place])
