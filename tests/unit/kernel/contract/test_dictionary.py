"""The dictionary says of every column what the registry says, in both languages."""

from __future__ import annotations

from datalayer.kernel.contract.dictionary import dictionary
from datalayer.kernel.contract.registry import Registry
from tests.reading import with_column


def test_every_column_of_every_data_set_has_one_entry_in_order(registry: Registry) -> None:
    entries = [(entry.data_set, entry.column) for entry in dictionary(registry)]

    expected = [(d.name, c.name) for d in registry.data_sets.values() for c in d.columns]
    assert entries == expected


def test_an_entry_explains_its_column_in_both_languages(registry: Registry) -> None:
    for entry in dictionary(registry):
        assert entry.label.en
        assert entry.label.pt_BR
        assert entry.description.en
        assert entry.description.pt_BR


def test_an_entry_carries_the_rules_of_its_column(registry: Registry) -> None:
    entries = {(entry.data_set, entry.column): entry for entry in dictionary(registry)}

    source = entries["fact_forecast", "source"]
    assert set(source.allowed) == set(registry.sources)
    assert source.required
    assert source.key_position == 3


def test_a_column_added_to_the_registry_arrives(registry: Registry) -> None:
    entries = dictionary(with_column(registry, "dim_item", "shelf"))

    (added,) = [entry for entry in entries if entry.column == "shelf"]
    assert added.data_set == "dim_item"
    assert added.label.pt_BR == "Acrescentada"
