"""What can be asked of a publication, by subject: each function returns a `Question`."""

from datalayer.reading.questions import (
    accuracy,
    changes,
    data_sets,
    exceptions,
    forecasts,
    inventory,
    items,
    locations,
    marks,
    overview,
    search,
)

__all__ = [
    "accuracy",
    "changes",
    "data_sets",
    "exceptions",
    "forecasts",
    "inventory",
    "items",
    "locations",
    "marks",
    "overview",
    "search",
]
