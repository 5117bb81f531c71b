"""Part: what to do about it, how its stock goes on, and whether its forecast can be believed."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import move_reasons
from pages.components import frame, search
from pages.components.language import _
from pages.components.part import (
    believe,
    beside,
    compared,
    decision,
    drawn,
    explained,
    first_row,
    heading,
    neighbours,
    places,
    since,
    situation,
)

publication = frame.publication()
frame.header(_("Part"))
registry, manifest = publication.registry, publication.manifest
frequency = str(manifest.lineage.get("frequency", "D"))

first_row.write(publication)
other = beside.publication(publication)
item_id = search.part(publication)
first_row.say(item_id)
item = publication.require_item(item_id).table.to_pylist()[0]
listing = neighbours.wanted(publication)
cards = situation.actions(publication, listing, item_id)
position = st.container()
heading.show(item)
location = places.choose(publication, item, cards)
with position:
    neighbours.show(publication, listing, item_id, str(location["location_id"]))

shown = situation.read(publication, item, location, None if listing is None else cards)
decision.show(shown, publication)
drawn.run_out(shown)
drawn.use(shown)
believe.show(shown, registry, frequency=frequency)
since.show(shown, publication, other)
compared.sources(shown)
compared.backtest(shown)
explained.show(shown, publication, move_reasons.of_place(publication, item_id, shown.location_id))
