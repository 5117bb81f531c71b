"""How a file writes its numbers, decided from all of them: the decimal mark, and what parts groups.

A point or a comma is the decimal mark in one way of writing and parts thousands in the other.
Every number is read both ways. One that makes sense in one way only (``1.5``, ``0.500``,
``1.234.567``, ``1.234,5``) decides for the whole file; where none does, or where they contradict
each other, the file is refused rather than read by a factor of 1000 wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.inputs.styles.marks import (
    MARK_NAMES,
    OTHER_MARK,
    Marks,
    shape_of,
    sign_and_body,
    ways_of,
)
from ml_jobs.inputs.styles.written import Example, WrittenColumn


class Trait(Enum):
    """What a text of a column tells about how its file writes numbers.

    Of each pair the first is told of the decimal point, the second of the decimal comma.
    """

    ONLY_POINT = auto()  # makes sense with a decimal point alone
    ONLY_COMMA = auto()
    BOTH_POINT = auto()  # the same, having both marks
    BOTH_COMMA = auto()
    EITHER_POINT = auto()  # has a point that may be the decimal mark and may part thousands
    EITHER_COMMA = auto()
    ROUND_POINT = auto()  # the same, ending in a zero that no writer of short decimals leaves
    ROUND_COMMA = auto()
    THREE_POINT = auto()  # is sure to have three decimals behind a point
    THREE_COMMA = auto()
    OTHER_POINT = auto()  # has none or another number of decimals, if the point marks them
    OTHER_COMMA = auto()
    BELOW_1000 = auto()  # a whole number without any mark, above 0
    FROM_1000 = auto()
    REAL = auto()  # the currency of Brazil


Traits: TypeAlias = Mapping[Trait, Example]
_PROOFS = (Trait.ONLY_POINT, Trait.ONLY_COMMA)
_DOUBTS = (Trait.EITHER_POINT, Trait.EITHER_COMMA)


@dataclass(frozen=True)
class NumberEvidence:
    """What number columns show, by column: for each trait the first text that has it."""

    columns: Mapping[str, Traits]

    def __or__(self, later: NumberEvidence) -> NumberEvidence:
        """Return the evidence of both, the examples of this one first."""
        both = dict(self.columns)
        for column, traits in later.columns.items():
            both[column] = {**traits, **both.get(column, {})}
        return NumberEvidence(both)

    def first(self, trait: Trait) -> Example | None:
        """Return the first text of any column that has *trait*."""
        return next((t[trait] for t in self.columns.values() if trait in t), None)

    @property
    def is_doubtful(self) -> bool:
        """Whether there is a number that may be read in two ways, and none that tells which."""
        return any(map(self.first, _DOUBTS)) and not any(map(self.first, _PROOFS))


@dataclass(frozen=True)
class Surroundings:
    """What else a file shows of where it comes from.

    Attributes:
        delimiter: Between its cells; None where it is no text file.
        day_first: Whether its dates are sure to have the day, or the month, first.
        unread: Columns of numbers that nothing is read from; None where nobody looked.
    """

    delimiter: str | None = None
    day_first: bool | None = None
    unread: NumberEvidence | None = None


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are read, and why so, as words that follow "numbers"."""

    marks: Marks
    evidence: str


def number_evidence(columns: Iterable[WrittenColumn], reading: ReadingOptions) -> NumberEvidence:
    """Return what the texts of number columns tell.

    Raises:
        InvalidSelection: The options name one mark for both purposes.
    """
    ways = ways_of(reading)
    found: dict[str, dict[Trait, Example]] = {}
    for column in columns:
        traits = found.setdefault(column.column.strip().lower(), {})
        # What a text tells hangs on its shape, and columns have few shapes.
        shapes: dict[str, int] = {}
        for number, text in enumerate(column.texts):
            shapes.setdefault(shape_of(text), number)
        for shape, number in shapes.items():
            for trait in _traits(shape, ways):
                traits.setdefault(trait, column.example(number))
    return NumberEvidence(found)


def number_style(
    evidence: NumberEvidence, reading: ReadingOptions, around: Surroundings, *, file: str
) -> NumberStyle:
    """Decide how the numbers of *file* are read; the options of *reading* go first.

    Raises:
        InputError: Two readings are possible, or rows contradict each other; both are named.
        InvalidSelection: The options name one mark for both purposes.
    """
    ways = ways_of(reading)
    if len(ways) == 1:
        return NumberStyle(
            ways[0], f"with a decimal {MARK_NAMES[ways[0].decimal]}, as was asked for"
        )
    proofs = {mark: evidence.first(_trait("ONLY", mark)) for mark in MARK_NAMES}
    point, comma = proofs["."], proofs[","]
    if point and comma:
        raise InputError(file=file, problem=_contradiction(point, comma, file))
    if proof := point or comma:
        way = next(way for way in ways if proofs[way.decimal])
        _refuse_beside(evidence, way.decimal, proof, file)
        shown = proof.brief(file)
        return NumberStyle(way, f"with a decimal {MARK_NAMES[way.decimal]}, as in {shown}")
    return _without_proof(evidence, ways, around, file)


def _without_proof(
    evidence: NumberEvidence, ways: Sequence[Marks], around: Surroundings, file: str
) -> NumberStyle:
    """Decide where no number makes sense in one way only."""
    found = {mark: evidence.first(_trait("EITHER", mark)) for mark in MARK_NAMES}
    doubtful = {mark: example for mark, example in found.items() if example}
    if not doubtful:
        return NumberStyle(ways[0], "without a mark that could be read in two ways")
    mark, example = next(iter(doubtful.items()))
    shown = _parts_thousands(evidence, mark, around, file) if len(doubtful) == 1 else None
    if shown is None:
        problem = f"has {example.sentence(file)}: {_two_values(example, mark)}"
        told = f"{problem}, and nothing else in it tells which; {_options(mark)}"
        raise InputError(file=file, problem=told)
    (way,) = (way for way in ways if way.decimal != mark)
    return NumberStyle(way, f"with {MARK_NAMES[mark]}s between thousands: {shown}")


def _parts_thousands(
    evidence: NumberEvidence, mark: str, around: Surroundings, file: str
) -> str | None:
    """Return by what *mark* is seen to part thousands, or None.

    It is where every number from 1000 on has it and smaller ones don't, where zeros stand behind
    it that decimals as short as these would have left out, and where the file is of a country
    that writes so. A column that is not read may stand for those zeros, or speak against all of it.
    """
    unread = around.unread or NumberEvidence({})
    having = [traits for traits in evidence.columns.values() if _trait("EITHER", mark) in traits]
    against = any(Trait.FROM_1000 in traits for traits in having)
    if against or unread.first(_trait("ONLY", mark)):
        return None
    if both := unread.first(_trait("BOTH", OTHER_MARK[mark])):
        return f"by {both.brief(file)}"
    custom = _custom(evidence, mark, around)
    if custom is None:
        return None
    if other := unread.first(_trait("ONLY", OTHER_MARK[mark])):
        return f"by {other.brief(file)}, in a file with {custom}"
    rounded = _trait("ROUND", mark)
    for traits in having:
        if rounded in traits and Trait.BELOW_1000 in traits:
            large, small = traits[rounded].brief(file), traits[Trait.BELOW_1000].brief(file)
            return f"{large} beside {small}, in a file with {custom}"
    return None


def _custom(evidence: NumberEvidence, mark: str, around: Surroundings) -> str | None:
    """Return what shows that the file is of a country where *mark* parts thousands, or None."""
    if mark == ".":
        if around.day_first is False:
            return None
        if around.delimiter == ";":
            return "semicolons between cells"
        if evidence.first(Trait.REAL):
            return "amounts in R$"
        return "the day first in dates" if around.day_first and around.delimiter != "," else None
    if around.day_first is False:
        return "the month first in dates"
    return "commas between cells" if around.delimiter == "," and not around.day_first else None


def _refuse_beside(evidence: NumberEvidence, mark: str, proof: Example, file: str) -> None:
    """Refuse a column that contradicts the decimal *mark*: ``2.500`` beside ``500`` or ``2.5``.

    A column has three decimals throughout, or as few as each number needs; else its numbers may
    come from where the mark is used in the other way.
    """
    rounded, other, three = (_trait(name, mark) for name in ("ROUND", "OTHER", "THREE"))
    for traits in evidence.columns.values():
        if rounded in traits and other in traits and three not in traits:
            doubtful, beside = traits[rounded], traits[other]
            problem = (
                f"has {doubtful.sentence(file)} beside {beside.shown} in {beside.place(file)}: "
                f"{_two_values(doubtful, mark)}, as in {proof.brief(file)}; {_options(mark)}"
            )
            raise InputError(file=file, problem=problem)


def _contradiction(point: Example, comma: Example, file: str) -> str:
    return (
        f"has {point.sentence(file)}, which makes sense with a decimal point only, and "
        f"{comma.sentence(file)}, which makes sense with a decimal comma only; write all numbers "
        "alike, or say --decimal . or --decimal , to have the others taken for no numbers"
    )


def _two_values(example: Example, mark: str) -> str:
    decimal = Marks(mark, "").value(example.text)
    parted = Marks(OTHER_MARK[mark], mark).value(example.text)
    return (
        f"{parted:.12g} if the {MARK_NAMES[mark]} parts thousands, {decimal:.12g} if it is the "
        "decimal mark"
    )


def _options(mark: str) -> str:
    return f"say --thousands {mark} or --decimal {mark}"


def _trait(name: str, mark: str) -> Trait:
    return Trait[f"{name}_{MARK_NAMES[mark].upper()}"]


def _traits(text: str, ways: Sequence[Marks]) -> Iterator[Trait]:
    signed = sign_and_body(text)
    if signed is None:
        return
    body = signed[1]
    found = [(way, way.magnitude(body)) for way in ways]
    sensible = [(way, value) for way, value in found if value is not None]
    if sensible and "R$" in text:
        yield Trait.REAL
    if len(sensible) == 1:
        ((way, _),) = sensible
        yield _trait("ONLY", way.decimal)
        if "." in body and "," in body:
            yield _trait("BOTH", way.decimal)
        yield _trait("THREE" if way.decimals(body) == 3 else "OTHER", way.decimal)
    elif len({value for _, value in sensible}) > 1:
        mark = "." if "." in body else ","
        yield _trait("EITHER", mark)
        if body.endswith("0"):
            yield _trait("ROUND", mark)
    elif sensible and sensible[0][1]:
        yield Trait.OTHER_POINT
        yield Trait.OTHER_COMMA
        if body.isdigit():
            yield Trait.BELOW_1000 if len(body.lstrip("0")) <= 3 else Trait.FROM_1000
