"""A drawing as a file of its own: on white, with its title, its finding and where it came from."""

from __future__ import annotations

import re
from html import escape
from textwrap import wrap
from typing import Final

from pages.components import captions
from pages.components.charts.chart import Chart

_WIDTH: Final = 480
_LINE: Final = 15
_LETTERS: Final = 78
_BOX: Final = re.compile(r'viewBox="0 0 (\d+) (\d+)"')
_INNER: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def of_chart(chart: Chart) -> bytes:
    """Return the drawing of *chart* as a whole document of SVG, UTF-8."""
    box, inner = _BOX.search(chart.svg), _INNER.search(chart.svg)
    height = int(box[2]) if box else 0
    above = [*wrap(chart.title, 52)]
    below = [*wrap(chart.alt, _LETTERS), *wrap(captions.stamp(chart.provenance), _LETTERS)]
    top = 12 + 22 * len(above)
    whole = top + height + 12 + _LINE * len(below) + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {whole}" width="960" '
        f'height="{2 * whole}" color="#1b2733" fill="#1b2733" stroke="none" '
        f'font-family="sans-serif"><rect width="{_WIDTH}" height="{whole}" fill="#ffffff"/>'
        f"{_lines(above, 26, 22, 17)}"
        f'<g transform="translate(0 {top})">{inner[1] if inner else ""}</g>'
        f"{_lines(below, top + height + 18, _LINE, 11)}</svg>"
    ).encode()


def _lines(texts: list[str], first: int, step: int, size: int) -> str:
    return "".join(
        f'<text x="12" y="{first + step * place}" font-size="{size}">{escape(text)}</text>'
        for place, text in enumerate(texts)
    )
