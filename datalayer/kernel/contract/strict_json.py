"""JSON that means one thing only to every reader and can be written again."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any, NoReturn

from datalayer.kernel.sentences import Sentence

DEEPEST_NESTING = 32


def json_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object that *content* is.

    Raises:
        ValueError: It is none: not in UTF-8, no JSON, no object, too deep, or with a name twice
            in one object, a number that is none or too large, or half a character. Says which.
    """
    try:
        found = _strict_json(content.decode("utf-8-sig"))
    except UnicodeError as error:
        raise ValueError(Sentence("it is not in UTF-8: {error}", error=str(error))) from error
    except json.JSONDecodeError as error:
        raise ValueError(
            Sentence(
                "it is not JSON: {what}: line {line} column {column}",
                what=error.msg,
                line=error.lineno,
                column=error.colno,
            )
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValueError(Sentence("it is not JSON: {error}", error=str(error))) from error
    if not isinstance(found, dict):
        kind = type(found).__name__
        raise ValueError(Sentence("it is a JSON {kind:s}, not an object", kind=kind))
    if not _nests_at_most(found, DEEPEST_NESTING):
        raise ValueError(
            Sentence("it nests deeper than {deepest} objects or lists", deepest=DEEPEST_NESTING)
        )
    return found


def excerpt(value: object) -> str:
    """Return *value* as it may stand in a sentence, however long it is."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _strict_json(text: str) -> object:
    found = json.loads(
        text,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        object_pairs_hook=_without_repeats,
    )
    if "\\u" in text:
        # An escape can name half a character, which no file can hold.
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(Sentence("{name} is not a JSON value", name=name))


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(
            Sentence("{shown} is larger than any number that can be kept", shown=excerpt(text))
        )
    return number


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Readers differ in which of two equal names they take, so there must not be two."""
    found = dict(pairs)
    if len(found) < len(pairs):
        name, times = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(
            Sentence("one object has {name} {times} times", name=excerpt(name), times=times)
        )
    return found


def _nests_at_most(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return True
    return levels > 0 and all(_nests_at_most(each, levels - 1) for each in value)
