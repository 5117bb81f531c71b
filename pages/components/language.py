"""The user's language: translations, numbers, dates and times as the user writes them.

English is the source language and the message id; ``pages/locale`` holds the translations.
"""

from __future__ import annotations

import gettext as catalogues
import re
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from datalayer.kernel.contract import spoken
from datalayer.kernel.contract.registry import Bilingual, Language, Registry
from datalayer.kernel.errors import PortalError
from datalayer.kernel.sentences import Sentence

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DEFAULT: Final[Language] = "pt_BR"
DOMAIN: Final = "farol"
NOTHING: Final = spoken.NOTHING
_LOCALE: Final = Path(__file__).resolve().parent.parent / "locale"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?")
_language: ContextVar[Language | None] = ContextVar("farol_language", default=None)
_of_the_contract: dict[str, Bilingual] = {}


def current() -> Language:
    """Return the language of this run: ``?lang=``, else the browser's, else Portuguese."""
    return _language.get() or of_address() or of_browser()


def csv_dialect() -> str:
    """Return the dialect of CSV that a spreadsheet in the language of this run opens."""
    return "excel-br" if current() == "pt_BR" else "rfc"


def of_address() -> Language | None:
    """Return the language that the address asks for with ``?lang=``, or None."""
    wanted = st.query_params.get("lang", "").replace("-", "_")
    return next((known for known in LANGUAGES if known.lower() == wanted.lower()), None)


def of_browser() -> Language:
    """Return the browser's language where the portal speaks it."""
    locale = st.context.locale
    if not locale:
        return DEFAULT
    return "pt_BR" if locale.lower().startswith("pt") else "en"


def speak(language: Language) -> None:
    """Fix the language of this run; the frame does so once, before anything is drawn."""
    _language.set(language)


def learn(contract: Registry) -> None:
    """Keep what *contract* says of rules and sources, which sentences have in English alone."""
    rules = (rule for data_set in contract.data_sets.values() for rule in data_set.rules)
    texts = [each.description for each in (*rules, *contract.text_forms.values())]
    texts += [each.label for each in contract.sources.values()]
    _of_the_contract.update((text.en, text) for text in texts)


def _(message: str) -> str:
    """Return *message* in the language of this run."""
    return _catalogue(current()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the form that *count* takes, in the language of this run."""
    return _catalogue(current()).ngettext(singular, plural, count)


def label(text: Bilingual) -> str:
    """Return a text of the registry in the language of this run."""
    return text.in_language(current())


def error_text(error: PortalError) -> str:
    """Return what *error* says, in the language of this run."""
    return sentence_text(str(error))


def sentence_text(text: str) -> str:
    """Return a sentence in the language of this run; another text where the catalogue knows it."""
    if isinstance(text, Sentence):
        return text.tell(_known, spoken.marks(current()))
    return _known(text)


def number(value: float | None, decimals: int = 1) -> str:
    """Return *value* with separators, ``1.234,5`` in Portuguese; a dash for no value."""
    return spoken.number(value, current(), decimals)


def exact_number(value: float) -> str:
    """Return *value* with every digit it has and separators; very large and small ones with e."""
    text = repr(value)
    written = text if "e" in text else f"{Decimal(text):,f}"
    return written.removesuffix(".0").translate(spoken.marks(current()))


def quantity(value: float | None, unit: str = "") -> str:
    """Return *value* with as many decimals as its size deserves, and its unit."""
    return spoken.quantity(value, current(), unit)


def percent(fraction: float | None, decimals: int = 1) -> str:
    """Return a fraction as a percentage."""
    return spoken.percent(fraction, current(), decimals)


def day(value: date | None) -> str:
    """Return a date: ``09/12/2011`` in Portuguese, ``9 Dec 2011`` in English."""
    return spoken.day(value, current())


def weekday(value: date | None, near: date | None = None) -> str:
    """Return a date with its day of the week: ``qui 10/12``, in English ``Thu 10 Dec``.

    The year is left out within half a year of *near*, where nobody takes it for another.
    """
    return spoken.weekday(value, current(), near)


def moment(value: datetime) -> str:
    """Return a point in time in the browser's zone, with that zone named by its offset."""
    at = local(value)
    return f"{day(at.date())} {at:%H:%M} ({_offset(at.utcoffset())})"


def local(value: datetime) -> datetime:
    """Return a point in time in the browser's zone."""
    return value.astimezone(_browser_zone())


def midnight(value: date) -> datetime:
    """Return when a day begins in the browser's zone."""
    return datetime.combine(value, time(), _browser_zone())


def ago(value: datetime, now: datetime | None = None) -> str:
    """Return how long before *now* (default: the clock) the point in time *value* lies."""
    minutes = int(((now or datetime.now(UTC)) - value).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("{count} minute ago", "{count} minutes ago", minutes).format(count=minutes)
    hours = minutes // 60
    if hours < 48:
        return ngettext("{count} hour ago", "{count} hours ago", hours).format(count=hours)
    days = hours // 24
    return ngettext("{count} day ago", "{count} days ago", days).format(
        count=number(days, decimals=0)
    )


def age(value: datetime, now: datetime | None = None) -> str:
    """Return how long before *now* (default: the clock) *value* lies, in its shortest form."""
    minutes = max(0, int(((now or datetime.now(UTC)) - value).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{number(hours // 24, decimals=0)} d"


def separators() -> str:
    """Return the decimal mark and the thousands mark, as Plotly's layout wants them."""
    return ",." if current() == "pt_BR" else ".,"


def date_picker_format() -> str:
    """Return the format of date inputs."""
    return "DD/MM/YYYY" if current() == "pt_BR" else "YYYY-MM-DD"


def _known(text: str) -> str:
    of_the_contract = _of_the_contract.get(text)
    if of_the_contract:
        return label(of_the_contract)
    return _time_text(text) if _TIME.fullmatch(text) else _(text)


def _time_text(text: str) -> str:
    """Return a date or a point in time, which sentences have as ISO 8601 writes it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment(at) if at.tzinfo else day(at.date())


@lru_cache
def _catalogue(language: Language) -> catalogues.NullTranslations:
    if language == "en":
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, _LOCALE, languages=[language])


def _browser_zone() -> ZoneInfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _offset(offset: timedelta | None) -> str:
    minutes = int(offset.total_seconds() // 60) if offset else 0
    if minutes == 0:
        return "UTC"
    sign = "+" if minutes > 0 else "\u2212"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
