"""Runs in .venv-judges: loads every record set of a Croissant file, prints rows by record set."""

import json
import sys

import mlcroissant

dataset = mlcroissant.Dataset(jsonld=sys.argv[1])
rows = {
    record_set.id: sum(1 for _ in dataset.records(record_set=record_set.id))
    for record_set in dataset.metadata.record_sets
}
json.dump(rows, sys.stdout)
