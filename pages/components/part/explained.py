"""How the number came about: the rule of the order with a part's published numbers put in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from datalayer.portal import Publication, move_reasons, order_rule
from pages.components import exceptions, policy_followed
from pages.components.language import _, current, percent, quantity
from pages.components.part import repairs
from pages.components.part.situation import PartSituation
from pages.components.units import amount

Row = Mapping[str, Any]

SHOWN_MOVES: Final = 5
"""Most moves of a place that are explained; the list of moves has them all."""


def show(
    situation: PartSituation, publication: Publication, moves: Sequence[move_reasons.MoveReason]
) -> None:
    """Draw it, folded, with why it is moved and all else that stands out about the part."""
    with st.expander(_("How the number came about"), icon=":material/calculate:"):
        lines = "".join(f"<li>{escape(line)}</li>" for line in steps(situation))
        st.html(f'<ol class="farol-explained">{lines}</ol>')
        if moves:
            st.markdown(_("Why it is moved"))
            texts = (each.why.in_language(current()) for each in moves[:SHOWN_MOVES])
            st.html("".join(f"<p>{escape(text)}</p>" for text in texts))
        if reasons := situation.results.get("fact_exception"):
            exceptions.of_part(
                reasons,
                situation.item_id,
                registry=publication.registry,
                manifest=publication.manifest,
            )


def steps(situation: PartSituation) -> list[str]:
    """Return the steps from expected demand to the quantity, each with its numbers."""
    stock = situation.stock or {}
    if stock.get("policy") == policy_followed.NOT_STOCKED:
        return [policy_followed.not_stocked_text()]
    if stock.get("reorder_point") is None:
        return [_("No reorder point is published of this part here, so no order is worked out.")]
    repair = situation.repair
    return [
        *_reorder_point(stock, is_repaired=repair is not None),
        *_position(stock, is_repaired=repair is not None),
        *(repairs.bought_instead(repair, stock) if repair else ()),
        *_quantity(stock),
        *_avoided(situation),
    ]


def _reorder_point(stock: Row, *, is_repaired: bool) -> Iterator[str]:
    demand, days = stock.get("lead_time_demand"), stock.get("lead_time_days")
    if demand is not None:
        text = (
            _(
                "When a delivery comes, in {days}, {demand} are expected to be missing: in repair, "
                "or beyond it."
            )
            if is_repaired
            else _("Until a delivery comes, in {days}, {demand} are expected to be used.")
        )
        yield text.format(days=amount(days, "d"), demand=quantity(demand))
        text = _(
            "Reorder point = {demand} + safety stock {safety} = {point}: demand stays at or below "
            "it in {level} of cases."
        )
        level = stock.get("planned_service_level") or stock.get("service_level")
        yield text.format(
            demand=quantity(demand),
            safety=quantity(stock["safety_stock"]),
            point=quantity(stock["reorder_point"]),
            level=percent(level),
        )
    asked, planned = stock.get("service_level"), stock.get("planned_service_level")
    if stock.get("policy") == policy_followed.BY_PRICE:
        yield _(
            "That level comes of the price of a tower-hour: it is as high as the part is worth its "
            "cost, whatever service its criticality asks for."
        )
    elif asked is not None and planned is not None and planned > asked:
        text = _(
            "{asked} are asked; planned for {planned}, which it took in earlier windows to get it."
        )
        yield text.format(asked=percent(asked), planned=percent(planned))


def _position(stock: Row, *, is_repaired: bool) -> Iterator[str]:
    if stock["current_stock"] is None:
        return
    position = order_rule.position_of(stock) or 0.0
    coming = (
        _(" + on order or back from repair {count}") if is_repaired else _(" + on order {count}")
    )
    yield _follows(stock, position).format(
        stock=quantity(stock["current_stock"]),
        moves=_moves(stock["moved"] or 0.0),
        coming=coming.format(count=quantity(stock["on_order"] or 0.0)),
        position=quantity(position),
        point=quantity(stock["reorder_point"]),
    )


def _follows(stock: Row, position: float) -> str:
    """Return what follows from a position; an order also needs a level above it to fill up to."""
    if position > stock["reorder_point"]:
        return _("Stock {stock}{moves}{coming} = {position}, above {point}: nothing is ordered.")
    if not stock["order_quantity"]:
        return _(
            "Stock {stock}{moves}{coming} = {position}: an order would fill up to no more, so "
            "nothing is ordered."
        )
    return _("Stock {stock}{moves}{coming} = {position}, at or below {point}: it is ordered.")


def _moves(units: float) -> str:
    if not units:
        return ""
    text = _(" + moved here {count}") if units > 0 else _(" − moved away {count}")
    return text.format(count=quantity(abs(units)))


def _quantity(stock: Row) -> Iterator[str]:
    up_to = stock.get("order_up_to")
    if up_to is None or not stock["order_quantity"]:
        return
    text = _("Order = up to {up_to} − {position}{bounds} = {order}.")
    yield text.format(
        up_to=quantity(up_to),
        position=quantity(order_rule.position_of(stock) or 0.0),
        bounds=_bounds(stock),
        order=quantity(stock["order_quantity"]),
    )


def _bounds(stock: Row) -> str:
    least, multiple = stock.get("minimum_order"), stock.get("order_multiple")
    bounds = [_(", at least {count}").format(count=quantity(least))] if least else []
    if multiple:
        bounds.append(_(", in multiples of {count}").format(count=quantity(multiple)))
    elif stock.get("lot"):
        bounds.append(_(", in whole units"))
    return "".join(bounds)


def _avoided(situation: PartSituation) -> Iterator[str]:
    action = situation.after_moves
    if action is None or action["action"] != "order" or not action.get("shortage_avoided"):
        return
    text = _("Without it {lacks} are expected to lack, with it {avoided} fewer.")
    yield text.format(
        lacks=quantity(action["expected_shortage"]), avoided=quantity(action["shortage_avoided"])
    )
