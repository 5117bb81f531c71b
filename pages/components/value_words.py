"""Words of the contract for the values of its columns."""

from __future__ import annotations

from datalayer.runtime import portal
from pages.components.language import label


def value_word(data_set: str, column: str, value: str) -> str:
    """Return what the registry calls *value*, in small letters; a value it doesn't know as it is.

    One word for one idea: pages, dictionary and filters say the same.
    """
    known = portal().registry.data_sets[data_set].column(column).value_labels.get(value)
    return label(known).lower() if known else value


def value_label(data_set: str, column: str, value: str) -> str:
    """Return what the registry calls *value*, as it stands alone."""
    known = portal().registry.data_sets[data_set].column(column).value_labels.get(value)
    return label(known) if known else value
