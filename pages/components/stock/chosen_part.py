"""The part chosen in the list: its policy in words, how likely it is to run out, and the way on."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from datalayer.kernel.contract.spoken import PIECES, counted_in
from datalayer.portal import Publication, Result, SeriesSelection, questions
from pages.components import captions, charts, frame, policy_followed, search
from pages.components.charts import ChartedPart
from pages.components.language import _, weekday
from pages.components.part import heading, repairs
from pages.components.stock import stock_address, stock_words
from pages.components.stock.stock_address import AskedStock
from pages.components.stock.stock_table import CHOSEN
from pages.components.units import amount
from pages.components.worklist.action_words import units

Row = Mapping[str, Any]


def show(publication: Publication, asked: AskedStock) -> None:
    """Draw the chosen part; nothing where none is, and what is near where there is no such part."""
    if not asked.item_id:
        return
    with st.container(key=CHOSEN, border=True):
        with search.suggesting():
            item = publication.require_item(asked.item_id).table.to_pylist()[0]
            _draw(publication, asked, item)
        st.button(_("Close the part"), key="farol-stock-close", type="tertiary", on_click=_close)


def _close() -> None:
    page = st.query_params.get(stock_address.PAGE, "")
    stock_address.write(**{stock_address.ITEM: ""})
    if page:
        st.query_params[stock_address.PAGE] = page


def _draw(publication: Publication, asked: AskedStock, item: Row) -> None:
    code, place = str(item["item_id"]), asked.wanted.location_id
    st.header(captions.literal(f"{code} · {item['name']}"), anchor=False)
    st.caption(captions.literal(heading.classes(item)))
    found = publication.table(questions.inventory.of_item(code, place))
    stock = next(iter(found.table.to_pylist()), None)
    repair = _repair(publication, code, place)
    if stock is None:
        _elsewhere(publication, asked, code)
    else:
        _policy(publication, item, stock, repair, found)
    if "fact_lead_time" in publication.registry.data_sets:
        _dots(publication, item, place, stock or {}, is_repaired=repair is not None)
    frame.link(
        "forecast.py",
        _("Open the part: when it runs out, how much is used"),
        item=code,
        location_id=place,
    )


def _elsewhere(publication: Publication, asked: AskedStock, code: str) -> None:
    """Say that no stock of the part is planned here, and where it is."""
    text = _("No stock of this part is planned at {place}.")
    st.info(
        captions.literal(text.format(place=asked.place_name)),
        icon=":material/inventory_2:",
    )
    places = publication.table(questions.inventory.places(code)).table.to_pylist()
    with st.container(horizontal=True, gap="small"):
        for row in places:
            location = str(row["location_id"])
            parameters = {stock_address.ITEM: code, stock_address.PLACE: location}
            frame.link("inventory.py", captions.literal(stock_words.place_name(row)), **parameters)


def _policy(
    publication: Publication, item: Row, stock: Row, repair: Row | None, found: Result
) -> None:
    currency = str(publication.manifest.lineage.get("currency", ""))
    position = {**stock, "unit": item["unit"]}
    cost = item["unit_cost"]
    value = (
        None if cost is None or stock["current_stock"] is None else cost * stock["current_stock"]
    )
    moved, ordered = stock_words.moved(position), repairs.ordered(stock, repair)
    told = (
        (_("Stock"), _stock(position)),
        *([(_("Moves"), moved)] if moved else []),
        (_("On order"), _units({**position, "on_order": ordered}, "on_order")),
        *([(_("Repair"), repairs.told(repair))] if repair else []),
        (_("Days of cover"), stock_words.cover(position)),
        (stock_words.runs_out_heading(), stock_words.run_out(position)),
        (_("Order by"), stock_words.order_by(position)),
        (_("Proposed order"), _units(position, "order_quantity")),
        (_("Value of the stock"), stock_words.money(value, currency)),
        (_("Lead time"), _lead_time(stock)),
    )
    facts = "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in told
    )
    st.markdown(captions.literal(policy_text(position, is_repaired=repair is not None)))
    st.html(f'<dl class="farol-policy">{facts}</dl>')
    captions.show(found.provenance, of="policy")


def policy_text(stock: Row, *, is_repaired: bool = False) -> str:
    """Return how a part is planned, in words: when to order, how much, and for which service.

    Args:
        stock: A row of fact_inventory, with the part's unit.
        is_repaired: Whether what fails comes back from repair.
    """
    if stock["policy"] == policy_followed.NOT_STOCKED:
        return policy_followed.not_stocked_text()
    return " ".join(filter(None, (_when(stock, is_repaired), _how_much(stock), _service(stock))))


def _when(stock: Row, is_repaired: bool) -> str:
    if stock["reorder_point"] is None:
        return _("No reorder point is published for this part here.")
    text = {
        (False, False): _("Order when stock and open orders together fall to {point}."),
        (True, False): _("Order when stock, moves and open orders together fall to {point}."),
        (False, True): _(
            "Order when stock, open orders and what comes back from repair together fall to "
            "{point}."
        ),
        (True, True): _(
            "Order when stock, moves, open orders and what comes back from repair together fall to "
            "{point}."
        ),
    }[bool(stock["moved"]), is_repaired]
    return text.format(point=_units(stock, "reorder_point"))


def _how_much(stock: Row) -> str:
    told = []
    if stock["order_up_to"] is not None:
        told.append(_("an order fills up to {level}").format(level=_units(stock, "order_up_to")))
    if stock["minimum_order"]:
        told.append(_("is at least {count}").format(count=_units(stock, "minimum_order")))
    if stock["order_multiple"]:
        multiple = _units(stock, "order_multiple")
        told.append(_("comes in multiples of {count}").format(count=multiple))
    text = ", ".join(told)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _service(stock: Row) -> str:
    asked, planned = stock["service_level"], stock["planned_service_level"]
    if asked is None:
        return _("No service level is published for it.")
    text = _("The service asked is {asked}").format(asked=stock_words.share(asked))
    if planned is not None and planned != asked:
        more = (
            _("planned with {planned}, which is what it is worth at the price of a tower-hour")
            if stock["policy"] == policy_followed.BY_PRICE
            else _("planned with {planned}, so that it is achieved")
        )
        text = f"{text}, {more.format(planned=stock_words.share(planned))}"
    return f"{text}."


def _stock(stock: Row) -> str:
    if stock["current_stock"] is None:
        return _("not known")
    return _("{count} on {day}").format(
        count=_units(stock, "current_stock"), day=weekday(stock["as_of"], stock["as_of"])
    )


def _lead_time(stock: Row) -> str:
    days = stock["lead_time_days"]
    return _("not known") if days is None else amount(days, "d")


def _units(stock: Row, column: str) -> str:
    if stock[column] is None:
        return _("not known")
    return units({"quantity": stock[column], "unit": stock["unit"]})


def _dots(
    publication: Publication, item: Row, place: str, stock: Row, *, is_repaired: bool
) -> None:
    code, unit = str(item["item_id"]), str(item["unit"] or "")
    rows = publication.table(
        questions.data_sets.of_part(publication.registry, "fact_lead_time", code, place)
    )
    part = ChartedPart(
        selection=SeriesSelection(code, place),
        registry=publication.registry,
        unit="" if counted_in(unit) == PIECES else unit,
        subject=heading.subject(item),
    )
    chart = charts.dot_plot(rows, part, stock, is_repaired=is_repaired)
    st.subheader(_("How likely it is to last"), anchor=False)
    if chart.svg:
        st.markdown(captions.literal(f"{chart.alt} {_dots_told(is_repaired=is_repaired)}"))
    charts.show(chart, key="dots")


def _repair(publication: Publication, code: str, place: str) -> Row | None:
    """Return how the part is repaired here; None of one that isn't."""
    rows = publication.table(questions.inventory.repaired([code], place)).table.to_pylist()
    return next(iter(rows), None)


def _dots_told(*, is_repaired: bool) -> str:
    if is_repaired:
        return _("Each dot is one case; filled are those in which more is missing than is there.")
    return _("Each dot is one case; filled are those in which more is used than is there.")
