"""The look of charts: colours that are told apart from the page, in light and dark, and months."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from streamlit.elements.lib import streamlit_plotly_theme

from datalayer.kernel.contract.registry import Registry
from pages.components.charts import theme as looks
from tests.pages.speaking import speaking

ROOT = Path(__file__).parents[3]


def test_colours_are_the_places_that_streamlit_fills_by_theme() -> None:
    theme = streamlit_plotly_theme
    places = [getattr(theme, f"CATEGORY_{n}") for n in range(10)]

    assert list(looks.PALETTE) == places
    assert looks.RULE == theme.GRAY_70


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_stands_out_from_its_background(theme: str) -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"][theme]
    background = config["backgroundColor"]

    faint = [c for c in config["chartCategoricalColors"] if contrast(c, background) < 3]

    assert len(config["chartCategoricalColors"]) == len(looks.PALETTE)
    assert faint == []
    assert contrast(config["textColor"], background) >= 7
    assert contrast(config["linkColor"], background) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_in_a_plot_are_read_in_their_colours(theme: str, registry: Registry) -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"][theme]
    shown = dict(zip(looks.PALETTE, config["chartCategoricalColors"], strict=True))
    with speaking("en"):
        used = {looks.source_look(source, registry).colour for source in registry.sources}
    used |= {looks.INK, looks.FORECAST, looks.ALARM, looks.ORDER, looks.TEXT}

    faint = [c for c in used if contrast(shown[c], config["backgroundColor"]) < 4.5]

    assert faint == []


@pytest.mark.parametrize(
    ("language", "months", "days"), [("pt_BR", "fev", "dom"), ("en", "Feb", "Sun")]
)
def test_months_and_days_are_named_in_the_language(language: str, months: str, days: str) -> None:
    with speaking(language):
        told = looks.config("x")["locales"]["farol"]["format"]

    assert (told["shortMonths"][1], told["shortDays"][0]) == (months, days)


def test_the_one_tool_is_the_picture() -> None:
    with speaking("en"):
        settings = looks.config("farol_use")

    assert settings["modeBarButtons"] == [["toImage"]]
    assert settings["toImageButtonOptions"]["filename"] == "farol_use"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, section 1.4.3."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
