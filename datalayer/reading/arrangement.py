"""Which columns of an answer are wanted, and in which order its rows come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.question import Question
from datalayer.reading.views import OrderBy, select_arranged


@dataclass(frozen=True)
class Arrangement:
    """What somebody wants of the rows of an answer.

    Attributes:
        columns: The columns wanted, in this order; empty for all as they are.
        order: What the rows are ordered by, nulls last; empty for the order they have.
        beside: Columns that tell where rows come from, wanted or not.
    """

    columns: tuple[str, ...] = ()
    order: tuple[OrderBy, ...] = ()
    beside: tuple[str, ...] = ()


AS_PUBLISHED = Arrangement()
"""All columns, in the order of the key."""


def arrangement_of(
    known: Collection[str],
    columns: str | None,
    order: str | None,
    sorted_by: Sequence[str] = (),
) -> Arrangement:
    """Return what the parameters ``columns`` and ``order`` ask for; None for one left out.

    Args:
        known: The columns there are.
        columns: Their names with commas between.
        order: The same, each with a minus before it where the greatest comes first.
        sorted_by: What the rows are in the order of by themselves; asking for that sorts nothing.

    Raises:
        InvalidSelection: A name is none of *known*, or stands twice.
    """
    terms = [(name.removeprefix("-"), name[:1] == "-") for name in _names(order)]
    by = [OrderBy(_known("order", name, known), descending) for name, descending in terms]
    _refuse_repeated("order", [each.column for each in by])
    if by == [OrderBy(name) for name in sorted_by[: len(by)]]:
        by = []
    wanted = [_known("columns", name, known) for name in _names(columns)]
    _refuse_repeated("columns", wanted)
    if not (wanted or by):
        return AS_PUBLISHED
    beside = tuple(name for name in ("source",) if name in known)
    return Arrangement(tuple(wanted), tuple(by), beside)


def arranged(
    question: Question, arrangement: Arrangement, key: Sequence[str], offset: int = 0
) -> Question:
    """Return *question* with the columns and the order of *arrangement*.

    Rows that are equal in what they are ordered by come in the order of *key*, so that pages
    neither repeat nor miss one. Such pages count rows: *offset* is how many the pages before had.
    """
    if arrangement == AS_PUBLISHED:
        return question
    columns, by, paged = arrangement.columns, arrangement.order, question.limit is not None
    if by:
        named = {each.column for each in by}
        by = (*by, *(OrderBy(name) for name in key if name not in named))
        question = replace(question, order=(), offset=offset if paged else None)
    if columns and paged:
        columns = tuple(dict.fromkeys((*columns, *question.order, *arrangement.beside)))
    sql = select_arranged(question.sql, columns, by)
    return replace(question, sql=sql, columns=arrangement.columns)


def _names(text: str | None) -> list[str]:
    return [] if text is None else [each.strip() for each in text.split(",")]


def _known(parameter: str, name: str, known: Collection[str]) -> str:
    if name in known:
        return name
    nearest = get_close_matches(name[:80], known, n=3, cutoff=0.5)
    expected = Sentence("a column such as {names:s}", names=nearest or list(known)[:3])
    raise InvalidSelection(parameter=parameter, found=ascii(name[:80]), expected=expected)


def _refuse_repeated(parameter: str, names: Sequence[str]) -> None:
    repeated = [name for place, name in enumerate(names) if name in names[:place]]
    if repeated:
        raise InvalidSelection(
            parameter=parameter,
            found=Sentence("{column:s} given twice", column=repeated[0]),
            expected=Sentence("each column once"),
        )
