"""What changed in one sentence, and what of it is not in the sum."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from datalayer.kernel.errors import PortalError
from datalayer.portal import Publication, changed_orders
from pages.components import captions, frame
from pages.components import change_amounts as amounts
from pages.components.change_words import moved_text
from pages.components.changed.asked_pair import name_of
from pages.components.changed.choosing import Places
from pages.components.changed.comparison import ComparedOrders
from pages.components.language import _, ngettext, number

SumOf = changed_orders.SumOf
LeftOut = changed_orders.LeftOut


def show(compared: ComparedOrders) -> None:
    """Draw the sentence, and under it what is not in its sum."""
    st.markdown(f"**{captions.literal(sentence(compared))}**")
    for text in not_in_the_sum(compared):
        st.caption(captions.literal(text))


def sentence(compared: ComparedOrders) -> str:
    """Return how the sum of the proposed orders moved, and what moved it most."""
    steps, measure = compared.steps, compared.measure
    if not any((steps.before, steps.after, *steps.orders)):
        return _("Nothing is proposed to be ordered in either publication.")
    ends = [amounts.told(end, measure, compared.currency) for end in (steps.before, steps.after)]
    change = amounts.change((steps.before, steps.after), measure, compared.currency)
    text = _text(steps.change, measure, is_same=ends[0] == ends[1])
    said = text.format(before=ends[0], after=ends[1], change=change)
    leading = steps.leading
    if leading is not None and ends[0] != ends[1]:
        cause = moved_text(leading.cause, up=leading.amount > 0)
        said = _("{change}: above all, {cause}").format(change=said, cause=cause)
    if measure is SumOf.ORDERS:
        return _("{sentence}.").format(sentence=said)
    # Every order counts here, with a known cost or not: it is said below which has none.
    orders = compared.orders.steps(SumOf.ORDERS).orders
    counts = [number(count, 0) for count in orders]
    text = _("{sentence}; parts with an order: {counts}.")
    return text.format(sentence=said, counts=amounts.from_to(*counts))


def _text(change: int, measure: SumOf, *, is_same: bool) -> str:
    if measure is SumOf.ORDERS:
        if is_same:
            return _("The number of parts with a proposed order stayed at {after}")
        if change > 0:
            return _("Parts with a proposed order rose from {before} to {after} ({change})")
        return _("Parts with a proposed order fell from {before} to {after} ({change})")
    if is_same:
        return _("The proposed orders stayed at {after}")
    if change > 0:
        return _("The proposed orders rose from {before} to {after} ({change})")
    return _("The proposed orders fell from {before} to {after} ({change})")


def not_in_the_sum(compared: ComparedOrders) -> Iterator[str]:
    """Yield what is left out of the sum, and what nobody knows."""
    yield from _without_value(compared)
    first, last = compared.orders.unknown
    if first or last:
        yield _(
            "Parts of which a publication doesn't say what to order: {before} before, {after} "
            "after. They are not counted as orders of 0."
        ).format(before=number(first, 0), after=number(last, 0))


def _without_value(compared: ComparedOrders) -> Iterator[str]:
    orders = compared.orders
    lacking = orders.left_out(LeftOut.COST)
    other = orders.left_out(LeftOut.UNIT)
    if orders.left_out(LeftOut.CURRENCY):
        yield _(
            "The two publications count money in different currencies, or one of them names none, "
            "so only the number of orders is compared."
        )
    elif not orders.is_valued:
        yield _("No cost is known of these parts, so only the number of orders is compared.")
    elif lacking and compared.measure is SumOf.VALUE:
        text = ngettext(
            "{count} order is not in the value: the cost of its part is not known.",
            "{count} orders are not in the value: the cost of their parts is not known.",
            lacking,
        )
        yield text.format(count=number(lacking, 0))
    if other:
        text = ngettext(
            "{count} part is counted in another unit than before. It is in no sum of units or "
            "money; it is told apart in the list of parts.",
            "{count} parts are counted in another unit than before. They are in no sum of units or "
            "money; they are told apart in the list of parts.",
            other,
        )
        yield text.format(count=number(other, 0))


def differences(compared: ComparedOrders, places: Places, *, looks_back: bool) -> None:
    """Draw what has to be known before two publications are compared."""
    before, after = compared.before, compared.after
    for text in _told(before, after, places.only_in(compared.place), looks_back=looks_back):
        st.info(captions.literal(text), icon=":material/info:")


def _told(
    before: Publication, after: Publication, only_in: str, *, looks_back: bool
) -> Iterator[str]:
    if looks_back:
        text = _("“After” is the older of the two: this is the way back, from {before} to {after}.")
        yield text.format(before=name_of(before.id), after=name_of(after.id))
    versions = [each.manifest.contract.version for each in (before, after)]
    if versions[0] != versions[1]:
        yield _(
            "The two are of different versions of the contract ({before} and {after}). What one of "
            "them doesn't say can't be told apart: it is shown as not known, or as one cause."
        ).format(before=versions[0], after=versions[1])
    if only_in:
        here = before if only_in == "before" else after
        yield _("Only publication {id} has this place; the other proposes nothing for it.").format(
            id=name_of(here.id)
        )


def problems(found: tuple[PortalError, ...]) -> None:
    """Draw what of the address, or of what is kept, can't be used."""
    for error in found:
        frame.refuse(error)


def nothing_to_compare(shown: Publication, *, others_failed: bool) -> None:
    """Draw what stands in the place of a comparison, and how to get one."""
    if others_failed:
        text = _("No other publication that is kept here can be read, so nothing is compared.")
    else:
        text = _("Only publication {id} is kept here, so there is nothing to compare.").format(
            id=shown.id
        )
    st.info(captions.literal(text), icon=":material/compare_arrows:")
    st.markdown(
        _(
            "When an administrator activates another publication, this one is kept, and what "
            "changed is shown here."
        )
    )
    frame.link("admin.py", _("Go to the admin page"))
