"""What can be asked of a publication, by subject: each function returns a `Question`."""

from datalayer.reading.questions import (
    accuracy,
    actions,
    changes,
    data_sets,
    exceptions,
    forecasts,
    inventory,
    items,
    locations,
    marks,
    plans,
    search,
)

__all__ = [
    "accuracy",
    "actions",
    "changes",
    "data_sets",
    "exceptions",
    "forecasts",
    "inventory",
    "items",
    "locations",
    "marks",
    "plans",
    "search",
]
