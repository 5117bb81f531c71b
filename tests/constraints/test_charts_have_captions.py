"""A chart can't be drawn without its caption, because one function draws both."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SHOWING = PROJECT / "pages/components/charts/showing.py"
PAGES = sorted((PROJECT / "pages").rglob("*.py"))
DRAWING = {
    "altair_chart",
    "area_chart",
    "bar_chart",
    "echarts_chart",
    "graphviz_chart",
    "line_chart",
    "map",
    "plotly_chart",
    "pydeck_chart",
    "pyplot",
    "scatter_chart",
    "vega_lite_chart",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def attributes(tree: ast.AST) -> Iterator[str]:
    """Yield every attribute and imported name, whatever it is called on or as."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def keywords(tree: ast.AST) -> Iterator[str | None]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (keyword.arg for keyword in node.keywords)


@pytest.mark.parametrize("path", [p for p in PAGES if p != SHOWING], ids=name_of)
def test_nothing_but_one_module_draws_charts(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert DRAWING & set(attributes(tree)) == set()
    assert "chart_data" not in set(keywords(tree))


def test_one_function_draws_and_it_captions_what_it_drew() -> None:
    tree = ast.parse(SHOWING.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]

    drawing = [f for f in functions if "plotly_chart" in set(attributes(f))]

    assert [f.name for f in drawing] == ["show"]
    around = drawing[0].body[-1]
    assert isinstance(around, ast.With)
    assert "captions.show(chart.provenance, of=key)" in [ast.unparse(each) for each in around.body]
