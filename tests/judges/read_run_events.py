"""Runs in .venv-judges: reads OpenLineage run events into the classes of the standard's client.

A value that its class has no place for, or that has another type than the class declares, ends it
with an error. Prints the events as the client writes them.
"""

import builtins
import enum
import json
import sys
import types
import typing
from pathlib import Path
from typing import Any

import attr
from openlineage.client import facet_v2
from openlineage.client.generated import base
from openlineage.client.serde import Serde

CLASSES = {
    found._get_schema(): found
    for module in (base, *vars(facet_v2).values())
    if isinstance(module, types.ModuleType)
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, base.BaseFacet | base.BaseEvent)
}


def made(declared: Any, value: Any, place: str) -> Any:
    """Return *value* as what its class declares it to be."""
    parts = typing.get_args(declared)
    match typing.get_origin(declared) or declared:
        case typing.Union | types.UnionType:
            found = value if value is None else made(parts[0], value, place)
        case builtins.list:
            found = [made(parts[0], each, place) for each in checked(list, value, place)]
        case builtins.dict:
            named = checked(dict, value, place)
            found = {name: made(parts[1], each, f"{place}.{name}") for name, each in named.items()}
        case kind if issubclass(kind, enum.Enum):
            found = kind(value)
        case kind if attr.has(kind):
            found = instance(kind, value, place)
        case kind:
            found = checked(kind, value, place)
    return found


def checked(kind: type, value: Any, place: str) -> Any:
    """Return *value* if it has the type *kind*; a whole number is a number too."""
    whole = kind is float and type(value) is int
    if type(value) is not kind and not whole:
        raise TypeError(f"{place}: {value!r} is no {kind.__name__}")
    return value


def instance(declared: type, value: Any, place: str) -> Any:
    """Return *value* as an object of the class *declared*, or of the facet that it says it is."""
    values = dict(value)
    schema = values.pop("schemaURL", None) or values.pop("_schemaURL", None)
    kind: Any = CLASSES[schema] if schema else declared
    if not issubclass(kind, declared):
        raise TypeError(f"{place}: {kind.__name__} is no {declared.__name__}")
    hints = typing.get_type_hints(kind, vars(sys.modules[kind.__module__]) | vars(base))
    found = {name: made(hints[name], each, f"{place}.{name}") for name, each in values.items()}
    return kind(**{name.removeprefix("_"): each for name, each in found.items()})


lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
events = [instance(base.RunEvent, json.loads(line), "event") for line in lines]
json.dump([Serde.to_dict(event) for event in events], sys.stdout)
