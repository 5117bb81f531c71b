"""What an address asks of availability: contract, point of its curve, budget, filters and page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import NETWORK, Provenance, Publication, Result, questions
from pages.components.availability import class_budgets
from pages.components.charts import AvailabilityCurve
from pages.components.language import _
from pages.components.stock import stock_words

CONTRACT: Final = "contract"
POINT: Final = "point"
BUDGET: Final = "budget"
NO_BUDGET: Final = "all"
"""What the address has for all of the list, where a publication names a budget."""
PLACE: Final = "location"
MAIN: Final = "main"
"""The contract whose towers need a part most, as the list is filtered by it."""
PAGE: Final = "page"
MOVES: Final = "moves"
"""How many times as many moves are shown as at first."""

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_POINT: Final = re.compile(r"0|[1-9][0-9]{0,3}", re.ASCII)
_SHOWN: Final = 80
_MOST_TOLD: Final = 12
_MOST_BUDGET: Final = 1e15

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class AskedAvailability:
    """What is wanted of availability.

    Attributes:
        contracts: The rows of ``questions.availability.contracts``, those furthest below their
            target first.
        found: The answer to ``questions.availability.curve`` of the chosen one.
        curve: Its rows.
        shown: The point that is told of; None where the curve has none.
        places: Names of the places that the buy list has, by their id.
        mains: The contracts that it has.
        budget: What there is to spend; None where nobody says.
        published_budget: What the publication says there is; None where it doesn't.
        class_budgets: What it says there is for parts of a class, by class; the list ends with
            those, whatever the budget is.
        location_id: The place that the list is of; empty for all.
        main: The contract that it is of; empty for all.
        page: Of the list, from 1; one behind the last is the last.
        moves: How many times as many moves are shown as at first.
        currency: ISO code; empty where none is published.
        problems: What of the address can't be used, and is left out.
    """

    contracts: Sequence[Row]
    found: Result
    curve: AvailabilityCurve
    shown: Row | None
    places: Mapping[str, str]
    mains: Sequence[str]
    budget: float | None
    published_budget: float | None
    class_budgets: Mapping[str, float]
    location_id: str
    main: str
    page: int
    moves: int
    currency: str
    problems: tuple[InvalidSelection, ...] = ()

    @property
    def contract_id(self) -> str:
        """The contract whose curve is shown."""
        return str(self.curve.rows[0]["contract_id"])

    @property
    def provenance(self) -> Provenance:
        """Where the curve is from."""
        return self.found.provenance

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter leaves steps of the list out."""
        return bool(self.location_id or self.main)

    def name(self, contract_id: str) -> str:
        """Return what a contract is called; its code where nobody says."""
        return name_of(contract_id, self.contracts)

    def pairs(self, *, is_within: bool) -> list[tuple[str, str]]:
        """Return filters of the buy list as the API takes them, with the budget if *is_within*."""
        named = {"location_id": self.location_id, "contract_id": self.main}
        found = [(name, value) for name, value in named.items() if value]
        if self.class_budgets:
            found.append((questions.buy_list.WITHIN_CLASS_BUDGET, "true"))
        is_limited = is_within and self.budget is not None
        return [*found, *([(BUDGET, f"{self.budget:.12g}")] if is_limited else [])]


def of_address(publication: Publication) -> AskedAvailability | None:
    """Return what the address asks for; None where nothing of availability is published."""
    contracts = publication.table(questions.availability.contracts()).table.to_pylist()
    if not contracts:
        return None
    contracts = sorted(contracts, key=_gap)
    problems: list[InvalidSelection] = []
    codes = [str(row["contract_id"]) for row in contracts]
    contract = _one_of(CONTRACT, codes, problems) or codes[0]
    found = publication.table(questions.availability.curve(contract))
    curve = AvailabilityCurve(found.table.to_pylist())
    listed = publication.table(questions.buy_list.choices()).table.to_pylist()
    published = published_budget(publication)
    places = {str(row["location_id"]): place_name(row) for row in listed}
    mains = sorted({str(row["contract_id"]) for row in listed})
    return AskedAvailability(
        contracts=contracts,
        found=found,
        curve=curve,
        shown=_shown(curve, problems),
        places=places,
        mains=mains,
        budget=_budget(published, problems),
        published_budget=published,
        class_budgets=class_budgets.amounts(publication.manifest),
        location_id=_one_of(PLACE, list(places), problems),
        main=_one_of(MAIN, mains, problems),
        page=_page(PAGE, problems),
        moves=_page(MOVES, problems),
        currency=str(publication.manifest.lineage.get("currency") or ""),
        problems=tuple(problems),
    )


def name_of(contract_id: str, contracts: Sequence[Row]) -> str:
    """Return what a contract is called; its code where nobody says."""
    if contract_id == NETWORK:
        return _("Whole network")
    names = {str(row["contract_id"]): row["name"] for row in contracts}
    return str(names.get(contract_id) or contract_id)


def place_name(row: Row) -> str:
    """Return what a place is called; its code where nobody says."""
    return stock_words.place_name({**row, "name": row["location"]})


def missing_for_target(publication: Publication, asked: AskedAvailability) -> float | None:
    """Return what the first steps of the buy list cost that meet the target.

    None where it is met today; with several contracts, as which of them a step serves how much
    isn't published; and with moves, which the list begins behind.
    """
    today, allowed = asked.curve.today, asked.curve.allowed_down
    if len(asked.contracts) > 1 or today is None or allowed is None or _has_moves(publication):
        return None
    lacking = today["towers_down"] - allowed
    if lacking <= 0 or "fact_buy_list" not in publication.registry.data_sets:
        return None
    found = publication.table(questions.buy_list.cost_of_avoiding(lacking / today["towers_down"]))
    cost = found.table.to_pylist()[0]["cost"]
    return None if cost is None else float(cost)


def write(**changed: str) -> None:
    """Write parameters into the address; empty ones go."""
    for name, value in changed.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def usual_point(curve: AvailabilityCurve) -> Row | None:
    """Return the point that is told of where nobody asked for one.

    The first that meets the target; where there is none that the past supports, the best that it
    does, else the last that costs no more than today's stock.
    """
    reaching = curve.reaching
    if reaching is not None and reaching["supported"]:
        return reaching
    if curve.target is not None and curve.best_supported is not None:
        return curve.best_supported
    return curve.for_no_more_than(curve.today) or next(iter(curve.points), None)


def _has_moves(publication: Publication) -> bool:
    if "fact_transfer" not in publication.registry.data_sets:
        return False
    found = publication.table(questions.transfers.together())
    return bool(found.table.to_pylist()[0]["moves"])


def _gap(row: Row) -> tuple[float, float, str]:
    """Return how far a contract is from its target, the worst least; then by towers down."""
    today, target = row["today_availability"], row["target_availability"]
    gap = 0.0 if today is None or target is None else min(0.0, today - target)
    return gap, -(row["today_towers_down"] or 0.0), str(row["contract_id"])


def _shown(curve: AvailabilityCurve, problems: list[InvalidSelection]) -> Row | None:
    asked = st.query_params.get(POINT, "")
    if not asked:
        return usual_point(curve)
    known = {int(row["point"]): row for row in curve.points}
    found = known.get(int(asked)) if _POINT.fullmatch(asked) else None
    if found is None:
        most = max(known, default=0)
        expected = Sentence("a point of the curve, from 0 to {most}", most=most)
        problems.append(_problem(POINT, asked, expected))
        return usual_point(curve)
    return found


def published_budget(publication: Publication) -> float | None:
    """Return the budget that a publication was made with; None without a usable one."""
    found: object = publication.manifest.lineage
    for name in ("settings", "options", BUDGET):
        found = found.get(name) if isinstance(found, Mapping) else None
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and 0 <= found <= _MOST_BUDGET else None


def _budget(published: float | None, problems: list[InvalidSelection]) -> float | None:
    """Return what the address says there is to spend.

    What is published where it says nothing, or nothing that can be used.
    """
    asked = st.query_params.get(BUDGET, "")
    if asked in ("", NO_BUDGET):
        return None if asked else published
    try:
        found = questions.buy_list.budget_of(asked)
    except InvalidSelection as problem:
        problems.append(problem)
        return published
    if found > _MOST_BUDGET:
        expected = Sentence("a number of at most {most}", most=int(_MOST_BUDGET))
        problems.append(_problem(BUDGET, asked, expected))
        return published
    return found


def _one_of(name: str, known: Sequence[str], problems: list[InvalidSelection]) -> str:
    """Return the value that the address has; an empty string where there is no such value."""
    asked = st.query_params.get(name, "")
    if not asked or asked in known:
        return asked
    told = ", ".join(known[:_MOST_TOLD]) + ("…" if len(known) > _MOST_TOLD else "")
    expected = Sentence("one of {values}", values=told) if told else Sentence("left out")
    problems.append(_problem(name, asked, expected))
    return ""


def _page(name: str, problems: list[InvalidSelection]) -> int:
    text = st.query_params.get(name, "1")
    if _NUMBER.fullmatch(text):
        return int(text)
    problems.append(_problem(name, text, Sentence("the number of a page, such as 2")))
    return 1


def _problem(name: str, text: str, expected: str) -> InvalidSelection:
    return InvalidSelection(parameter=name, found=ascii(text[:_SHOWN]), expected=expected)
