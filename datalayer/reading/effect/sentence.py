"""The effect of a publication in one sentence, for a page, a feed and a notice alike."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from datalayer.kernel.contract.spoken import CURRENCIES
from datalayer.kernel.sentences import Sentence, listed
from datalayer.reading.changes import compare
from datalayer.reading.effect.proposals import Proposals, Proposed, proposals_of, share, whole
from datalayer.reading.publication import Publication

_NOTHING = Decimal(0)


def summary(before: Publication, after: Publication) -> Sentence:
    """Return in one sentence what *after* proposes to order, beside what *before* proposed.

    Raises:
        ReadFailed, QueryTooLong: One of them can't be read.
    """
    return sentence(proposals_of(before, after, compare(before, after)))


def sentence(proposals: Proposals) -> Sentence:
    """Return it: orders before and after, their value, its change in per cent, what isn't known."""
    before, after = proposals.before, proposals.after
    said = (_orders(before.orders, after.orders), _value(proposals), *_unvalued(before, after))
    return listed((*said, *_unknown(before, after)))


def money(value: Decimal, currency: str) -> Sentence:
    """Return an amount of money in words, behind the sign of its currency if there is one."""
    sign = CURRENCIES.get(currency, f"{currency} ")
    return Sentence("{sign:s}{amount}", sign=sign, amount=whole(value))


def _orders(before: int, after: int) -> Sentence:
    if before == after:
        return Sentence("Proposed orders: {after}, as before", after=after)
    return Sentence("Proposed orders: {before} before, {after} now", before=before, after=after)


def _value(proposals: Proposals) -> Sentence:
    before, after = proposals.before, proposals.after
    if before.value is None or after.value is None:
        return Sentence("what they come to isn't known")
    was, now = (money(each.value or _NOTHING, each.currency) for each in (before, after))
    if not proposals.same_currency:
        return Sentence(
            "they came to {before} and come to {after} now, which can't be compared",
            before=was,
            after=now,
        )
    if was == now:
        return Sentence("they come to {after}, as before", after=now)
    return _moved(before.value, after.value, was, now)


def _moved(before: Decimal, after: Decimal, was: Sentence, now: Sentence) -> Sentence:
    """Say which way an amount went, and by how much unless that is less than is told."""
    per_cent = share(before, after)
    if per_cent is None:
        return Sentence("they come to {after} now, and to nothing before", after=now)
    if not per_cent:
        return Sentence("they come to {after} instead of {before}", after=now, before=was)
    if per_cent > 0:
        return Sentence(
            "they come to {after} instead of {before}, up {share}%",
            after=now,
            before=was,
            share=per_cent,
        )
    return Sentence(
        "they come to {after} instead of {before}, down {share}%",
        after=now,
        before=was,
        share=-per_cent,
    )


def _unvalued(before: Proposed, after: Proposed) -> Iterator[Sentence]:
    """Say how many orders the value leaves out, unless nothing of it is known at all."""
    if before.value is None or after.value is None:
        return
    if before.without_value or after.without_value:
        yield Sentence(
            "not in it, as their cost isn't known: {before} before, {after} now",
            before=before.without_value,
            after=after.without_value,
        )


def _unknown(before: Proposed, after: Proposed) -> Iterator[Sentence]:
    """Say of how many parts nobody can tell the order, where these are more or fewer now."""
    if before.unknown != after.unknown:
        yield Sentence(
            "parts whose order isn't known: {before} before, {after} now",
            before=before.unknown,
            after=after.unknown,
        )
