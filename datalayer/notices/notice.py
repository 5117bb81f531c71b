"""A notice: that a publication took the place of another, and its effect in one sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from datalayer.kernel.contract.registry import Bilingual, Language
from datalayer.kernel.contract.spoken import amount, day, number
from datalayer.kernel.sentences import Json
from datalayer.notices.orders_due import OrdersDue
from datalayer.publications.switches import Switch

_TITLES: Final = {
    False: Bilingual("Activated: the publication of {after}", "Ativada: a publicação de {after}"),
    True: Bilingual("Gone back to the publication of {after}", "De volta à publicação de {after}"),
}
_SWITCHED: Final = {
    False: Bilingual(
        "The publication of {after} took the place of that of {before}",
        "A publicação de {after} tomou o lugar da de {before}",
    ),
    True: Bilingual(
        "The publication of {after} is back in the place of that of {before}",
        "A publicação de {after} voltou ao lugar da de {before}",
    ),
}
_FIRST: Final = Bilingual(
    "The publication of {after} is the first active one",
    "A publicação de {after} é a primeira ativa",
)
_EFFECT: Final = Bilingual(
    "{switched}: the orders late or due this week were {before} and are {after}.",
    "{switched}: os pedidos atrasados ou desta semana eram {before} e passam a {after}.",
)
_FIRST_EFFECT: Final = Bilingual(
    "{switched}: the orders late or due this week are {after}.",
    "{switched}: os pedidos atrasados ou desta semana são {after}.",
)
_NO_EFFECT: Final = Bilingual(
    "{switched}; what that does to the orders is not known.",
    "{switched}; não se sabe o que isso muda nos pedidos.",
)
_NOT_KNOWN: Final = Bilingual("not known", "desconhecidos")
_WORTH: Final = Bilingual("{orders}, worth {value}", "{orders}, no valor de {value}")
_WITHOUT: Final = Bilingual(
    "{orders} (without the {count} whose cost is not known)",
    "{orders} (sem {count} de custo desconhecido)",
)
_ALL_WITHOUT: Final = Bilingual(
    "{orders} (their cost is not known)", "{orders} (de custo desconhecido)"
)


@dataclass(frozen=True)
class Notice:
    """A switch, and what it does to the orders.

    Attributes:
        before: What the orders of the publication before came to; None where that is not known.
        after: Of the one after.
    """

    switch: Switch
    before: OrdersDue | None
    after: OrdersDue | None

    def title(self, language: Language) -> str:
        """Return what happened, in a few words."""
        title = _TITLES[self.switch.is_return].in_language(language)
        return title.format(after=generated(self.switch.after, language))

    def sentence(self, language: Language) -> str:
        """Return what happened and its effect, one sentence."""
        before, after = (_come_to(each, language) for each in (self.before, self.after))
        switched = self._switched(language)
        if self.switch.before is None and self.after:
            return _FIRST_EFFECT.in_language(language).format(switched=switched, after=after)
        if self.before is None and self.after is None:
            return _NO_EFFECT.in_language(language).format(switched=switched)
        effect = _EFFECT.in_language(language)
        return effect.format(switched=switched, before=before, after=after)

    def _switched(self, language: Language) -> str:
        after, before_id = generated(self.switch.after, language), self.switch.before
        if before_id is None:
            return _FIRST.in_language(language).format(after=after)
        said = _SWITCHED[self.switch.is_return].in_language(language)
        return said.format(after=after, before=generated(before_id, language))

    def changes_path(self) -> str | None:
        """Return where the portal tells what changed; None where nothing was active before."""
        if self.switch.before is None:
            return None
        ends = {"before": self.switch.before, "after": self.switch.after}
        return f"/changes?{urlencode(ends)}"

    def content(self, base: str) -> dict[str, Json]:
        """Return it as JSON, with links that begin with *base*."""
        changes = self.changes_path()
        return {
            "type": "publication.returned" if self.switch.is_return else "publication.activated",
            "timestamp": self.switch.at.isoformat(),
            "data": {
                "before": _end(self.switch.before, self.before),
                "after": _end(self.switch.after, self.after),
                "effect": {"en": self.sentence("en"), "pt-BR": self.sentence("pt_BR")},
                "links": {
                    "monday": f"{base}/",
                    "changes": f"{base}{changes}" if changes else None,
                },
            },
        }


def generated(publication_id: str, language: Language) -> str:
    """Return when a publication was generated, as its id tells: ``21 Nov 2026, 06:00 UTC``."""
    at = datetime.strptime(publication_id.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return f"{day(at.date(), language)}, {at:%H:%M} UTC"


def _come_to(due: OrdersDue | None, language: Language) -> str:
    if due is None:
        return _NOT_KNOWN.in_language(language)
    orders = number(due.orders, language, 0)
    if due.value is None:
        told = _ALL_WITHOUT.in_language(language) if due.orders else "{orders}"
        return told.format(orders=orders)
    value = amount(due.value, "currency", language, currency=due.currency)
    told = _WORTH.in_language(language).format(orders=orders, value=value)
    if not due.without_value:
        return told
    count = number(due.without_value, language, 0)
    return _WITHOUT.in_language(language).format(orders=told, count=count)


def _end(publication_id: str | None, due: OrdersDue | None) -> Json:
    if publication_id is None:
        return None
    return {"publication_id": publication_id, "orders_due": _figures(due)}


def _figures(due: OrdersDue | None) -> Json:
    return dict(asdict(due)) if due else None
