"""Accuracy: whether the numbers can be believed, in one sentence and then piece by piece."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import questions
from pages.components import captions, frame
from pages.components.accuracy import (
    accuracy_filters,
    accuracy_words,
    asked_accuracy,
    ledger,
    naive_nearer,
    policies,
    policy_costs,
    sections,
)
from pages.components.language import _

publication = frame.publication()
frame.header(_("Accuracy"))
asked = asked_accuracy.of_address(publication)
for problem in asked.problems:
    frame.refuse(problem)
accuracy_filters.show(asked)

counts = publication.table(questions.accuracy.verdicts(asked.parts)).table.to_pylist()[0]
added = publication.table(questions.accuracy.value_added(asked.parts))
overall = next((row for row in added.table.to_pylist() if row["grouping"] == "all"), None)
sentence = accuracy_words.first_sentence(
    overall, counts, source=asked.parts.source, frequency=asked.frequency
)
st.markdown(
    f"**{captions.literal(sentence)}** {captions.literal(accuracy_words.parts_sentence(counts))}"
)

if counts["items"] and "fact_period" in publication.registry.data_sets:
    totals = publication.table(questions.accuracy.totals(asked.parts, asked.measure))
    sections.total(asked, totals)
if counts["tested"]:
    sections.value_added(asked, added)
    sections.calibration(asked, publication.table(questions.accuracy.calibration(asked.parts)))
    errors = publication.table(questions.accuracy.errors(asked.parts, asked.measure))
    sections.bias(asked, errors)
    naive_nearer.show(asked, errors)
    policies.show(asked, publication.table(questions.accuracy.policies(asked.parts)))
    if "agg_policy_money" in publication.registry.data_sets:
        costs = publication.table(questions.accuracy.policy_costs(asked.parts))
        policy_costs.show(asked, costs)
    ledger.show(asked)
