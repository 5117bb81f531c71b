"""What can be asked of a publication, by subject: functions that return a `Question`."""

from datalayer.reading.questions import (
    accuracy,
    actions,
    availability,
    changes,
    data_sets,
    effects,
    exceptions,
    forecasts,
    inventory,
    items,
    listings,
    locations,
    marks,
    plans,
    purchases,
    search,
)

__all__ = [
    "accuracy",
    "actions",
    "availability",
    "changes",
    "data_sets",
    "effects",
    "exceptions",
    "forecasts",
    "inventory",
    "items",
    "listings",
    "locations",
    "marks",
    "plans",
    "purchases",
    "search",
]
