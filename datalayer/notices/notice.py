"""A notice: that a publication took the place of another, and its effect in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from datalayer.kernel.contract.registry import Language
from datalayer.kernel.contract.spoken import day
from datalayer.kernel.sentences import Json, Sentence
from datalayer.notices.languages import told
from datalayer.publications.switches import Switch
from datalayer.reading.effect.proposals import Proposals, Proposed
from datalayer.reading.effect.sentence import sentence as effect_sentence

_UNKNOWN_EFFECT: Final = Sentence("What it does to the proposed orders isn't known")


@dataclass(frozen=True)
class Notice:
    """A switch, and what it does to the proposed orders.

    Attributes:
        effect: What both publications propose in all; None where that is not known.
    """

    switch: Switch
    effect: Proposals | None

    def title(self, language: Language) -> str:
        """Return what happened, in a few words."""
        ends = {"after": generated(self.switch.after, language)}
        if self.switch.is_return:
            return told(Sentence("Gone back to the publication of {after:s}", **ends), language)
        return told(Sentence("Activated: the publication of {after:s}", **ends), language)

    def sentence(self, language: Language) -> str:
        """Return what happened, and its effect behind it."""
        switched, effect = self._switched(language), self._effect()
        if effect is None:
            return told(Sentence("{switched}.", switched=switched), language)
        whole = Sentence("{switched}. {effect}.", switched=switched, effect=effect)
        return told(whole, language)

    def changes_path(self) -> str | None:
        """Return where the portal tells what changed; None where nothing was active before."""
        if self.switch.before is None:
            return None
        ends = {"before": self.switch.before, "after": self.switch.after}
        return f"/changes?{urlencode(ends)}"

    def content(self, base: str) -> dict[str, Json]:
        """Return it as JSON, with links that begin with *base*."""
        switch, changes = self.switch, self.changes_path()
        before, after = (self.effect.before, self.effect.after) if self.effect else (None, None)
        return {
            "type": "publication.returned" if switch.is_return else "publication.activated",
            "timestamp": switch.at.isoformat(),
            "data": {
                "before": _end(switch.before, before) if switch.before else None,
                "after": _end(switch.after, after),
                "effect": {"pt-BR": self.sentence("pt_BR"), "en": self.sentence("en")},
                "links": {
                    "monday": f"{base}/",
                    "changes": f"{base}{changes}" if changes else None,
                },
            },
        }

    def _switched(self, language: Language) -> Sentence:
        """Return what took the place of what, with times for a reader of *language*."""
        after, before_id = generated(self.switch.after, language), self.switch.before
        if before_id is None:
            return Sentence("The publication of {after:s} is the first active one", after=after)
        ends = {"after": after, "before": generated(before_id, language)}
        if self.switch.is_return:
            return Sentence(
                "The publication of {after:s} is back in the place of that of {before:s}", **ends
            )
        return Sentence("The publication of {after:s} took the place of that of {before:s}", **ends)

    def _effect(self) -> Sentence | None:
        if self.switch.before is None:
            return None
        return effect_sentence(self.effect) if self.effect else _UNKNOWN_EFFECT


def generated(publication_id: str, language: Language) -> str:
    """Return when a publication was generated, as its id tells: ``21 Nov 2026, 06:00 UTC``."""
    at = datetime.strptime(publication_id.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return f"{day(at.date(), language)}, {at:%H:%M} UTC"


def _end(publication_id: str, proposed: Proposed | None) -> Json:
    if proposed is None:
        return {"publication_id": publication_id, "proposed_orders": None}
    value = None if proposed.value is None else float(proposed.value)
    figures: dict[str, Json] = {
        "orders": proposed.orders,
        "value": value,
        "currency": proposed.currency or None,
        "without_value": proposed.without_value,
        "unknown": proposed.unknown,
    }
    return {"publication_id": publication_id, "proposed_orders": figures}
