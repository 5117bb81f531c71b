"""Proof and health on the Administration page: is all well here, and what shows it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from datalayer.kernel.errors import MachineLearningFound
from datalayer.portal import Health
from datalayer.runtime import portal
from pages.components import captions, proof, replicas
from pages.components.administration import health_checks
from pages.components.language import _, error_text, moment, number


def show() -> None:
    """Draw the health of this deployment, its last proof, and the replicas."""
    health = portal().health()
    st.header(_("Proof and health"), anchor=False)
    st.subheader(_("Health"), anchor=False)
    _findings(health)
    health_checks.show(health)
    st.subheader(_("Proof"), anchor=False)
    _no_machine_learning(health, datetime.now(UTC))
    proof.show()
    proving = st.container()
    replicas.show()
    with proving:
        proof.watch()


def _findings(health: Health) -> None:
    """Draw everything that is not as it should be, a sentence each."""
    for finding in health.findings:
        draw = st.error if isinstance(finding, MachineLearningFound) else st.warning
        draw(captions.literal(error_text(finding)), icon=":material/warning:")


def _no_machine_learning(health: Health, checked_at: datetime) -> None:
    """Draw the dated proof that no machine learning is deployed; a violation is a finding."""
    found = health.ml_dependencies
    if found.status == "pass":
        st.success(
            _(
                "No machine-learning package is installed or loaded: {count} packages looked at, "
                "{moment}."
            ).format(count=number(found.checked, 0), moment=moment(checked_at)),
            icon=":material/verified_user:",
        )
