"""The regret ledger: what following the proposals would have cost at past cutoffs, by group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import questions
from pages.components import captions, frame, list_file, tables
from pages.components.accuracy import accuracy_words, regret_words
from pages.components.accuracy.asked_accuracy import AskedAccuracy
from pages.components.accuracy.regret_words import COST, HOURS, Row
from pages.components.language import _

GROUPING: Final = "ledger"
BESIDE: Final = "beside"
"""Parameters of the address: what groups are made by, and the rule that is compared."""

_TEXTS: Final = ("group_by", "group_value", "rule", "source")


def show(asked: AskedAccuracy) -> None:
    """Draw what following would have cost beside other rules, or why nobody can tell."""
    st.header(_("What following would have cost"), anchor=False)
    publication = asked.publication
    if "agg_regret" not in publication.registry.data_sets:
        st.info(_why_not())
        return
    grouping = _of_address(GROUPING, questions.regret.GROUPINGS)
    ledger = publication.table(questions.regret.by_group(grouping))
    rows = ledger.table.to_pylist()
    whole = {row["rule"]: row for row in rows if row["group_by"] == questions.regret.EVERYONE}
    followed = next((row for row in whole.values() if row["is_followed"]), None)
    if followed is None:
        st.info(_why_not())
        return
    others = [rule for rule in questions.regret.RULES if rule in whole and rule != followed["rule"]]
    beside = _of_address(BESIDE, others)
    _say(whole[beside], followed, asked.currency)
    with st.container(horizontal=True, gap="small", key="accuracy-ledger-choices"):
        _choice(BESIDE, _("Beside"), others, beside, _rule_title)
        _choice(GROUPING, _("By"), questions.regret.GROUPINGS, grouping, _grouping_title)
    _table([row for row in rows if row["rule"] == beside], grouping, asked.currency)
    captions.show(ledger.provenance, of="ledger")
    chosen = [("group_by", grouping), ("p", publication.id)]
    count = sum(row["group_by"] == grouping for row in rows)
    path = "extracts/agg_regret.csv"
    list_file.show(path, chosen, count, texts=_TEXTS, key="accuracy-ledger-call")
    st.caption(captions.literal(_how(beside)))


def _say(other: Row, followed: Row, currency: str) -> None:
    sentence = regret_words.first_sentence(other, followed, currency)
    st.markdown(
        f"**{captions.literal(sentence)}** {captions.literal(regret_words.unpriced(followed))}"
    )


def _table(rows: Sequence[Row], grouping: str, currency: str) -> None:
    """Draw a line for all parts and one for each group."""
    told = [
        {
            "group": _group_name(row, grouping),
            "cost": regret_words.difference(row, COST, currency),
            "hours": regret_words.difference(row, HOURS, currency),
            "parts": row["n_series"],
        }
        for row in rows
    ]
    headings = {
        "group": _("Group"),
        "cost": _("Following costs a month"),
        "hours": _("Tower-hours lost a month by following"),
        "parts": _("Parts and places"),
    }
    tables.draw(pa.Table.from_pylist(told), headings, key="accuracy-ledger-table")


def _group_name(row: Row, grouping: str) -> str:
    if row["group_by"] == questions.regret.EVERYONE:
        return _("All parts")
    if row["group_value"] == accuracy_words.UNCLASSIFIED:
        return _("without supplier") if grouping == "supplier" else _("without class")
    if grouping == "abc_class":
        return _("Class {name}").format(name=row["name"])
    if grouping == "demand_class":
        return accuracy_words.class_name(row["name"])
    return _("Network") if row["name"] == "network" else str(row["name"])


def _why_not() -> str:
    return _(
        "Nobody can tell: this publication holds no ledger of past orders. It takes the cost of "
        "parts, past tests whose deliveries are over, and a forecast job that knows the ledger."
    )


def _how(beside: str) -> str:
    said = [
        _(
            "Replayed at each past cutoff: every rule has the stock that it asks for by what was "
            "known then, and meets the demand that came until the delivery after the next review. "
            "What is left costs its holding, what waits the contracts' price of a tower-hour. "
            "Contracts, costs, lead times and groups are today's."
        ),
        _(
            "In brackets the interval of 95%, by how parts and cutoffs differ: where it reaches "
            "from less to more, the difference may be chance."
        ),
    ]
    if beside == "order_skipped":
        said.append(
            _(
                "What lay in stock at past cutoffs isn't known, so ordering nothing ever can't be "
                "told; this is one order left out where the proposals had been followed before."
            )
        )
    return " ".join(said)


def _rule_title(rule: str) -> str:
    text = regret_words.rule_name(rule)
    return text[:1].upper() + text[1:]


def _grouping_title(grouping: str) -> str:
    return {
        "abc_class": _("ABC class"),
        "demand_class": _("Demand class"),
        "location": _("Place"),
        "supplier": _("Supplier"),
    }[grouping]


def _of_address(name: str, known: Sequence[str]) -> str:
    """Return what the address asks for, the first where it asks for none that there is."""
    text = st.query_params.get(name, "")
    if not text or text in known:
        return text or known[0]
    expected = Sentence("one of {values}", values=", ".join(known))
    frame.refuse(InvalidSelection(parameter=name, found=ascii(text[:80]), expected=expected))
    return known[0]


def _choice(name: str, title: str, known: Sequence[str], chosen: str, told: Any) -> None:  # noqa: ANN401
    key = f"accuracy-{name}"
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    labels = {value: told(value) for value in known}
    st.selectbox(
        title,
        known,
        key=key,
        format_func=labels.__getitem__,
        filter_mode=None,
        on_change=_write,
        args=(name, known[0]),
        width=300,
    )


def _write(name: str, usual: str) -> None:
    chosen = st.session_state[f"accuracy-{name}"]
    if chosen == usual:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = chosen
