"""An entry of the audit trail in the user's words, on the page and in the file."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from datalayer.portal import NETWORK, AuditEntry, MarkKind
from datalayer.runtime import portal
from pages.components.language import _, label, number, sentence_text
from pages.components.marking import kind_text
from pages.components.words import action_text, outcome_text, role_text, scope_text, who_text

LONGEST_DETAIL: Final = 160
_DIGEST: Final = re.compile(r"[0-9a-f]{32,}")
_NAMES: Final = frozenset({"user", "name", "key", "address", "line", "data_set", "format"})
_MAY_BREAK: Final = "\u200b"


def happened(entry: AuditEntry) -> str:
    """Return who did what, and how it ended."""
    parts = (who_text(entry.actor), action_text(entry.action), outcome_text(entry.outcome))
    return " · ".join(parts)


def about(entry: AuditEntry) -> str:
    """Return what it was done to and why it ended so, cut to what a table can hold."""
    details = textwrap.shorten(details_text(entry.details), LONGEST_DETAIL, placeholder=" …")
    # Nothing in a digest lets it break, and its column would be wider than a phone.
    details = _DIGEST.sub(lambda found: _MAY_BREAK.join(textwrap.wrap(found[0], 16)), details)
    return " · ".join(filter(None, [entry.publication_id, details]))


def told(entry: AuditEntry) -> str:
    """Return all that is told of an entry, the text in which words are sought."""
    details = details_text(entry.details)
    return "\n".join([entry.actor, happened(entry), entry.publication_id or "", details])


def details_text(details: Mapping[str, object]) -> str:
    """Return everything that the log says beside who, what and how; in full."""
    return "; ".join(_details(details.items()))


def _details(details: Iterable[tuple[str, object]]) -> Iterator[str]:
    words = {
        "reason": "{value}",
        "line": "{value}",
        "user": _("user {value}"),
        "role": _("role {value}"),
        "name": "{value}",
        "key": _("key {value}"),
        "scope": "{value}",
        "address": _("from {value}"),
        "not_written": _("{value} attempts without a line of their own"),
        "previous": _("before: {value}"),
        "removed": "{value}",
        "confirmed": _("confirmed: {value}"),
        "seconds": _("{value} s"),
        "data_set": "{value}",
        "format": "{value}",
        "rows": _("{value} rows"),
        "kind": "{value}",
        "row": "{value}",
    }
    for name, value in details:
        if name in words and value != "-":
            yield words[name].format(value=_value_text(name, value))


def _value_text(name: str, value: object) -> str:
    if isinstance(value, float):
        return number(value, 2)
    if isinstance(value, int):
        return number(value, 0)
    text = value if isinstance(value, str) else str(value)
    told_in_words = {"role": role_text, "scope": scope_text, "kind": _kind_text, "row": _row_text}
    if name in told_in_words:
        return told_in_words[name](text)
    # A name may be a word of the language, and is nobody's to translate.
    return text if name in _NAMES else sentence_text(text)


def _row_text(row: str) -> str:
    """Return a row of the list that was marked, by part, place, action and what it is of."""
    actions = portal().registry.data_sets["fact_action"].column("action").value_labels
    words = row.split(" ")
    at = next((place for place, word in enumerate(words) if place > 1 and word in actions), 0)
    if not at:
        return row
    action, place, ref = words[at], words[at - 1], " ".join(words[at + 1 :])
    text = _("{action}: part {item}, {place}, open order {ref}")
    if ref == "-":
        text = _("{action}: part {item}, {place}")
    elif action == "move":
        text = _("{action}: part {item}, {place}, from {ref}")
    return text.format(
        action=label(actions[action]),
        item=" ".join(words[: at - 1]),
        place=_("Network") if place == NETWORK else place,
        ref=ref,
    )


def _kind_text(kind: str) -> str:
    return kind_text(MarkKind(kind)) if kind in list(MarkKind) else kind
