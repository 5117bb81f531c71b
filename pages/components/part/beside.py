"""Another publication beside the one shown, by ``?compare=``; why it can't be drawn is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from datalayer.kernel.contract.spoken import counted_in
from datalayer.kernel.errors import InvalidSelection, PortalError, SignInRequired, UnknownItem
from datalayer.kernel.sentences import Sentence
from datalayer.portal import Publication, questions
from datalayer.runtime import portal
from pages.components import access, captions, charts, frame
from pages.components.language import _, day
from pages.components.part.situation import PartSituation

COMPARE: Final = "compare"
_CODE: Final = 8


@dataclass(frozen=True, eq=False)
class ComparedPart:
    """The part in another publication.

    Attributes:
        publication: The other one; None where the address names none that can be used.
        forecast: Its forecast; None where there is none that can be drawn beside this one's.
        why_not: Why there is none, in the user's language; empty where there is.
    """

    publication: Publication | None = None
    forecast: charts.OtherForecast | None = None
    why_not: str = ""


def publication(shown: Publication) -> Publication | None:
    """Return the publication that the address wants beside *shown*; a bad one is told."""
    try:
        return _wanted(shown)
    except SignInRequired:
        raise
    except PortalError as error:
        frame.refuse(error)
    return None


def part(
    situation: PartSituation, shown: Publication, selection: charts.ChartedPart
) -> ComparedPart:
    """Return what another publication forecasts of a part, over the span of *selection*."""
    try:
        other = _wanted(shown)
        if other is None:
            return ComparedPart()
        item = other.require_item(situation.item_id).table.to_pylist()[0]
    except UnknownItem:
        return ComparedPart(why_not=_("The other publication does not have this part."))
    except SignInRequired:
        raise
    except PortalError:
        return ComparedPart()  # told where the page begins
    if counted_in(item["unit"]) != counted_in(situation.item["unit"]):
        text = _("In the other publication this part is counted in {unit}: it is not drawn here.")
        return ComparedPart(other, why_not=text.format(unit=item["unit"] or _("units")))
    if "fact_period" not in other.registry.data_sets:
        text = _("The other publication is from before there were weeks and months to draw.")
        return ComparedPart(other, why_not=text)
    return _drawn(other, situation, selection)


def say(compared: ComparedPart) -> None:
    """Draw why the other publication's forecast is not in the chart, where it isn't."""
    if compared.why_not:
        st.info(captions.literal(compared.why_not), icon=":material/compare_arrows:")


def name(publication: Publication) -> str:
    """Return another publication in a few words: its day and the end of its id."""
    text = _("forecast of {day} · {code}")
    generated = publication.manifest.generated_at.date()
    return text.format(day=day(generated), code=publication.id[-_CODE:])


def _wanted(shown: Publication) -> Publication | None:
    wanted = st.query_params.get(COMPARE)
    if not wanted:
        return None
    if wanted == shown.id:
        expected = Sentence("another publication than the one that is shown")
        raise InvalidSelection(parameter=COMPARE, found=wanted, expected=expected)
    return portal().open(wanted, access.identity())


def _drawn(
    other: Publication, situation: PartSituation, selected: charts.ChartedPart
) -> ComparedPart:
    source = _source(other, situation)
    if source is None:
        text = _("The other publication forecasts nothing of this part here.")
        return ComparedPart(other, why_not=text)
    selection = replace(selected.selection, sources=(source,))
    demand = other.table(questions.plans.periods(other.registry, selection))
    return ComparedPart(other, charts.OtherForecast(demand, source, name(other), selection))


def _source(other: Publication, situation: PartSituation) -> str | None:
    """Return the source that the other one's orders rest on; else the first that forecasts."""
    here = (situation.item_id, situation.location_id)
    rows = other.table(questions.accuracy.of_item(*here)).table.to_pylist()
    champions = [row for row in rows if row["is_champion"]]
    if champions:
        return str(max(champions, key=lambda row: row["horizon"])["source"])
    found = other.table(questions.forecasts.sources(other.registry, *here)).table
    return next(iter(found["source"].to_pylist()), None)
