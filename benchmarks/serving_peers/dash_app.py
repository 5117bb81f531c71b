"""The two charts of a part in a Dash application: the same figures, made of the same rows.

    python -m benchmarks.serving_peers.dash_app --port 8050 --packages FOLDER

It reads the active publication of ``FAROL_STORE`` and ``FAROL_STATE`` with the portal's questions,
in its own process, and draws with the portal's functions; so what differs is who serves the page
and brings the figures to the screen. FOLDER has Dash; all else is of this environment.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from datalayer.portal import Portal, Publication, SeriesSelection, questions
from datalayer.settings import Settings
from pages.components import charts, language
from pages.components.charts import theme
from pages.components.part import situation

ROOT = Path(__file__).parents[2]


def figures(publication: Publication, item_id: str) -> list[go.Figure]:
    """Return both charts of a part in the whole network, over the year that a page begins with."""
    language.speak("en")
    item = publication.require_item(item_id).table.to_pylist()[0]
    shown = situation.read(publication, item, {"location_id": "network", "name": ""}, None)
    registry, manifest = publication.registry, publication.manifest
    start, end = charts.span_of("1y", manifest.data_through)
    sources = tuple(dict.fromkeys([*shown.sources, "naive"]))
    projection = questions.plans.projection(registry, manifest, item_id, "network")
    chosen = SeriesSelection(item_id, "network", sources=sources, start=start, end=end)
    periods = questions.plans.periods(registry, chosen)
    run_out = charts.run_out(
        publication.table(projection),
        shown.stock,
        None,
        orders=shown.rows("fact_open_order"),
        part=charts.ChartedPart(
            selection=SeriesSelection(item_id, "network"),
            registry=registry,
            unit="units",
            subject=item_id,
        ),
    )
    use = charts.use(
        publication.table(periods),
        part=charts.ChartedPart(
            selection=chosen,
            registry=registry,
            unit="units",
            subject=item_id,
        ),
    )
    return [_coloured(run_out.figure), _coloured(use.figure)]


def _coloured(figure: go.Figure) -> go.Figure:
    """Return *figure* with the colours that the light theme has in the places of its palette."""
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]["light"]
    text = figure.to_json()
    places = zip(theme.PALETTE, config["chartCategoricalColors"], strict=True)
    for place, colour in (*places, (theme.RULE, "#5B6770"), (theme.GROUND, "#FFFFFF")):
        text = text.replace(place, colour)
    return go.Figure(json.loads(text), skip_invalid=True)


def application(publication: Publication) -> Any:  # noqa: ANN401 - Dash has no types
    """Return the application: a choice of parts, and the charts of the one chosen."""
    import dash

    parts = publication.table(questions.search.parts("", 10_000)).table
    codes = parts["item_id"].to_pylist()
    page = dash.Dash("farol-peer", title="Farol peer", update_title="")
    page.layout = dash.html.Div(
        [
            dash.dcc.Location(id="address"),
            dash.dcc.Dropdown(codes, id="part", clearable=False),
            dash.dcc.Graph(id="run-out", config={"displayModeBar": False}),
            dash.dcc.Graph(id="use", config={"displayModeBar": False}),
        ]
    )

    @page.callback(dash.Output("part", "value"), dash.Input("address", "search"))
    def _chosen(search: str) -> str:
        return search.partition("item=")[2].partition("&")[0] or codes[0]

    @page.callback(
        dash.Output("run-out", "figure"),
        dash.Output("use", "figure"),
        dash.Input("part", "value"),
        prevent_initial_call=True,
    )
    def _draw(item_id: str) -> list[go.Figure]:
        return figures(publication, item_id)

    return page


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--packages", required=True)
    asked = parser.parse_args()
    sys.path.append(asked.packages)
    publication = Portal(Settings.load()).open()
    application(publication).run(host="127.0.0.1", port=asked.port, debug=False)


if __name__ == "__main__":
    main()
